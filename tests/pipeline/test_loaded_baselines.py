"""Baselines from a history: what follows must be judged as if the history had been in the topic before."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from anomaly_stream.engine.checkpoint.baseline_record import encode_baselines, open_baseline
from anomaly_stream.engine.loaded_baselines import BaselineSource, StoredBaseline
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.errors import StateError
from anomaly_stream.model import MetricType
from anomaly_stream.model.baseline_loads import RefusalReason
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message, published
from tests.engine.inputs import config, plan_of

TOPIC = ("baselines", 7)
LOAD = b"0123456789abcdef"
STEP = 600.0
UNITS = ("a", "b", "c")
CONFIGS: dict[str, dict[str, Any]] = {
    "window": {},
    "thinned": {"window_points": 16, "baseline_period_s": 1e5},
    "stateful": {"detectors": ("zscore", "ewma", "cusum")},
    "model": {"detectors": ("auto",)},
    "seasonal": {"seasonality": ("daily",), "baseline_period_s": 86400.0 * 7},
    "counter": {"metric_type": MetricType.COUNTER},
}


class Store:
    """A baseline store in memory."""

    def __init__(self) -> None:
        self.held: dict[bytes, StoredBaseline] = {}

    def newest(self, config_id: str) -> int:
        prefix = config_id.encode() + b"\0"
        return max((one.offset for key, one in self.held.items() if key.startswith(prefix)), default=-1)

    def find(self, key: bytes) -> StoredBaseline | None:
        return self.held.get(key)

    def load(self, records: Iterable[tuple[bytes, bytes]], first_offset: int = 0) -> list[bytes]:
        added = {key: StoredBaseline(first_offset + n, value) for n, (key, value) in enumerate(records)}
        self.held.update(added)
        return list(added)


def values(count: int, first: int = 0, units: Sequence[str] = UNITS) -> list[bytes]:
    """``count`` values of each unit, with spikes."""
    generator = np.random.default_rng(5)
    noise = generator.normal(0.0, 1.0, (first + count, len(units)))
    found = []
    for i in range(first, first + count):
        for n, unit in enumerate(units):
            wave = 20 * math.sin(i / 144 * 2 * math.pi) + float(noise[i, n])
            spike = 90.0 + i if i % 97 == 96 else 0.0
            found.append(message(unit, 100.0 + wave + spike, 1000.0 + STEP * i))
    return found


def learned(plan: Plan, history: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """The baselines that a history gives."""
    loader = Pipeline(plan, [("history", 0)])
    feed(loader, history)
    return list(encode_baselines(loader.bank, loader.index, LOAD))


def worker(plan: Plan, store: Store, state: Iterable[tuple[bytes, bytes]] = ()) -> Pipeline:
    pipeline = Pipeline(plan, SOURCES, baselines=BaselineSource(TOPIC, store))
    pipeline.load(sorted(state))
    return pipeline


def checkpoint(pipeline: Pipeline, changelog: dict[bytes, bytes]) -> None:
    for stage in pipeline.take_dirty():
        for key, value in stage:
            if value is None:
                changelog.pop(key, None)
            else:
                changelog[key] = value


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("batch", [1, 7, 10_000])
def test_live_values_after_a_load_are_judged_as_after_the_history(fields: dict[str, Any], batch: int) -> None:
    plan = plan_of(config(**fields))
    history, live = values(290), values(150, 290)
    before = Pipeline(plan, SOURCES)
    feed(before, history)
    expected = published([feed(before, live, len(history))])
    store = Store()
    store.load(learned(plan, history))
    subject = worker(plan, store)
    first = len(history)
    outputs = [feed(subject, live[n : n + batch], first + n) for n in range(0, len(live), batch)]
    assert published(outputs) == expected
    assert expected[0]
    assert expected[1]
    assert sum(output.baselines.taken for output in outputs) == len(UNITS)
    assert state(subject) == state(before)


def state(pipeline: Pipeline) -> dict[bytes, bytes]:
    """Window, detector state and clock of each row: a baseline record without offsets and alerts."""
    return dict(encode_baselines(pipeline.bank, pipeline.index, LOAD))


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
def test_a_row_takes_it_at_the_first_value_after_the_history_wherever_the_load_arrives(
    fields: dict[str, Any],
) -> None:
    """The live topic overlaps the history: its values up to there are judged by the row itself."""
    plan = plan_of(config(**fields))
    history, live = values(290), values(200, 250)
    before = Pipeline(plan, SOURCES)
    feed(before, history)
    expected = published([feed(before, live[120:], 120)])[0]
    for arrival in (0, 60, 119):
        store = Store()
        subject = worker(plan, store)
        outputs = [feed(subject, live[:arrival])] if arrival else []
        subject.baselines_arrived(store.load(learned(plan, history)))
        outputs.append(feed(subject, live[arrival:], arrival))
        found = published(outputs)[0]
        assert found[-len(expected) :] == expected
        assert sum(output.baselines.taken for output in outputs) == len(UNITS)


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
def test_a_crash_repeats_no_load(fields: dict[str, Any]) -> None:
    """Whether a checkpoint was before or after the load, a restart ends in the same state."""
    plan = plan_of(config(**fields))
    history, live = values(200), values(200, 150)
    store = Store()
    store.load(learned(plan, history))
    undisturbed = worker(plan, store)
    expected = published([feed(undisturbed, live)])
    for stop in (1, 149, 150, 151, 152, 400):
        changelog: dict[bytes, bytes] = {}
        subject = worker(plan, store)
        first = feed(subject, live[:stop])
        checkpoint(subject, changelog)
        lost = feed(subject, live[stop : stop + 40], stop)
        again = worker(plan, store, changelog.items())
        second = feed(again, live[max(0, stop - 30) :], max(0, stop - 30))
        assert published([first, second]) == expected
        assert published([lost])[0] == published([second])[0][: len(lost.scores)]
        assert again.canonical_state() == undisturbed.canonical_state()
        checkpoint(again, changelog)
        third = worker(plan, store, changelog.items())
        assert third.canonical_state() == undisturbed.canonical_state()
        assert third.loaded is not None
        assert third.loaded.waiting == 0


def test_a_row_with_chunks_and_pages_is_saved_again_as_a_whole() -> None:
    """The changelog holds parts of the row before: the next heads must not refer to them."""
    for fields in CONFIGS.values():
        plan = plan_of(config(**fields))
        store, changelog = Store(), dict[bytes, bytes]()
        subject = worker(plan, store)
        live = values(400)
        for n in range(0, 600, 50):
            feed(subject, live[n : n + 50], n)
            checkpoint(subject, changelog)
        subject.baselines_arrived(store.load(learned(plan, values(150))))
        for n in range(600, 1200, 30):
            feed(subject, live[n : n + 30], n)
            checkpoint(subject, changelog)
            restarted = worker(plan, store, changelog.items())
            assert restarted.canonical_state() == subject.canonical_state()


def test_a_newer_load_replaces_an_older_one() -> None:
    plan = plan_of(config())
    store = Store()
    store.load(learned(plan, values(100)))
    subject = worker(plan, store)
    feed(subject, values(50, 200))
    history = values(250, units=("a", "b"))
    subject.baselines_arrived(store.load(learned(plan, history), 10))
    output = feed(subject, values(50, 250), 150)
    assert output.baselines.taken == 2
    subject.baselines_arrived(store.held)
    assert feed(subject, values(50, 300), 300).baselines.taken == 0


def test_a_baseline_of_another_shape_is_refused_once() -> None:
    store = Store()
    store.load(learned(plan_of(config()), values(100)))
    subject = worker(plan_of(config(window_points=32)), store)
    output = feed(subject, values(10, 100))
    assert output.baselines.taken == 0
    assert [(each.config_id, each.reason) for each in output.baselines.refused] == [
        ("a", RefusalReason.SHAPE)
    ] * 3
    assert feed(subject, values(10, 110), 30).baselines.refused == []


def test_a_series_that_was_idle_for_its_ttl_does_not_take_it() -> None:
    plan = plan_of(config(series_ttl_s=100 * STEP))
    store = Store()
    store.load(learned(plan, values(100)))
    assert feed(worker(plan, store), values(10, 198)).baselines.taken == 3
    refused = feed(worker(plan, store), values(10, 201)).baselines.refused
    assert [each.reason for each in refused] == [RefusalReason.EXPIRED] * 3


def test_an_alert_that_is_open_at_the_end_of_the_history_is_not_taken() -> None:
    """It was never published: an alert of the live topic fires for itself, and an open one goes on."""
    plan = plan_of(config(resolve_after=3))
    store = Store()
    store.load(learned(plan, values(97)))  # the last values are spikes
    subject = worker(plan, store)
    quiet = published([feed(subject, values(10, 97))])[1]
    assert quiet == []


def test_a_history_in_the_future_waits() -> None:
    plan = plan_of(config())
    store = Store()
    store.load(learned(plan, values(10, 1000)))
    subject, alone = worker(plan, store), Pipeline(plan, SOURCES)
    assert published([feed(subject, values(100))]) == published([feed(alone, values(100))])
    assert subject.loaded is not None
    assert subject.loaded.waiting == 3


def test_rows_that_leave_do_not_wait() -> None:
    store = Store()
    plan = plan_of(config(), config("b"))
    store.load(learned(plan, values(10, 1000)))
    subject = worker(plan, store)
    feed(subject, values(5))
    assert subject.loaded is not None
    assert subject.loaded.waiting == 6
    subject.change_plan(plan_of(config("b")))
    assert subject.loaded.waiting == 3


def test_expiry_in_the_same_batch_gives_the_same_as_value_by_value() -> None:
    plan = plan_of(config(series_ttl_s=40 * STEP))
    store = Store()
    store.load(learned(plan, values(100)))
    live = [*values(60, 110, ("a",)), *values(60, 170), *values(60, 300, ("b",)), *values(60, 300, ("c",))]
    whole = worker(plan, store)
    expected = published([feed(whole, live)])
    single = worker(plan, store)
    assert published([feed(single, [one], n) for n, one in enumerate(live)]) == expected
    assert single.canonical_state() == whole.canonical_state()


def test_a_damaged_record_is_named() -> None:
    (key, record), *_ = learned(plan_of(config()), values(20))
    assert open_baseline(key, record).header.load_id == LOAD
    for damaged in (record[:-8], record[:40], b"AS" + record[2:], record[:-1] + b"\xff"):
        with pytest.raises(StateError):
            open_baseline(key, damaged)
