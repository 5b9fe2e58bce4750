"""A worker dies with events that no checkpoint has, and a config changes before the next owner starts.

These events are a function of the old config, which the next owner does not have: docs/durability.md
says what a consumer sees then. Each test is one crash schedule.
"""

import json
from typing import Any

from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.config import Direction
from tests.engine.flow import feed, message
from tests.engine.inputs import config
from tests.pipeline.test_withdrawals import FIELDS, State, checkpoint, due, fire, pipeline_of, restarted

OWNED = config("a", owner="water", **FIELDS)
USUAL = [message("u", 10.0 + i % 3, 1000.0 + i) for i in range(30)]
FIRES = [message("u", 500.0, 1030.0), message("u", 600.0, 1031.0)]
ENDS = [message("u", 10.0 + i % 3, 1032.0 + i) for i in range(5)]


def schedule(
    after: AnomalyDetectionConfig | None, before: AnomalyDetectionConfig = OWNED
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events of a worker that dies without a checkpoint since ``USUAL``, and those of the next owner."""
    first, state = pipeline_of(before), State()
    feed(first, USUAL)
    checkpoint(first, state)
    published = [json.loads(alert.value) for alert in feed(first, FIRES, 30).alerts]
    configs = [] if after is None else [after]
    following = restarted(state, *configs)
    again = [json.loads(alert.value) for alert in feed(following, FIRES + ENDS, 30).alerts]
    checkpoint(following, state)
    return published, [*again, *(json.loads(value) for _, value in due(following))]


def test_the_same_config_ends_the_alert_with_the_next_number() -> None:
    published, again = schedule(OWNED)
    assert again[: len(published)] == published
    assert [event["sequence"] for event in again] == list(range(1, len(again) + 1))
    assert again[-1]["status"] == "resolved"


def test_a_deleted_config_leaves_an_alert_without_an_end() -> None:
    published, again = schedule(None)
    assert published[0]["status"] == "firing"
    assert again == []


def test_a_stricter_config_leaves_an_alert_without_an_end() -> None:
    published, again = schedule(config("a", owner="water", direction=Direction.BELOW, **FIELDS))
    assert published[0]["status"] == "firing"
    assert again == []


def test_an_owner_that_changed_gives_the_same_ids_with_other_bytes() -> None:
    published, again = schedule(config("a", owner="fire", **FIELDS))
    (fired, other) = (published[0], again[0])
    assert (other["event_id"], other["sequence"]) == (fired["event_id"], fired["sequence"])
    assert (fired["owner"], other["owner"]) == ("water", "fire")


def test_a_config_with_fewer_events_ends_the_alert_with_a_number_that_was_used() -> None:
    published, again = schedule(OWNED, before=config("a", owner="water", repeat_interval_s=1.0, **FIELDS))
    assert [(event["status"], event["sequence"]) for event in published] == [("firing", 1), ("reminder", 2)]
    assert [(event["status"], event["sequence"]) for event in again] == [("firing", 1), ("resolved", 2)]


def test_a_checkpoint_between_alert_and_change_closes_the_window() -> None:
    first, state = pipeline_of(OWNED), State()
    fired = fire(first)
    checkpoint(first, state)
    following = restarted(state)
    checkpoint(following, state)
    (resolved,) = [json.loads(value) for _, value in due(following)]
    assert (resolved["alert_id"], resolved["status"]) == (fired[0]["alert_id"], "resolved")
