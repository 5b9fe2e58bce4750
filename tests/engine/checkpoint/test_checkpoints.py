from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anomaly_stream.engine.bank.footprint import ChangelogFootprint
from anomaly_stream.engine.checkpoint.chunks import CHUNK, GRAIN, chunk_key_count
from anomaly_stream.engine.plan.state_layout import page_count
from anomaly_stream.errors import StateError
from anomaly_stream.model import Publish
from tests.engine.checkpoints import Changelog, SmallWorker, state_of
from tests.engine.inputs import columns, config, plan_of
from tests.engine.test_step import wild

SERIES = 3
PLAN = plan_of(
    config("a", min_observations=10, resolve_after=3),
    config("b", window_points=24, baseline_period_s=90.0),
    config("c", window_points=200, baseline_period_s=400.0),
    config("d", window_points=CHUNK + 1, baseline_period_s=150.0),
    config("m", detectors=("auto",), publish=Publish.NONE),
    config("n", alert_score=40.0, false_alarms_per_week=2e4, window_points=30, publish=Publish.NONE),
    config("p", detectors=("zscore", "ewma", "flat_line", "rate_of_change", "spot"), publish=Publish.NONE),
)
OTHER = plan_of(
    config("b", window_points=24, baseline_period_s=90.0),
    config("c", window_points=100),
    config("d", detectors=("auto",)),
)


def pieces(rng: np.random.Generator, count: int) -> Iterator[tuple[int, int]]:
    """Slices between checkpoints: some of a few observations, some of hundreds."""
    begin = 0
    while begin < count:
        end = min(count, begin + int(rng.choice([1, 3, 6, 20, 100, 400])))
        yield begin, end
        begin = end


def crash(rng: np.random.Generator, changelog: Changelog, stages: list) -> None:
    """All stages before one, any part of that one, and none after it."""
    last = int(rng.integers(len(stages)))
    for stage in stages[:last]:
        changelog.write(stage)
    kept = rng.random(len(stages[last])) < rng.choice([0.1, 0.5, 0.9])
    changelog.write([record for record, keep in zip(stages[last], kept, strict=True) if keep])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([0.0, 0.1, 0.4]))
@example(7, True, 0.4)
def test_crashes_within_checkpoints_change_no_bit_of_the_state(
    seed: int, whole_ms: bool, crashes: float
) -> None:
    rng = np.random.default_rng(seed)
    times, values, learn = wild(seed % 10**6, 3000)
    times = np.round(times + 1.7e9, 3) if whole_ms else times
    batch = columns(values, times, rng.integers(0, SERIES, 3000).tolist(), learn.tolist())
    changelog = Changelog()
    reference, worker = (SmallWorker(PLAN, SERIES, Changelog()) for _ in range(2))
    committed = 0
    for begin, end in pieces(rng, 3000):
        reference.step(batch, begin, end)
        worker.step(batch, begin, end)
        while rng.random() < crashes:
            crash(rng, changelog, worker.checkpoint())
            worker = SmallWorker(PLAN, SERIES, changelog)
            worker.step(batch, committed, end)
        for stage in worker.checkpoint():
            changelog.write(stage)
        committed = end
    assert state_of(worker) == state_of(reference)
    assert state_of(SmallWorker(PLAN, SERIES, changelog)) == state_of(reference)
    most = [
        1 + chunk_key_count(int(one["capacity"])) + 2 * page_count(int(one["state_words"]))
        for one in PLAN.compiled
    ]
    assert len(changelog.records) <= SERIES * sum(most)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
@example(1207)
@example(1167)
def test_config_changes_among_the_crashes_lose_no_row_and_leave_no_record_behind(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times, values, learn = wild(seed % 10**6, 1500)
    batch = columns(values, times, rng.integers(0, SERIES, 1500).tolist(), learn.tolist())
    changelog, plan, committed = Changelog(), PLAN, 0
    worker = SmallWorker(PLAN, SERIES, changelog)
    for begin, end in pieces(rng, 1500):
        if rng.random() < 0.2:
            plan = OTHER if plan is PLAN else PLAN
            worker.change_plan(plan)
        worker.step(batch, begin, end)
        if rng.random() < 0.3:
            crash(rng, changelog, worker.checkpoint())
            worker = SmallWorker(plan, SERIES, changelog)
            worker.step(batch, committed, end)
        for stage in worker.checkpoint():
            changelog.write(stage)
        committed = end
        assert state_of(SmallWorker(plan, SERIES, changelog)) == state_of(worker)
    worker.change_plan(plan_of(config("other", metric="none")))
    for stage in worker.checkpoint():
        changelog.write(stage)
    assert changelog.records == {}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_change_of_configs_is_the_same_to_a_worker_that_runs_and_to_one_that_starts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times, values, learn = wild(seed % 10**6, 1200)
    batch = columns(values, times, rng.integers(0, SERIES, 1200).tolist(), learn.tolist())
    changelog = Changelog()
    running = SmallWorker(PLAN, SERIES, changelog)
    running.step(batch, 0, 800)
    for stage in running.checkpoint():
        changelog.write(stage)
    running.change_plan(OTHER)
    started = SmallWorker(OTHER, SERIES, changelog)
    assert state_of(running) == state_of(started)
    for worker in (running, started):
        worker.step(batch, 800, 1200)
    assert state_of(running) == state_of(started)


def slow_and_steady(checkpoints: int, points: int) -> tuple[Changelog, SmallWorker]:
    """One observation per checkpoint; each new point replaces one that expires."""
    plan = plan_of(config("a", window_points=points, baseline_period_s=10.0 * points - 5))
    changelog = Changelog()
    worker = SmallWorker(plan, 1, changelog)
    values = np.random.default_rng(5).normal(50, 3, checkpoints).tolist()
    batch = columns(values, [1.7e9 + 10.0 * i for i in range(checkpoints)])
    for i in range(checkpoints):
        worker.step(batch, i, i + 1)
        if i == 2 * points:
            changelog.bytes_written = 0
        for stage in worker.checkpoint():
            changelog.write(stage)
    return changelog, worker


@pytest.mark.parametrize("points", [32, 48, 60, 288, 1000])
def test_a_point_costs_a_fraction_of_its_window(points: int) -> None:
    changelog, worker = slow_and_steady(4 * points, points)
    row = worker.bank.state.rows[0]
    assert (row["count"], row["stride"]) == (points, 1)
    assert changelog.bytes_written / (2 * points) < 350


def test_a_missing_or_outdated_chunk_is_an_error() -> None:
    changelog, worker = slow_and_steady(200, 96)
    chunks = {key: value for key, value in changelog.records.items() if key.count(b"\0", 0, -2) == 2}
    assert len(chunks) >= 96 // CHUNK
    needed = max(chunks, key=lambda key: int.from_bytes(chunks[key][8:14], "little"))
    for broken in (None, chunks[min(chunks, key=lambda key: chunks[key][8:14])]):
        if broken is None:
            del changelog.records[needed]
        else:
            changelog.records[needed] = broken
        with pytest.raises(StateError, match="its chunks do not match its head"):
            SmallWorker(worker.plan, 1, changelog)


def test_chunks_without_a_head_are_deleted() -> None:
    changelog, worker = slow_and_steady(200, 96)
    head = min(changelog.records)
    del changelog.records[head]
    again = SmallWorker(worker.plan, 1, changelog)
    for stage in again.checkpoint():
        changelog.write(stage)
    assert changelog.records == {}
    assert GRAIN < CHUNK


def test_a_series_that_returns_inherits_the_records_of_its_old_row() -> None:
    changelog, worker = slow_and_steady(200, 96)
    before = int(worker.bank.state.rows[0]["chunk_keys"])
    worker.bank.tombstones.add_expired(0, "a", ChangelogFootprint(before, b""))
    worker.bank.free_rows(np.array([0]))
    row = int(worker.bank.add_rows([0], [0])[0])
    assert worker.bank.state.rows[row]["chunk_keys"] == before == 4
    batch = columns(
        np.random.default_rng(6).normal(50, 3, 90).tolist(), [1.8e9 + 10.0 * i for i in range(90)]
    )
    worker.bank.state.included[row] = worker.bank.state.replayed[row] = -1
    for i in range(90):
        worker.step(batch, i, i + 1)
        worker.bank.tombstones.build_keys(worker.bank.series, 10)
        for stage in worker.checkpoint():
            changelog.write(stage)
        if i % 5 == 4:
            changelog.write(
                [(key, None) for key in worker.bank.tombstones.take_expired(worker.bank.series)[0]]
            )
        assert state_of(SmallWorker(worker.plan, 1, changelog)) == state_of(worker)
