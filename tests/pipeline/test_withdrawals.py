"""A change of the configs resolves the alerts that it withdraws, with the same bytes in every copy."""

import json
from typing import Any

import pytest

from anomaly_stream.errors import StateError
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.state_keys import OWNERSHIP_PREFIX, PARTITION_PREFIX, WITHDRAWAL_PREFIX
from anomaly_stream.groups.plan import GroupPlan, compile_groups
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of
from tests.groups.streams import group, messages, vectors

FIELDS: dict[str, Any] = {"min_observations": 5, "resolve_after": 3, "baseline_period_s": 1e5}
OWNED = config(
    "a",
    owner="water",
    labels={"tier": "1"},
    annotations={"runbook_url": "https://r"},
    incident_by=("unit",),
    **FIELDS,
)
OTHER = config("b", **FIELDS)
NARROW = config("a", owner="fire", matchers=(LabelMatcher("unit", "=", "v"),), **FIELDS)

State = dict[bytes, bytes]


def pipeline_of(*configs: AnomalyDetectionConfig, groups: GroupPlan | None = None) -> Pipeline:
    return Pipeline(plan_of(*configs), SOURCES, groups=groups)


def fire(pipeline: Pipeline, unit: str = "u") -> list[dict[str, Any]]:
    """Values of a series that open its alerts, and their last events."""
    values = [message(unit, 10.0 + i % 3, 1000.0 + i) for i in range(30)]
    events = feed(pipeline, [*values, message(unit, 500.0, 1030.0), message(unit, 600.0, 1031.0)]).alerts
    return [json.loads(event.value) for event in events]


def checkpoint(pipeline: Pipeline, state: State, saved: bool = True) -> None:
    for stage in pipeline.take_dirty():
        for key, value in stage:
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value
    if saved:
        pipeline.withdrawals.saved()


def restarted(state: State, *configs: AnomalyDetectionConfig, groups: GroupPlan | None = None) -> Pipeline:
    pipeline = pipeline_of(*configs, groups=groups)
    pipeline.load(sorted(state.items()))
    return pipeline


def due(pipeline: Pipeline) -> list[tuple[bytes, bytes]]:
    return [(each.key, each.value) for each in pipeline.withdrawals.take_due()]


def test_a_deleted_config_resolves_its_alert() -> None:
    pipeline, state = pipeline_of(OWNED, OTHER), State()
    fired = {event["config_id"]: event for event in fire(pipeline)}
    pipeline.change_plan(plan_of(OTHER))
    assert pipeline.withdrawals.any_waiting
    assert due(pipeline) == []  # not before it is durable
    checkpoint(pipeline, state)
    ((key, event),) = due(pipeline)
    resolved = json.loads(event)
    same = ("alert_id", "incident_id", "config_id", "owner", "metric", "labels", "annotations", "severity")
    assert resolved["incident_id"]
    assert {name: resolved[name] for name in same} == {name: fired["a"][name] for name in same}
    assert (resolved["status"], resolved["reason"], resolved["sequence"]) == ("resolved", "config_deleted", 2)
    assert (resolved["timestamp"], resolved["value"], resolved["source"]) == (1031.0, 600.0, None)
    assert (resolved["episode"]["count"], resolved["expected"]) == (2, None)
    assert resolved["explanation"].startswith(
        "The config 'a' was deleted, so the alert on flow{unit=u} ends:"
    )
    assert len(key) == 16
    assert not pipeline.withdrawals.any_waiting


def test_a_narrowed_config_resolves_the_alerts_of_the_series_that_it_leaves() -> None:
    pipeline, state = pipeline_of(OWNED), State()
    fire(pipeline, "u")
    fire(pipeline, "v")
    pipeline.change_plan(plan_of(NARROW))
    checkpoint(pipeline, state)
    ((_, event),) = due(pipeline)
    resolved = json.loads(event)
    assert (resolved["reason"], resolved["labels"]["unit"], resolved["owner"]) == (
        "config_narrowed", "u", "water",
    )  # fmt: skip
    ended = feed(pipeline, [message("v", 10.0, 1040.0 + i) for i in range(3)], 100).alerts
    assert [json.loads(alert.value)["status"] for alert in ended] == ["resolved"]


@pytest.mark.parametrize(
    "changed", [config("a", window_points=32, **FIELDS), config("a", owner="x", **FIELDS)]
)
def test_a_config_that_still_matches_withdraws_nothing(changed: AnomalyDetectionConfig) -> None:
    pipeline = pipeline_of(OWNED)
    fire(pipeline)
    pipeline.change_plan(plan_of(changed))
    assert not pipeline.withdrawals.any_waiting


def test_an_alert_that_waits_or_has_ended_is_not_resolved() -> None:
    waiting, ended = pipeline_of(config("a", open_after_s=60.0, **FIELDS)), pipeline_of(OWNED)
    assert fire(waiting) == []
    fire(ended)
    feed(ended, [message("u", 10.0, 1040.0 + i) for i in range(3)], 100)
    for pipeline in (waiting, ended):
        pipeline.change_plan(plan_of())
        assert not pipeline.withdrawals.any_waiting


@pytest.mark.parametrize("after", [(), (NARROW,)])
def test_a_worker_that_was_down_gives_the_same_event(after: tuple[AnomalyDetectionConfig, ...]) -> None:
    running, state = pipeline_of(OWNED), State()
    fire(running)
    checkpoint(running, state)
    down = restarted(state, *after)
    running.change_plan(plan_of(*after))
    checkpoint(running, State())
    checkpoint(down, state)
    assert due(down) == due(running) != []


def test_every_copy_has_the_same_bytes_and_the_last_leaves_nothing() -> None:
    pipeline, state = pipeline_of(OWNED), State()
    fire(pipeline)
    checkpoint(pipeline, state)
    assert [key for key in state if key.startswith(PARTITION_PREFIX)] == [OWNERSHIP_PREFIX + b"a"]
    pipeline.change_plan(plan_of())
    checkpoint(pipeline, state, saved=False)  # the worker dies here: nobody knows whether it published
    assert [key[: len(WITHDRAWAL_PREFIX)] for key in state] == [WITHDRAWAL_PREFIX]
    copies = []
    for _ in range(2):  # the next two die before the next checkpoint
        pipeline = restarted(state)
        copies.append(due(pipeline))
    assert copies[0] == copies[1]
    assert len(copies[0]) == 1
    checkpoint(pipeline, state)
    assert state == {}
    assert due(restarted(state)) == []


def test_a_checkpoint_that_is_under_way_does_not_publish_a_later_event() -> None:
    pipeline, state = pipeline_of(OWNED, OTHER), State()
    fire(pipeline)
    pipeline.change_plan(plan_of(OTHER))
    checkpoint(pipeline, state, saved=False)
    pipeline.change_plan(plan_of())
    pipeline.withdrawals.saved()
    assert [json.loads(event)["config_id"] for _, event in due(pipeline)] == ["a"]
    checkpoint(pipeline, state)
    assert [json.loads(event)["config_id"] for _, event in due(pipeline)] == ["b"]


def test_the_state_knows_the_owner_as_it_was_at_the_checkpoint() -> None:
    pipeline, state = pipeline_of(OWNED), State()
    fire(pipeline)
    checkpoint(pipeline, state)
    renamed = config("a", owner="fire", **FIELDS)
    pipeline.change_plan(plan_of(renamed))
    checkpoint(pipeline, state)
    down = restarted(state)
    checkpoint(down, state)
    ((_, event),) = due(down)
    assert json.loads(event)["owner"] == "fire"


def test_an_alert_without_its_owner_is_an_error() -> None:
    pipeline, state = pipeline_of(OWNED), State()
    fire(pipeline)
    checkpoint(pipeline, state)
    del state[OWNERSHIP_PREFIX + b"a"]
    with pytest.raises(StateError, match="an alert of config 'a', and no ownership"):
        restarted(state)


def test_a_deleted_group_resolves_its_alert() -> None:
    groups = compile_groups([group(lateness_s=600.0, owner="ops")], SeverityBands())
    running, state = pipeline_of(groups=groups), State()
    sent = messages(vectors(1500, seed=3, broken_from=1000))
    fired = running.process_groups(records_of(sent, "groups", 0)).alerts
    assert fired[-1].body.status != "resolved"
    checkpoint(running, state)
    down = restarted(state, groups=GroupPlan())
    running.change_plan(plan_of(), GroupPlan())
    events = []
    for pipeline in (running, down):
        checkpoint(pipeline, state)
        events.append(due(pipeline))
    assert events[0] == events[1]
    ((key, event),) = events[0]
    resolved = json.loads(event)
    assert (resolved["alert_id"], key) == (fired[-1].body.alert_id, fired[-1].key)
    assert (resolved["reason"], resolved["owner"], resolved["sequence"]) == (
        "config_deleted", "ops", fired[-1].body.sequence + 1,
    )  # fmt: skip
    assert "group" not in resolved
