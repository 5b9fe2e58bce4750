"""msgspec accepts every message that the kernel accepts, with the same bits."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.formats.json.decoder import JsonDecoder
from anomaly_stream.formats.json.spellings import UNRESOLVED, SpellingCache
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.json import empty_parsed, parse_records
from tests.formats.columns import KAFKA_MS, decode, record_columns
from tests.formats.messages import message, mutated
from tests.formats.reference import Observed, read_reference

MESSAGES = 1_000_000
BATCH = 50_000


def by_kernel(
    messages: list[bytes], index: SeriesIndex, spellings: SpellingCache, milliseconds: bool = False
) -> dict[int, list[Observed]]:
    """The observations that the kernel alone reads, by record."""
    records = record_columns(messages)
    parsed = empty_parsed(len(messages), int(records.value_length.sum()) // 20 + 1, milliseconds)
    row, count = parse_records(
        records.buffer,
        records.value_start,
        records.value_length,
        records.timestamp_ms,
        spellings.table,
        parsed,
        0,
        0,
    )
    assert row == len(messages)
    numbers = spellings.resolve(parsed.spelling[:count])
    refused = set(parsed.record[:count][numbers == UNRESOLVED].tolist())
    taken: dict[int, list[Observed]] = {}
    columns = (parsed.record, numbers, parsed.timestamp, parsed.value, parsed.learn)
    for record, number, timestamp, value, learn in zip(*(c[:count].tolist() for c in columns), strict=True):
        if record not in refused:
            taken.setdefault(record, []).append(Observed(index.series[number], timestamp, value, learn))
    assert not any(parsed.left[list(taken)])
    return taken


def spelled(observed: list[Observed] | None) -> list[tuple[object, ...]] | None:
    """Bits, not values: -0.0 is not 0.0."""
    return (
        None
        if observed is None
        else [(o.series, o.timestamp.hex(), o.value.hex(), o.learn) for o in observed]
    )


@pytest.mark.slow
def test_a_million_messages() -> None:
    taken_count = good_count = 0
    for seed in range(MESSAGES // BATCH):
        rng = random.Random(seed)
        messages = [message(rng) for _ in range(BATCH)]
        for i in range(0, BATCH, 4):
            messages[i] = mutated(rng, messages[i])
        index = SeriesIndex()
        spellings = SpellingCache(index)
        while spellings.make_room() and len(spellings.table.start) < BATCH:
            pass
        taken = by_kernel(messages, index, spellings)
        for record, observed in taken.items():
            expected = read_reference(messages[record], KAFKA_MS)
            assert spelled(observed) == spelled(expected), messages[record]
        good_count += sum(read_reference(m, KAFKA_MS) is not None for m in messages[:500])
        taken_count += sum(record < 500 for record in taken)
    assert taken_count > 0.75 * good_count  # the kernel does the work, not msgspec


@given(
    seed=st.integers(0, 2**32),
    junk=st.binary(max_size=12),
    at=st.floats(0, 1),
    drop=st.integers(0, 6),
    milliseconds=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_mutation(seed: int, junk: bytes, at: float, drop: int, milliseconds: bool) -> None:
    good = message(random.Random(seed))
    cut = int(at * len(good))
    mangled = good[:cut] + junk + good[cut + drop :]
    expected = read_reference(mangled, KAFKA_MS, milliseconds)
    index = SeriesIndex()
    observed = by_kernel([mangled], index, SpellingCache(index), milliseconds).get(0)
    assert observed is None or spelled(observed) == spelled(expected)
    index = SeriesIndex()
    columns, faults = JsonDecoder(index, milliseconds).decode(record_columns([mangled]))
    if expected is not None:
        assert not faults
        assert spelled(expected) == spelled(
            [
                Observed(index.series[number], float(timestamp), float(value), bool(learn))
                for number, timestamp, value, learn in zip(
                    columns.series, columns.timestamp, columns.value, columns.learn, strict=True
                )
            ]
        )
    else:
        assert len(columns) or len(faults) == 1


def test_the_kernel_reads_integers_as_labels_and_timestamps_in_milliseconds() -> None:
    rng = random.Random(7)
    times = (1663846221620, 1663846221620.25, "1e12", 99999999999.9, 1e11, 0, -1, 4102444800001)
    messages = []
    for time in times * 20:
        labels = f'{{"code":{rng.choice((500, -7, 10**30))}}}'
        messages.append(f'{{"metric":"m","labels":{labels},"timestamp":{time},"value":1}}'.encode())
    index = SeriesIndex()
    taken = by_kernel(messages, index, SpellingCache(index), milliseconds=True)
    for record, one in enumerate(messages):
        assert spelled(taken.get(record)) == spelled(read_reference(one, KAFKA_MS, milliseconds=True)), one
    assert len(taken) == 80


def test_a_message_that_ends_with_its_buffer_is_read_as_any_other() -> None:
    rng = random.Random(5)
    messages = [message(rng) for _ in range(2000)]
    together, apart = SeriesIndex(), SeriesIndex()
    spellings = SpellingCache(apart)
    whole = by_kernel(messages, together, SpellingCache(together))
    for record, one in enumerate(messages):
        assert by_kernel([one], apart, spellings).get(0) == whole.get(record)


def test_batches_do_not_matter() -> None:
    rng = random.Random(6)
    messages = [message(rng) for _ in range(3000)]
    records = record_columns(messages)
    index = SeriesIndex()
    columns, faults = decode(records, index)
    cut_index = SeriesIndex()
    decoder = JsonDecoder(cut_index)
    parts = [decoder.decode(records.slice(at, at + 700)) for at in range(0, 3000, 700)]
    assert sum(len(part[1]) for part in parts) == len(faults)
    np.testing.assert_array_equal(np.concatenate([part[0].value for part in parts]), columns.value)
    np.testing.assert_array_equal(np.concatenate([part[0].offset for part in parts]), columns.offset)
    assert [cut_index.series[i] for part in parts for i in part[0].series] == [
        index.series[i] for i in columns.series
    ]
