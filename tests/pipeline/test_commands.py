"""Series commands: a reset series is one that begins, obeyed once, whatever fails meanwhile."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import MetricType, Publish, Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand, position_of
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of

GENERATION = 7
KINDS = {
    "window": {"min_observations": 5},
    "season": {"min_observations": 5, "seasonality": ("daily",)},
    "stateful": {"min_observations": 5, "detectors": ("zscore", "ewma")},
    "counter": {"min_observations": 5, "metric_type": MetricType.COUNTER},
    "model": {"detectors": ("auto",), "window_points": 1000},
}


def pipeline_of(**fields: object) -> Pipeline:
    plain = {"min_observations": 5, "resolve_after": 3, "baseline_period_s": 1e5}
    return Pipeline(plan_of(config("a", **{**plain, **fields}), config("b", min_observations=5)), SOURCES)


def reset(unit: str, offset: int, config_id: str = "a", generation: int = GENERATION) -> SeriesCommand:
    return SeriesCommand(
        kind=CommandKind.RESET,
        config_id=config_id,
        series=Series.of("flow", {"unit": unit}),
        author="ann",
        issued_at_ms=17,
        position=position_of(generation, offset),
    )


def values(unit: str, begin: int, end: int, level: float = 10.0) -> list[bytes]:
    return [message(unit, level + i % 3, 1000.0 + i) for i in range(begin, end)]


def checkpoint(pipeline: Pipeline, state: dict[bytes, bytes] | None = None) -> None:
    kept = {} if state is None else state
    for stage in pipeline.take_dirty():
        for key, value in stage:
            if value is None:
                kept.pop(key, None)
            else:
                kept[key] = value


def scores(output: Output, config_id: str = "a") -> list[dict[str, object]]:
    found = [json.loads(score.value) for score in output.scores]
    return [{**score, "source": None} for score in found if score["config_id"] == config_id]


def alerts(output: Output) -> list[dict[str, Any]]:
    found = [json.loads(alert.value) for alert in output.alerts]
    return [alert for alert in found if alert["config_id"] == "a"]


def restarted(state: dict[bytes, bytes], commands: Iterable[SeriesCommand]) -> Pipeline:
    pipeline = pipeline_of()
    pipeline.load(sorted(state.items()))
    pipeline.commands.put(commands)
    return pipeline


@pytest.mark.parametrize("kind", KINDS)
def test_a_reset_series_is_one_that_begins(kind: str) -> None:
    pipeline, fresh = (pipeline_of(publish=Publish.ALL, **KINDS[kind]) for _ in range(2))
    feed(pipeline, values("u", 0, 60))
    pipeline.commands.put([reset("u", 3)])
    checkpoint(pipeline)
    later = values("u", 60, 90, 500.0)
    assert scores(feed(pipeline, later, 60)) == scores(feed(fresh, later))
    assert [command.position for command in pipeline.commands.take_obeyed()] == [position_of(GENERATION, 3)]


def test_other_series_and_configs_learn_on() -> None:
    pipeline, untouched = pipeline_of(), pipeline_of()
    both = [each for pair in zip(values("u", 0, 30), values("v", 0, 30), strict=True) for each in pair]
    outputs = []
    for each in (pipeline, untouched):
        feed(each, both)
        each.commands.put([reset("u", 3)] if each is pipeline else [])
        checkpoint(each)
        outputs.append(feed(each, [*values("v", 30, 33), *values("u", 30, 33)], 60))
    assert scores(outputs[0], "b") == scores(outputs[1], "b")
    ours, theirs = (
        {(score["labels"]["unit"], score["status"]) for score in scores(output)}  # type: ignore[index]
        for output in outputs
    )
    assert (ours, theirs) == ({("u", "learning"), ("v", "normal")}, {("u", "normal"), ("v", "normal")})


def test_an_open_alert_is_resolved_with_the_reason() -> None:
    pipeline = pipeline_of()
    feed(pipeline, values("u", 0, 30))
    (first,) = alerts(feed(pipeline, [message("u", 500.0, 1030.0)], 30))
    pipeline.commands.put([reset("u", 3)])
    checkpoint(pipeline)
    later = [message("u", 10.0, 1031.0), message("u", 11.0, 1032.0)]
    (last,) = alerts(feed(pipeline, later, 31))
    assert (first["status"], last["status"]) == ("firing", "resolved")
    assert (last["alert_id"], last["timestamp"], last["source"]["offset"]) == (first["alert_id"], 1031.0, 31)
    assert last["explanation"] == (
        "flow{unit=u} was reset and learns anew, so its alert ends: 1 anomaly at 1970-01-01 00:17:10 UTC,"
        " peak 500 (score 100 of 100)."
    )


def test_a_worker_that_was_down_obeys_once() -> None:
    state: dict[bytes, bytes] = {}
    pipeline = pipeline_of()
    feed(pipeline, values("u", 0, 30))
    checkpoint(pipeline, state)
    command = reset("u", 3)
    for restart in range(3):
        pipeline = restarted(state, [command])
        checkpoint(pipeline, state)
        assert pipeline.commands.take_obeyed() == ([command] if restart == 0 else [])
        feed(pipeline, values("u", 30 + restart, 31 + restart), 30 + restart)
        assert int(pipeline.bank.state.rows[pipeline.bank.row_of(0, "a")]["count"]) == restart + 1
        checkpoint(pipeline, state)


def test_a_series_that_begins_later_is_not_reset() -> None:
    state: dict[bytes, bytes] = {}
    pipeline = restarted(state, [reset("u", 3)])
    feed(pipeline, values("u", 0, 10))
    checkpoint(pipeline, state)
    again = restarted(state, [reset("u", 3)])
    checkpoint(again, state)
    assert again.commands.take_obeyed() == []
    assert int(again.bank.state.rows[again.bank.row_of(0, "a")]["count"]) == 10


def test_a_recreated_topic_has_newer_commands() -> None:
    pipeline = pipeline_of()
    feed(pipeline, values("u", 0, 10))
    for command in (reset("u", 900), reset("u", 2, generation=GENERATION - 1)):
        pipeline.commands.put([command])
        checkpoint(pipeline)
        assert pipeline.commands.take_obeyed() == [command]


def test_a_reset_frees_a_clock_that_runs_ahead() -> None:
    pipeline = pipeline_of()
    feed(pipeline, [message("u", 1.0, 1e9 + i) for i in range(12_000)])
    feed(pipeline, [message("u", 1.0, 1e6 + i) for i in range(100)], 12_000)
    pipeline.commands.put([reset("u", 3)])
    checkpoint(pipeline)
    counts = feed(pipeline, [message("u", 1.0, 1e6 + i) for i in range(200, 300)], 12_100).outcome.counts
    assert counts.late == 3 + 100  # under "b", which was not reset, all are late
    assert counts.learning == 5


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_crashes_change_nothing_of_what_is_durable(data: st.DataObject) -> None:
    """The reset belongs to the checkpoint that first knows of it, and to no later one."""
    messages = values("u", 0, 80)
    state: dict[bytes, bytes] = {}
    at = data.draw(st.integers(1, 79))
    whole = pipeline_of()
    feed(whole, messages[:at])
    whole.commands.put([reset("u", 3)])
    checkpoint(whole, dict[bytes, bytes]())
    feed(whole, messages[at:], at)
    worker, commands, done = pipeline_of(), list[SeriesCommand](), 0
    while done < len(messages):
        end = (
            data.draw(st.integers(done + 1, len(messages)))
            if done != at
            else data.draw(st.integers(at + 1, 80))
        )
        end = min(end, at) if done < at else end
        feed(worker, messages[done:end], done)
        done = end
        if done == at:
            commands = [reset("u", 3)]
            worker.commands.put(commands)
            checkpoint(worker, state)
        elif data.draw(st.booleans()):
            checkpoint(worker, state)
        else:
            continue
        if data.draw(st.booleans()):
            worker = restarted(state, commands)
    assert worker.canonical_state() == whole.canonical_state()
