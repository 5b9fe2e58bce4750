"""Malformed records among valid ones: none is lost, none crashes the decoder, each is one fault."""

import itertools
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.formats.series_index import SeriesIndex
from tests.formats.columns import KAFKA_MS, decode, record_columns
from tests.formats.messages import message, mutated
from tests.formats.reference import read_reference
from tests.formats.rubbish import RUBBISH, Reasons, rubbish

MALFORMED = 100_000


def good_messages(rng: random.Random, count: int) -> list[bytes]:
    generated = (message(rng) for _ in itertools.count())
    return list(itertools.islice((m for m in generated if read_reference(m, KAFKA_MS)), count))


@pytest.mark.slow
def test_a_hundred_thousand_among_good_ones() -> None:
    rng = random.Random(11)
    good = good_messages(rng, 20_000)
    values: list[bytes | None] = []
    reasons: dict[int, Reasons] = {}
    expected: list[tuple[int, str]] = []
    for bad, allowed in itertools.islice(rubbish(rng), MALFORMED):
        reasons[len(values)] = allowed
        values.append(bad)
        if rng.random() < 0.5:
            one = rng.choice(good)
            expected += [(len(values), o.value.hex()) for o in read_reference(one, KAFKA_MS) or ()]
            values.append(one)
    records = record_columns(values)
    columns, faults = decode(records, SeriesIndex())
    assert [fault.record for fault in faults] == sorted(reasons)
    wrong = [(values[f.record], f) for f in faults if f.reason not in reasons[f.record]]
    assert not wrong, wrong[:3]
    assert all(fault.detail and fault.detail.isascii() for fault in faults)
    found = zip(columns.record.tolist(), (value.hex() for value in columns.value.tolist()), strict=True)
    assert list(found) == expected
    assert columns.offset.tolist() == (columns.record + 1000).tolist()


@pytest.mark.parametrize("kind", RUBBISH)
def test_each_kind_alone(kind: str) -> None:
    make, reasons = RUBBISH[kind]
    rng = random.Random(kind)
    for _ in range(40):
        bad = make(rng)
        columns, faults = decode(record_columns([bad]), SeriesIndex())
        assert len(columns) == 0, bad
        assert [fault.record for fault in faults] == [0], bad
        assert faults[0].reason in reasons, (bad, faults)


def test_every_record_is_observed_or_a_fault() -> None:
    rng = random.Random(12)
    values = [mutated(rng, message(rng)) for _ in range(50_000)]
    index = SeriesIndex()
    columns, faults = decode(record_columns(values), index)
    observed, faulty = set(columns.record.tolist()), [fault.record for fault in faults]
    assert len(faulty) == len(set(faulty))
    assert observed | set(faulty) == set(range(len(values)))
    assert all(values[record].lstrip().startswith(b"[") for record in observed & set(faulty))
    assert columns.record.tolist() == sorted(columns.record.tolist())
    good = {row for row, value in enumerate(values) if read_reference(value, KAFKA_MS) is not None}
    assert good == good & observed - set(faulty)


@given(st.lists(st.binary(max_size=80), max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_bytes(values: list[bytes]) -> None:
    columns, faults = decode(record_columns(values), SeriesIndex())
    assert len(set(columns.record.tolist()) | {fault.record for fault in faults}) == len(values)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(["metric", "labels", "value", "timestamp", "timestamp_ms", "learn", "other"])


@given(st.lists(st.dictionaries(fields, json_values, max_size=6), min_size=1, max_size=5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_types(documents: list[dict[str, object]], ascii_only: bool) -> None:
    text = json.dumps(documents if len(documents) > 1 else documents[0], ensure_ascii=ascii_only)
    message_bytes = text.encode("utf-8", "surrogatepass")
    columns, faults = decode(record_columns([message_bytes]), SeriesIndex())
    assert len(faults) <= 1
    assert len(columns) == len(documents) or len(faults) == 1
