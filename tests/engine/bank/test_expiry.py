"""Idle series expire: when, with which events, and as a function of the input alone."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.formats.state_keys import POSITION_KEY, ownership_key, row_key
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import Series
from anomaly_stream.pipeline import tidying
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.crashes import checkpoint, restarted, run_with_crashes
from tests.engine.flow import SOURCES, feed, message, published
from tests.engine.inputs import config, plan_of, row_keys

TTL = 800.0
TICK = TTL / 8


def pipeline_of(**fields: object) -> Pipeline:
    plain = {"series_ttl_s": TTL, "min_observations": 5, "resolve_after": 3, "baseline_period_s": 1e5}
    return Pipeline(plan_of(config("a", **{**plain, **fields})), SOURCES)


def units(pipeline: Pipeline) -> set[str]:
    bank = pipeline.bank
    return {dict(bank.series[number].labels)["unit"] for number, _ in row_keys(bank) if number >= 0}


def paced(unit: str, *times: float) -> list[bytes]:
    """Values of a series that keeps its cadence: only such a series ages others."""
    return [message(unit, 1.0, time) for time in times]


def said(output: Output) -> list[dict[str, object]]:
    return [json.loads(alert.value) for alert in output.alerts]


def partition_of(**fields: object) -> Partition:
    return Partition(0, pipeline_of(**fields).plan, GroupPlan(), SOURCES, "groups")


def test_an_idle_series_leaves_with_the_first_tick_past_its_time() -> None:
    pipeline = pipeline_of()
    feed(pipeline, [message("old", 1.0, 1000.0), *paced("new", 800.0, 900.0, 1000.0)])
    assert feed(pipeline, [message("new", 1.0, 1000 + TTL)], 4).outcome.counts.expired == 0
    assert feed(pipeline, [message("new", 1.0, 1000 + TTL + TICK)], 5).outcome.counts.expired == 1
    assert units(pipeline) == {"new"}
    back = feed(pipeline, [message("old", 1.0, 1000 + TTL + TICK)], 6)
    assert back.outcome.counts.learning == 1
    assert units(pipeline) == {"old", "new"}


def test_zero_means_for_ever() -> None:
    pipeline = pipeline_of(series_ttl_s=0.0)
    feed(pipeline, [message("old", 1.0, 1.0), message("new", 1.0, 4e9)])
    assert units(pipeline) == {"old", "new"}


def test_each_config_has_a_clock_of_its_own() -> None:
    plan = plan_of(config("a", metric="flow", series_ttl_s=TTL), config("b", metric="load", series_ttl_s=TTL))
    pipeline = Pipeline(plan, SOURCES)
    history = message("past", 1.0, 1000.0)
    feed(pipeline, [history, message("now", 1.0, 1e9).replace(b"flow", b"load")])
    assert units(pipeline) == {"past", "now"}


def test_a_clock_that_runs_ahead_expires_no_other_series() -> None:
    now = 1_700_000_000.0
    pipeline = pipeline_of()
    feed(pipeline, [message("sound", 1.0, now), *paced("mad", now - 200.0, now - 100.0)], 0, int(now * 1000))
    mad = feed(pipeline, [message("mad", 1.0, now + 1e9)], 3, int(now * 1000) + 5000)
    assert (mad.outcome.counts.expired, mad.outcome.counts.ahead) == (0, 1)
    later = now + TTL + TICK
    counts = feed(pipeline, [message("mad", 1.0, later)], 4, int(later * 1000)).outcome.counts
    assert (counts.expired, counts.ahead) == (0, 0)  # "sound" sent since the clock last moved
    later += TTL / 2
    assert feed(pipeline, [message("mad", 1.0, later)], 5, int(later * 1000)).outcome.counts.expired == 1
    assert units(pipeline) == {"mad"}


def test_a_pause_of_all_series_expires_none_that_comes_back() -> None:
    pipeline = pipeline_of()
    units_of_all = [f"u{n}" for n in range(20)]
    before = [message(unit, 1.0, 1000.0 + 10 * i) for i in range(100) for unit in units_of_all]
    after = [message(unit, 1.0, 2000.0 + 19 * TTL + 10 * i) for i in range(10) for unit in units_of_all]
    feed(pipeline, before)
    assert feed(pipeline, after, len(before)).outcome.counts.expired == 0


def test_an_open_alert_of_a_series_that_leaves_is_resolved() -> None:
    pipeline = pipeline_of()
    usual = [message("odd", 10.0 + i % 3, 1000.0 + i) for i in range(30)]
    feed(pipeline, [*usual, *paced("other", 530.0, 1030.0)])
    (firing,) = said(feed(pipeline, [message("odd", 500.0, 1031.0)], 32))
    (resolved,) = said(feed(pipeline, paced("other", 5000.0, 5100.0), 33))
    assert (firing["status"], resolved["status"]) == ("firing", "resolved")
    assert resolved["alert_id"] == firing["alert_id"]
    assert resolved["timestamp"] == 5100.0
    assert (resolved["value"], resolved["expected"]) == (500.0, 11.0)
    assert resolved["source"]["offset"] == 34  # type: ignore[index]
    assert resolved["explanation"] == (
        "flow{unit=odd} has sent no value for 1 h 7 min, so its alert ends: 1 anomaly"
        " at 1970-01-01 00:17:11 UTC, peak 500 (score 100 of 100)."
    )


def test_rows_blocks_and_numbers_are_used_again() -> None:
    pipeline = pipeline_of(window_points=64)
    sizes = []
    for age in range(30):
        start = 1000.0 + age * 2 * TTL
        messages = [message(f"u{age}-{i % 20}", float(i % 7), start + i) for i in range(400)]
        feed(pipeline, messages, 400 * age)
        pipeline.take_dirty()
        pipeline.take_expired()
        sizes.append((pipeline.bank.row_count, int(pipeline.bank.pool.free[0])))
    assert len(units(pipeline)) == 20
    assert sizes[-1] == sizes[3]


def test_keys_of_many_expired_rows_are_built_in_slices(monkeypatch: object) -> None:
    most = tidying._TOMBSTONE_KEYS_AT_ONCE
    pipeline = pipeline_of()
    feed(pipeline, [message(f"u{i}", 1.0, 1000.0) for i in range(most + 10)])
    feed(pipeline, paced("new", 500.0, 1000.0, 1e4, 1e4 + TICK), 10**5)
    tombstones = pipeline.bank.tombstones
    assert tombstones.keys_to_build == most + 10
    feed(pipeline, [message("new", 1.0, 1e4 + TICK + 1)], 10**5 + 4)
    assert tombstones.keys_to_build == 10
    pipeline.take_dirty()
    assert len(list(pipeline.take_expired()[0])) == most + 10
    assert tombstones.keys_to_build == 0


def test_records_of_an_expired_row_are_deleted_behind_the_position() -> None:
    partition, state = partition_of(), dict[bytes, bytes]()
    feed(partition, [message("old", 1.0, 1000.0), *paced("new", 500.0, 1000.0)])
    checkpoint(partition, state)
    old = row_key("a", Series.of("flow", {"unit": "old"}))
    new = row_key("a", Series.of("flow", {"unit": "new"}))
    assert set(state) == {old, new, POSITION_KEY, ownership_key("a")}
    feed(partition, paced("new", 5000.0, 5000.0 + TICK), 3)
    stages = [found for stage in partition.take_dirty() if (found := dict(stage))]
    assert POSITION_KEY in stages[-2]
    assert stages[-1] == {old: None}


def test_one_that_comes_back_keeps_its_record() -> None:
    for checkpoints in range(3):
        partition, state = partition_of(), dict[bytes, bytes]()
        feed(partition, [message("old", float(i), 1000.0 + i) for i in range(64)])
        checkpoint(partition, state)
        feed(partition, paced("new", 600.0, 1100.0, 5000.0), 64)
        for _ in range(checkpoints):
            checkpoint(partition, state)
        feed(partition, [message("old", 7.0, 5001.0)], 67)
        for _ in range(3):
            checkpoint(partition, state)
        assert units(partition.pipeline) == {"old", "new"}
        assert (
            restarted(partition_of, state).pipeline.canonical_state() == partition.pipeline.canonical_state()
        )


def test_series_of_one_or_two_values_expire() -> None:
    """A series a job: none of them is ever known by its step."""
    for each, step in ((1, TTL / 20), (2, TTL / 20), (1, TTL * 3)):
        pipeline = pipeline_of(max_series=10**6)
        times = [1000.0 + step * i for i in range(400)]
        messages = [message(f"job{i}", 1.0, time + k) for i, time in enumerate(times) for k in range(each)]
        counts = feed(pipeline, messages).outcome.counts
        assert counts.expired > 350
        assert len(units(pipeline)) == 400 - counts.expired < 40


@pytest.mark.parametrize("wild", [1, 2, 3])
def test_new_series_far_ahead_age_others_only_when_enough_agree(wild: int) -> None:
    """``wild`` of them are too few; one more than AGREEING is not."""
    pipeline = pipeline_of()
    feed(pipeline, paced("old", *(1000.0 + 20 * i for i in range(10))))
    ahead = [message(f"wild{i}", 1.0, 1e6 + i) for i in range(wild)]
    assert feed(pipeline, ahead, 10).outcome.counts.expired == 0
    more = [f"more{i}" for i in range(4 - wild)]
    feed(pipeline, [message(unit, 1.0, 1e6 + 10 + i) for i, unit in enumerate(more)], 20)
    again = [*more, *(f"wild{i}" for i in range(wild))]
    feed(pipeline, [message(unit, 1.0, 1e6 + TICK + 10 + i) for i, unit in enumerate(again)], 30)
    assert units(pipeline) == set(again)


@pytest.mark.parametrize("wrong", [1, 2, 4, 5])
def test_a_minority_with_wrong_clocks_expires_no_other_series(wrong: int) -> None:
    """Not when they join, and not when their clocks are settled; their own series stay as well."""
    pipeline = pipeline_of()
    sound, joined = 6, 10
    messages = []
    for i in range(200):
        time = 1000.0 + 10 * i
        messages += [message(f"sound{n}", 1.0, time + n) for n in range(sound)]
        if i >= joined:
            messages += [message(f"wrong{n}", 1.0, time + 1e6 + n) for n in range(wrong)]
    counts = feed(pipeline, messages).outcome.counts
    assert (counts.expired, counts.ahead, counts.late) == (0, 0, 0)
    assert len(units(pipeline)) == sound + wrong
    settle = pipeline.bank.state.rows[: pipeline.bank.row_count]
    settle["clock_start"] = settle["clock_before"] = -np.inf
    settle["agreed"] = 0
    later = [
        message(unit, 1.0, 1000.0 + 10 * i + ahead)
        for i in range(200, 400)
        for unit, ahead in (
            *((f"sound{n}", n) for n in range(sound)),
            *((f"wrong{n}", 1e6 + n) for n in range(wrong)),
        )
    ]
    assert feed(pipeline, later, len(messages)).outcome.counts.expired == 0


@pytest.mark.parametrize("first", ["a", "b"])
def test_one_series_with_a_wrong_clock_does_not_expire_the_only_other(first: str) -> None:
    """Neither as the second series nor as the first of its config."""
    pipeline = pipeline_of()
    messages = []
    for i in range(300):
        for unit, ahead in (("a", 0.0), ("b", 1e6)):
            if unit == first or i >= 50:
                messages.append(message(unit, 1.0, 1000.0 + 10 * i + ahead))
    assert feed(pipeline, messages).outcome.counts.expired == 0
    assert units(pipeline) == {"a", "b"}


def test_the_clock_goes_on_when_most_series_come_from_beyond_a_gap() -> None:
    pipeline = pipeline_of()
    feed(pipeline, paced("old", *(1000.0 + 20 * i for i in range(10))))
    new = [message(f"new{n}", 1.0, 1e5 + 20 * i + n) for i in range(100) for n in range(5)]
    assert feed(pipeline, new, 10).outcome.counts.expired == 1
    assert units(pipeline) == {f"new{n}" for n in range(5)}


_INPUT = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([1.0, 20.0, 90.0, 300.0, 900.0, 5000.0]), st.integers(0, 9)),
    min_size=1,
    max_size=80,
)


def inputs(steps: list[tuple[int, float, int]]) -> list[bytes]:
    """Series that come and go, with some outliers, and times that now and then run back or far ahead.

    One series lies far behind the others, as one does that is sent afterwards. The clocks of some jump, and
    come back.
    """
    time, messages, jumped = 1e6, [], [0.0] * 6
    for unit, pause, kind in steps:
        time += pause
        value = 900.0 if kind == 0 else 10.0 + kind % 3
        wild = -150.0 if kind == 9 else 1e8 if kind == 8 else 0.0
        if kind == 7:
            jumped[unit] = 2e4 - jumped[unit]
        behind = -3000.0 if unit == 5 else 0.0
        messages.append(message(f"u{unit}", value, time + wild + jumped[unit] + behind))
    return messages


@settings(max_examples=80, deadline=None)
@given(_INPUT, st.lists(st.integers(1, 79), max_size=8), st.integers(1, 4))
def test_who_leaves_is_a_function_of_the_input_alone(
    steps: list[tuple[int, float, int]], cuts: list[int], most: int
) -> None:
    messages = inputs(steps)
    whole, pieces = pipeline_of(max_series=most), pipeline_of(max_series=most)
    expected = feed(whole, messages)
    bounds = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
    found = []
    for begin, end in itertools.pairwise(bounds):
        found.append(feed(pieces, messages[begin:end], begin))
        if end % 2:
            pieces.take_dirty()
            pieces.take_expired()
    assert published(found) == published([expected])
    assert sum(output.outcome.counts.expired for output in found) == expected.outcome.counts.expired
    assert pieces.canonical_state() == whole.canonical_state()


@settings(max_examples=80, deadline=None)
@given(_INPUT, st.data())
def test_crashes_change_nothing(steps: list[tuple[int, float, int]], data: st.DataObject) -> None:
    """Checkpoints whose offsets are committed or not, and restarts that read again from the last commit."""
    messages = inputs(steps)
    whole = pipeline_of()
    expected = feed(whole, messages)
    worker, outputs = run_with_crashes(partition_of, messages, data)
    assert worker.pipeline.canonical_state() == whole.canonical_state()
    assert worker.pipeline.expiry.clocks == whole.expiry.clocks
    assert set(published(outputs)[1]) == set(published([expected])[1])
