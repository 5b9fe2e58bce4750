import struct

import numpy as np
import pytest
from crc32c import crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.alerts.lifecycle import OPEN
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint.encode import canonical_rows, encode_rows
from anomaly_stream.engine.checkpoint.format import FIXED_WORDS, MOST_FLAGGED_WORDS
from anomaly_stream.engine.checkpoint.load import load_rows
from anomaly_stream.engine.step import step
from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_record import FORMAT_VERSION
from anomaly_stream.model import ObservationColumns, Transition
from tests import golden
from tests.engine.checkpoint.golden_rows import (
    CHECKPOINTS,
    PLAN,
    SOURCES,
    STATE_WORDS,
    fill,
    golden_input,
    golden_plan,
)
from tests.engine.checkpoints import detector_state_of
from tests.engine.inputs import columns, config, part, plan_of, series_of, verdicts
from tests.engine.test_step import wild


def fresh(series: int) -> tuple[Bank, SeriesIndex]:
    index = SeriesIndex()
    for one in series_of(series):
        index.add(one)
    bank = Bank(PLAN, len(SOURCES))
    bank.admit(index.series)
    return bank, index


def saved(bank: Bank, index: SeriesIndex) -> list[tuple[bytes, bytes | None]]:
    stages = encode_rows(bank, bank.dirty_rows(), SOURCES, index)
    return [record for stage in stages for record in stage]


def loaded(records: list[tuple[bytes, bytes | None]], sources=SOURCES) -> tuple[Bank, SeriesIndex]:
    bank, index = Bank(PLAN, len(sources)), SeriesIndex()
    assert all(value is not None for _, value in records)
    load_rows(bank, index, [(key, value or b"") for key, value in sorted(records)], sources)
    return bank, index


def test_records_built_later_hold_the_state_as_it_was_taken() -> None:
    batch = busy(3)
    (bank, index), (twin, twin_index) = fresh(2), fresh(2)
    for each in (bank, twin):
        step(PLAN, each, part(batch, 0, 200), 1)
    rows = bank.dirty_rows()
    stages = encode_rows(bank, rows, SOURCES, index)
    bank.clear_dirty(rows)
    step(PLAN, bank, part(batch, 200, len(batch)), 1)
    assert len(bank.dirty_rows())

    assert [record for stage in stages for record in stage] == saved(twin, twin_index)


def load_one(bank: Bank, key: bytes, value: bytes) -> None:
    load_rows(bank, SeriesIndex(), [(key, value)], SOURCES)


def busy(seed: int, series: int = 2, count: int = 400, whole_ms: bool = False) -> ObservationColumns:
    times, values, learn = wild(seed, count)
    times = np.round(times + 1.7e9, 3) if whole_ms else times * 1.0000001
    numbers = np.random.default_rng(seed).integers(0, series, count).tolist()
    return columns(values, times, numbers, learn.tolist())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 400), st.booleans())
def test_a_bank_that_was_saved_and_loaded_continues_bit_for_bit(seed: int, cut: int, whole_ms: bool) -> None:
    batch = busy(seed, whole_ms=whole_ms)
    bank, index = fresh(2)
    step(PLAN, bank, part(batch, 0, cut), 1)
    records = saved(bank, index)
    again, again_index = loaded(records)
    rest = part(batch, cut, len(batch))
    for one in index.series:
        again_index.add(one)
    again.admit(again_index.series[again.series_count :])
    number = {one.key: i for i, one in enumerate(again_index.series)}
    moved = np.array([number[one.key] for one in index.series])[rest.series]
    translated = ObservationColumns(moved, rest.timestamp, rest.value, rest.learn, rest.record, rest.offset)
    ours, theirs = step(PLAN, bank, rest, 1), step(PLAN, again, translated, 1)
    for name in ("observation", "config", "status", "score", "lower", "upper", "transition", "alert_count"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    assert canonical_rows(bank, SOURCES, index) == canonical_rows(again, SOURCES, again_index)


def test_events_that_a_row_includes_are_skipped_after_a_crash_and_no_others() -> None:
    batch = busy(3)
    bank, index = fresh(2)
    step(PLAN, bank, part(batch, 0, 250), 0)
    records = saved(bank, index)
    rest = step(PLAN, bank, part(batch, 250, 400), 0)
    again, _ = loaded(records)
    assert again.rows_held == 4
    replay = step(PLAN, again, part(batch, 100, 400), 0)
    assert replay.counts.replayed == 2 * 150
    assert verdicts(replay, 100) == verdicts(rest, 250)
    once_more = step(PLAN, again, part(batch, 100, 250), 0)
    assert once_more.counts.replayed == 2 * 150


def test_an_array_message_shares_one_offset_and_all_of_it_counts() -> None:
    bank, _ = fresh(1)
    batch = columns([1.0, 2.0, 3.0])
    same = ObservationColumns(
        batch.series, batch.timestamp, batch.value, batch.learn, np.zeros(3, np.int64), np.full(3, 5)
    )
    assert step(PLAN, bank, same).counts.learning == 6


def test_offsets_are_those_of_one_source_and_epoch() -> None:
    bank, index = fresh(1)
    step(PLAN, bank, columns([1.0, 2.0], first_offset=40), 0)
    step(PLAN, bank, columns([3.0], [5.0], first_offset=7), 1)
    records = saved(bank, index)
    swapped, _ = loaded(records, (("other.metrics", 7), ("metrics", 1), ("new", 1)))
    assert swapped.state.replayed[0].tolist() == [7, 41, -1]
    anew, _ = loaded(records, (("metrics", 2), ("other.metrics", 7)))
    assert anew.state.replayed[0].tolist() == [-1, 7]


def test_a_head_has_room_for_all_that_it_can_hold() -> None:
    plan, index = plan_of(config("a", detectors=("auto",), window_points=1000)), SeriesIndex()
    bank = Bank(plan, len(SOURCES))
    bank.admit([index.series[index.add(one)] for one in series_of(1)])
    step(plan, bank, columns([1.0, 2.0], first_offset=40), 0)
    step(plan, bank, columns([3.0], [5.0], first_offset=7), 1)
    rows, alerts = bank.state.rows[: bank.row_count], bank.state.alerts[: bank.row_count]
    alerts["phase"], alerts["last_event"] = OPEN, 4.0
    rows["clock_start"], rows["clock_before"], rows["votes"], rows["command"] = 3.0, 2.0, 1, 17
    rows["no_data_since"], rows["no_data_events"] = 5.0, 2
    rows["known"], rows["known_since"] = (7.5, 8.5), (1.7e9, 1.8e9)
    again, again_index = Bank(plan, len(SOURCES)), SeriesIndex()
    load_rows(again, again_index, sorted((key, value or b"") for key, value in saved(bank, index)), SOURCES)
    for name in ("clock_start", "clock_before", "command", "no_data_since", "no_data_events"):
        assert again.state.rows[name][: again.row_count].tolist() == rows[name].tolist()
    for name in ("known", "known_since"):
        assert again.state.rows[name][: again.row_count].tolist() == rows[name].tolist()
    assert canonical_rows(bank, SOURCES, index) == canonical_rows(again, SOURCES, again_index)


def test_deleted_rows_are_tombstones_and_orphans_are_deleted() -> None:
    bank, index = fresh(1)
    step(PLAN, bank, columns([1.0]))
    records = saved(bank, index)
    bank.change_plan(plan_of(config("a")))
    found = saved(bank, index)
    assert [(key.split(b"\0")[0], value is None) for key, value in found] == [(b"b", True), (b"a", False)]
    other, other_index = Bank(plan_of(config("a")), 2), SeriesIndex()
    load_rows(other, other_index, [(key, value or b"") for key, value in sorted(records)], SOURCES)
    assert [(key.split(b"\0")[0], value) for key, value in saved(other, other_index)] == [(b"b", None)]


def test_a_record_of_another_shape_gives_its_alert_and_place_and_no_window() -> None:
    bank, index = fresh(1)
    step(PLAN, bank, columns([1.0] * 12 + [50.0]))
    assert bank.state.alerts[0]["phase"] == OPEN
    records = [pair for pair in saved(bank, index) if pair[0].startswith(b"a")]
    other, other_index = Bank(plan_of(config("a", window_points=32)), 2), SeriesIndex()
    load_rows(other, other_index, [(key, value or b"") for key, value in sorted(records)], SOURCES)
    assert (other.state.rows[0]["count"], other.state.alerts[0]["phase"]) == (0, OPEN)
    assert other.state.rows[0]["last_time"] == 12.0
    assert other.state.replayed[0].tolist() == [12, -1]


def one_record() -> tuple[bytes, bytes]:
    bank, index = fresh(1)
    step(PLAN, bank, busy(1, 1, 50))
    key, value = saved(bank, index)[0]
    assert value is not None
    return key, value


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_broken_record_is_an_error_and_never_a_row(data: st.DataObject) -> None:
    key, value = one_record()
    if data.draw(st.booleans()):
        value = value[: data.draw(st.integers(0, len(value) - 1))]
    else:
        at = data.draw(st.integers(0, len(value) - 1))
        value = value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255))]) + value[at + 1 :]
    with pytest.raises(StateError):
        load_one(Bank(PLAN, 2), key, value)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**64 - 1))
def test_lengths_are_checked_even_if_the_checksum_is_right(word: int, other: int) -> None:
    key, value = one_record()
    body = bytearray(value)
    body[8 * (word + 1) : 8 * (word + 2)] = struct.pack("<Q", other)
    body[4:8] = struct.pack("<I", crc32c(bytes(body[8:]), FORMAT_VERSION))
    bank = Bank(PLAN, 2)
    try:
        load_one(bank, key, bytes(body))
    except StateError:
        return
    assert 0 <= bank.state.rows[0]["count"] <= 64


@pytest.mark.parametrize(
    "key", [b"", b"a", b"a\0", b"a\0[]", b"\xff\0{}", b'a\0{"metric":1}', b'a\0{"metric":"m"}']
)
def test_a_broken_key_is_an_error(key: bytes) -> None:
    with pytest.raises(StateError):
        load_one(Bank(PLAN, 2), key, one_record()[1])


@pytest.mark.parametrize(
    ("version", "cure"),
    [
        (FORMAT_VERSION + 1, "run the release that wrote it, or a newer one"),
        (FORMAT_VERSION - 1, "start with an empty changelog and data directory"),
    ],
)
def test_another_version_is_an_error_that_names_the_cure(version: int, cure: str) -> None:
    key, value = one_record()
    message = rf"version {version}, .* reads version {FORMAT_VERSION}: .*{cure}"
    with pytest.raises(StateVersionError, match=message):
        load_one(Bank(PLAN, 2), key, value[:2] + bytes([version]) + value[3:])


def test_released_detector_state_stays_readable() -> None:
    bank, index = Bank(golden_plan(), len(SOURCES)), SeriesIndex()
    load_rows(bank, index, golden.read(golden.ROWS), SOURCES)
    expected = np.empty(STATE_WORDS)
    fill(expected, CHECKPOINTS - 1)
    for series in range(2):
        row = bank.row_of(series, "m")
        assert detector_state_of(bank, row).tolist() == expected.tolist()
        assert (bank.state.rows[row]["count"], bank.state.rows[row]["pages"]) == (61, 3)
    other = plan_of(config("m"))
    bank = Bank(other, len(SOURCES))
    records = [record for record in golden.read(golden.ROWS) if record[0].startswith(b"m")]
    load_rows(bank, SeriesIndex(), records, SOURCES)
    assert bank.state.rows["count"][:2].tolist() == [0, 0]


def test_released_state_records_stay_readable() -> None:
    records = golden.read(golden.ROWS)
    assert ({value[2] for _, value in records}, len(records)) == ({FORMAT_VERSION}, 26)
    bank, index = loaded(records)
    assert [one.key for one in index.series] == [one.key for one in series_of(2)]
    assert bank.state.alerts["phase"][:4].tolist() == [OPEN] * 4
    ours, _ = fresh(2)
    step(PLAN, ours, golden_input(), 1)
    rows, our_rows = ([row for series in range(2) for row in held.rows_of(series)] for held in (bank, ours))
    assert bank.state.replayed[rows].tolist() == [[-1, 1120]] * 2 + [[-1, 1121]] * 2
    fields = ("count", "stride", "position", "turn", "anomaly_streak", "last_time", "mean", "m2", "replaced")
    assert bank.state.rows["nonnegative"][rows].all()
    for name in fields:
        np.testing.assert_allclose(bank.state.rows[name][rows], ours.state.rows[name][our_rows], rtol=1e-12)
    more = columns([101.0, 102.0] * 4, [1.7e9 + 125 + i for i in range(8)], [0, 1] * 4, first_offset=2000)
    left, right = step(PLAN, bank, more, 1), step(PLAN, ours, more, 1)
    for name in ("status", "score", "expected", "lower", "upper", "transition", "alert_peak_value"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), rtol=1e-9)
    assert left.counts == right.counts
    assert (left.transition == Transition.RESOLVED).sum() == 2


def test_a_head_with_every_part_has_the_most_words() -> None:
    bank, index = fresh(1)
    row, alert = bank.state.rows[0], bank.state.alerts[0]
    alert["phase"] = OPEN
    alert["level_before"], alert["noise"], alert["level"], alert["level_count"] = 100.0, 3.0, 104.0, 16
    row["clock_start"], row["votes"], row["command"] = 5.0, 3, 7
    row["no_data_since"], row["no_data_events"] = 4.0, 1
    row["known"], row["known_since"] = (3.0, 4.0), (5.0, 6.0)
    row["anomaly_streak"], row["streak_distance"] = 3, 2.5
    row["dirty"] = 1
    ((key, value),) = [record for record in saved(bank, index) if record[0]][:1]
    assert value is not None
    assert len(value) == 8 * (FIXED_WORDS + MOST_FLAGGED_WORDS)
    twin, _ = loaded([(key, value)])
    for name in ("clock_start", "votes", "command", "no_data_since", "anomaly_streak", "streak_distance"):
        assert twin.state.rows[0][name] == row[name]
    for name in ("phase", "quiet", "level_before", "noise", "level", "level_count"):
        assert twin.state.alerts[0][name] == alert[name]
