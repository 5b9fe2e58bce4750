"""Known deviations: they open no alert, are scored as before, and are forgotten with the baseline."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import Publish, Series
from anomaly_stream.model.commands import CommandKind, KnownDeviation, SeriesCommand, position_of
from anomaly_stream.model.side import Side
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of
from tests.pipeline.test_commands import KINDS, alerts, checkpoint, reset, scores
from tests.pipeline.test_loaded_baselines import Store, learned, worker

SAID_AT = 1_700_000_000.5
WINDOWS = {name: fields for name, fields in KINDS.items() if name not in ("counter", "model")}


def pipeline_of(**fields: object) -> Pipeline:
    plain = {"min_observations": 5, "resolve_after": 3, "baseline_period_s": 1e5, "publish": Publish.ALL}
    return Pipeline(plan_of(config("a", **{**plain, **fields})), SOURCES)


def taught(deviation: float, side: Side = "above", offset: int = 3) -> SeriesCommand:
    return SeriesCommand(
        kind=CommandKind.TEACH,
        config_id="a",
        series=Series.of("flow", {"unit": "u"}),
        author="ann",
        issued_at_ms=int(SAID_AT * 1000),
        known=KnownDeviation(side, deviation),
        position=position_of(7, offset),
    )


def series(begin: int, end: int, spikes: dict[int, float] | None = None) -> list[bytes]:
    """A quiet series, with these values in place of its own."""
    values = {i: 10.0 + i % 3 for i in range(begin, end)} | (spikes or {})
    return [message("u", values[i], 1000.0 + i) for i in range(begin, end)]


def obey(pipeline: Pipeline, *commands: SeriesCommand) -> None:
    pipeline.commands.put(commands)
    checkpoint(pipeline)


def statuses(output: Output) -> list[str]:
    return [alert["status"] for alert in alerts(output)]


@pytest.mark.parametrize("kind", WINDOWS)
def test_a_known_deviation_is_scored_as_before_and_opens_no_alert(kind: str) -> None:
    pipeline, untaught = (pipeline_of(**WINDOWS[kind]) for _ in range(2))
    for each in (pipeline, untaught):
        feed(each, series(0, 60))
    obey(pipeline, taught(90.0))
    later = series(60, 90, {65: 60.0, 75: 300.0})
    output, plain = feed(pipeline, later, 60), feed(untaught, later, 60)
    assert statuses(plain)[0] == "firing"
    assert [alert["timestamp"] for alert in alerts(output) if alert["status"] == "firing"] == [1075.0]
    found = scores(output)
    known = [score.pop("known_since", None) for score in found]
    assert found == scores(plain)
    assert known[5] == SAID_AT
    assert {known[i] for i in range(len(known)) if i != 5} == {None}
    assert (output.outcome.counts.known, plain.outcome.counts.known) == (1, 0)


def test_the_default_detector_knows_it_too() -> None:
    """What is known dampens nothing: the alert on a larger deviation is that of a series without any."""
    fields = {"detectors": ("auto",), "window_points": 1000}
    pipeline, untaught = pipeline_of(**fields), pipeline_of(**fields)
    for each in (pipeline, untaught):
        feed(each, series(0, 400))
    obey(pipeline, taught(90.0))
    output = feed(pipeline, series(400, 460, {410: 60.0, 430: 62.0}), 400)
    assert statuses(output) == []
    assert output.outcome.counts.known >= 2
    assert statuses(feed(untaught, series(400, 460, {410: 60.0, 430: 62.0}), 400))[0] == "firing"
    assert statuses(feed(pipeline, series(460, 470, {465: 900.0}), 460))[0] == "firing"


@pytest.mark.parametrize(("value", "opens"), [(60.0, True), (-60.0, False), (-90.0, True)])
def test_each_side_has_its_own(value: float, opens: bool) -> None:
    pipeline = pipeline_of()
    feed(pipeline, series(0, 60))
    obey(pipeline, taught(80.0, "below"))
    assert statuses(feed(pipeline, series(60, 61, {60: value}), 60)) == ["firing"] * opens


def test_an_alert_that_is_open_ends_as_if_its_values_were_normal() -> None:
    pipeline = pipeline_of()
    feed(pipeline, series(0, 60))
    feed(pipeline, series(60, 61, {60: 80.0}), 60)
    obey(pipeline, taught(90.0))
    output = feed(pipeline, series(61, 64, {61: 80.0, 62: 79.0, 63: 80.0}), 61)
    (last,) = alerts(output)
    assert (last["status"], last["timestamp"], last["episode"]["count"]) == ("resolved", 1063.0, 1)
    assert last["explanation"] == (
        "flow{unit=u} is above normal at 80 (expected 11, normal 4.5 to 17.7), which was marked as known at"
        " 2023-11-14 22:13:20 UTC, so its alert ends: 1 anomaly at 1970-01-01 00:17:40 UTC, peak 80 (score"
        " 100 of 100)."
    )


def test_what_is_found_within_the_band_is_never_known() -> None:
    pipeline = pipeline_of(detectors=("zscore", "flat_line"))
    feed(pipeline, series(0, 60))
    obey(pipeline, taught(500.0), taught(500.0, "below", 4))
    stuck = feed(pipeline, series(60, 300, dict.fromkeys(range(60, 300), 11.5)), 60)
    assert [alert["reason"] for alert in alerts(stuck)][:1] == ["flat_line"]


def forget_by_reset(pipeline: Pipeline) -> None:
    obey(pipeline, taught(90.0), reset("u", 4))


def forget_by_true_alarm(pipeline: Pipeline) -> None:
    obey(pipeline, taught(0.0, offset=4))


def forget_by_config(pipeline: Pipeline) -> None:
    changed = {"min_observations": 5, "window_points": 32, "baseline_period_s": 1e5}
    pipeline.change_plan(plan_of(config("a", **changed)))
    checkpoint(pipeline)


@pytest.mark.parametrize("forget", [forget_by_reset, forget_by_true_alarm, forget_by_config])
def test_it_is_forgotten(forget: Any) -> None:
    pipeline = pipeline_of()
    feed(pipeline, series(0, 60))
    obey(pipeline, taught(90.0))
    forget(pipeline)
    feed(pipeline, series(60, 90), 60)
    assert statuses(feed(pipeline, series(90, 91, {90: 60.0}), 90)) == ["firing"]


def test_a_config_that_changed_while_the_worker_was_down_forgets_it() -> None:
    state: dict[bytes, bytes] = {}
    pipeline = pipeline_of()
    feed(pipeline, series(0, 60))
    obey(pipeline, taught(90.0))
    feed(pipeline, series(60, 61), 60)
    checkpoint(pipeline, state)
    for fields, opened in (({}, []), ({"window_points": 32}, ["firing"])):
        again = pipeline_of(**fields)
        again.load(sorted(state.items()))
        again.commands.put([taught(90.0)])
        feed(again, series(61, 90), 61)
        checkpoint(again)
        assert statuses(feed(again, series(90, 91, {90: 60.0}), 90)) == opened


def test_a_loaded_baseline_keeps_it_and_no_command_is_obeyed_again() -> None:
    """What a history contains says nothing of what people said."""
    plan, store = plan_of(config("a")), Store()
    pipeline = worker(plan, store)
    feed(pipeline, series(0, 60))
    obey(pipeline, reset("u", 2), taught(90.0))
    pipeline.baselines_arrived(store.load(learned(plan, series(0, 60))))
    feed(pipeline, series(60, 90), 60)
    assert len(pipeline.commands.take_obeyed()) == 2
    obey(pipeline, reset("u", 2), taught(90.0))
    assert pipeline.commands.take_obeyed() == []
    output = feed(pipeline, series(90, 92, {90: 60.0, 91: 300.0}), 90)
    assert output.outcome.counts.known == 1
    assert [(each["status"], each["timestamp"]) for each in alerts(output)] == [("firing", 1091.0)]
    assert scores(output)[0]["known_since"] == SAID_AT


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.integers(1, 199), max_size=12),
    st.integers(60, 100),
    st.sampled_from([WINDOWS["window"], WINDOWS["stateful"], KINDS["model"]]),
    st.booleans(),
)
def test_cuts_and_crashes_change_nothing(
    cuts: set[int], at: int, fields: dict[str, Any], crashes: bool
) -> None:
    spikes = {70: 60.0, 110: 60.0, 111: 61.0, 120: -80.0, 150: 300.0, 160: 60.0, 190: 60.0}
    messages = series(0, 200, spikes)
    whole = pipeline_of(**fields)
    outputs = [feed(whole, messages[:at])]
    obey(whole, taught(90.0), taught(95.0, "below", 4))
    outputs.append(feed(whole, messages[at:], at))
    subject, found = pipeline_of(**fields), list[Output]()
    state: dict[bytes, bytes] = {}
    bounds = [0, *sorted({*cuts, at}), 200]
    for begin, end in pairwise(bounds):
        found.append(feed(subject, messages[begin:end], begin))
        commands = [taught(90.0), taught(95.0, "below", 4)] if end >= at else []
        subject.commands.put(commands)
        checkpoint(subject, state)
        if crashes:
            subject = pipeline_of(**fields)
            subject.load(sorted(state.items()))
    assert events(found) == events(outputs)
    assert subject.canonical_state() == whole.canonical_state()


def events(outputs: Sequence[Output]) -> tuple[list[Any], list[Any]]:
    found = [json.loads(alert.value) for output in outputs for alert in output.alerts]
    return found, [json.loads(score.value) for output in outputs for score in output.scores]
