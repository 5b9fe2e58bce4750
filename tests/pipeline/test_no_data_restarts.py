"""A silent series that learns anew, or takes a loaded baseline, has its alert until its next value."""

import pytest

from anomaly_stream.engine.checkpoint.baseline_record import encode_baselines
from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.model import AlertEvent
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed
from tests.engine.inputs import plan_of
from tests.pipeline.test_commands import checkpoint, reset
from tests.pipeline.test_loaded_baselines import LOAD, TOPIC, Store
from tests.pipeline.test_no_data import START, Feed, asking, minutes, silent

PLAN = plan_of(asking(repeat_interval_s=1800.0))


def is_silent(store: Store | None = None) -> tuple[Pipeline, Feed]:
    """A pipeline in which the series ``lost`` has an open alert."""
    pipeline = Pipeline(PLAN, SOURCES, baselines=BaselineSource(TOPIC, Store() if store is None else store))
    send = Feed(pipeline)
    send(minutes(0, 30, "lost", "alive"))
    (firing,) = send(minutes(30, 40, "alive"))
    assert firing.status == "firing"
    return pipeline, send


def after(send: Feed, size: int) -> list[AlertEvent]:
    """The events of later messages: more silence, and then two values."""
    messages = [*minutes(40, 65, "alive"), *minutes(65, 67, "lost", "alive")]
    return [event for at in range(0, len(messages), size) for event in send(messages[at : at + size])]


def brief(events: list[AlertEvent]) -> list[tuple[str, str, float]]:
    return [(each.labels["unit"], each.status, (each.timestamp - START) / 60.0) for each in events]


EXPECTED = [("lost", "reminder", 59.0), ("lost", "resolved", 65.0)]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_the_alert_of_a_series_that_was_reset_lasts_until_its_next_value(size: int) -> None:
    pipeline, send = is_silent()
    pipeline.commands.put([reset("lost", 3)])
    checkpoint(pipeline)
    assert brief(after(send, size)) == EXPECTED


@pytest.mark.parametrize("known", [1, 30], ids=["its last value", "all its values"])
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_the_alert_of_a_series_that_takes_a_baseline_lasts_until_its_next_value(
    size: int, known: int
) -> None:
    """A baseline of a single value has no usual step."""
    loader = Pipeline(PLAN, [("history", 0)])
    feed(loader, minutes(30 - known, 30, "lost"))
    store = Store()
    pipeline, send = is_silent(store)
    pipeline.baselines_arrived(store.load(encode_baselines(loader.bank, loader.index, LOAD)))
    assert brief(after(send, size)) == EXPECTED
    assert pipeline.no_data.silent_count == 0


@pytest.mark.parametrize("size", [1, 2])
def test_a_silent_partition_that_was_reset_hears_the_next_value(size: int) -> None:
    pipeline = Pipeline(PLAN, SOURCES)
    send = Feed(pipeline)
    send(minutes(0, 30, "lost"))
    assert [event.status for event in silent(pipeline.heartbeat(0, START + 36 * 60.0))] == ["firing"]
    pipeline.commands.put([reset("lost", 3)])
    checkpoint(pipeline)
    back = minutes(37, 40, "lost")
    found = [event for at in range(0, len(back), size) for event in send(back[at : at + size])]
    assert [event.status for event in found] == ["resolved"]


def test_the_alert_of_a_series_outlasts_its_reset_and_then_a_baseline() -> None:
    loader = Pipeline(PLAN, [("history", 0)])
    feed(loader, minutes(0, 30, "lost"))
    store = Store()
    pipeline, send = is_silent(store)
    pipeline.commands.put([reset("lost", 3)])
    checkpoint(pipeline)
    pipeline.baselines_arrived(store.load(encode_baselines(loader.bank, loader.index, LOAD)))
    assert brief(after(send, 1)) == EXPECTED


def test_a_value_that_is_far_ahead_takes_the_baseline_and_not_the_alert() -> None:
    """The clock of the partition has not come so far: a later value ends the alert."""
    loader = Pipeline(PLAN, [("history", 0)])
    feed(loader, minutes(0, 30, "lost"))
    store = Store()
    pipeline, send = is_silent(store)
    pipeline.baselines_arrived(store.load(encode_baselines(loader.bank, loader.index, LOAD)))
    found = send(minutes(1000, 1020, "lost"))
    assert send.output.baselines.taken == 1
    found += send(minutes(1020, 1022, "lost"))
    assert next((event.labels["unit"], event.status) for event in found) == ("lost", "resolved")
