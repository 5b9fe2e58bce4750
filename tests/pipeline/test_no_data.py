"""Alerts on silent series: when they open and resolve, and that they are a function of the input alone."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, series_of_alert
from anomaly_stream.formats.outcomes import Output, decode_alert
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import AlertEvent, AnomalyDetectionConfig, Series
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.crashes import run_with_crashes
from tests.engine.flow import SOURCES, feed, message, published
from tests.engine.inputs import config, plan_of

START = 1_700_000_000.0
LAST = "2023-11-14 22:42:20 UTC"
"""29 minutes later."""
FIELDS: dict[str, Any] = {"baseline_period_s": 1e6, "series_ttl_s": 86400.0, "min_observations": 5}


def asking(name: str = "a", **fields: Any) -> AnomalyDetectionConfig:
    """A config with ``no_data: auto``, unless ``fields`` say otherwise."""
    return config(name, **{"no_data_s": 60.0, "no_data_steps": 5.0, **FIELDS, **fields})


def pipeline_of(*configs: AnomalyDetectionConfig, **limits: Any) -> Pipeline:
    return Pipeline(plan_of(*(configs or (asking(),))), SOURCES, **limits)


def minutes(first: int, last: int, *units: str, step: float = 60.0) -> list[bytes]:
    """A value of each unit for each minute from ``first`` up to ``last``."""
    return [message(unit, 1.0, START + step * i) for i in range(first, last) for unit in units]


class Feed:
    """Feeds messages with rising offsets; returns the events about silent series."""

    def __init__(self, pipeline: Pipeline | Partition) -> None:
        self.pipeline, self.offset = pipeline, 0

    def __call__(self, values: Sequence[bytes], kafka_ms: int = -1) -> list[AlertEvent]:
        self.output = feed(self.pipeline, values, self.offset, kafka_ms)
        self.offset += len(values)
        return silent(self.output)


def silent(output: Output) -> list[AlertEvent]:
    events = [decode_alert(alert.value) for alert in output.alerts]
    return [event for event in events if event.condition == "no_data"]


def brief(events: Sequence[AlertEvent]) -> list[tuple[str, str, float, int]]:
    return [
        (each.labels["unit"], each.status, (each.timestamp - START) / 60.0, each.sequence) for each in events
    ]


def test_a_series_has_an_alert_while_it_is_silent() -> None:
    send = Feed(pipeline_of())
    assert send(minutes(0, 30, "lost", "alive")) == []
    assert send(minutes(30, 35, "alive")) == []
    (firing,) = send(minutes(35, 40, "alive"))
    assert brief([firing]) == [("lost", "firing", 35.0, 1)]
    assert (firing.value, firing.expected, firing.upper) == (360.0, 60.0, 300.0)
    assert (firing.score, firing.severity, firing.episode.start) == (100.0, "moderate", START + 29 * 60.0)
    assert firing.source is not None
    assert firing.explanation == (
        f"flow{{unit=lost}} has sent no value since {LAST}, for 6 min; its pauses are usually at most 1 min,"
        " and the limit is 5 min."
    )
    (resolved,) = send(minutes(40, 43, "alive", "lost"))
    assert (resolved.status, resolved.sequence, resolved.alert_id) == ("resolved", 2, firing.alert_id)
    assert resolved.explanation == (
        f"flow{{unit=lost}} sends values again; it had sent none for 11 min, since {LAST}."
    )
    assert send(minutes(43, 60, "alive", "lost")) == []


def test_its_ids_are_those_of_no_other_alert() -> None:
    send = Feed(pipeline_of())
    send(minutes(0, 30, "lost", "alive"))
    (event,) = send(minutes(30, 40, "alive"))
    series = Series.of("flow", {"unit": "lost"})
    start = START + 29 * 60.0
    assert event.alert_id == alert_id("a", series, start, "no_data") != alert_id("a", series, start)
    assert [alert.key.decode() for alert in send.output.alerts] == [alert_fingerprint("a", series, "no_data")]
    assert series_of_alert(event, {}) == series


def test_a_duration_is_the_limit_itself() -> None:
    send = Feed(pipeline_of(asking(no_data_s=600.0, no_data_steps=0.0)))
    send(minutes(0, 30, "lost", "alive"))
    assert send(minutes(30, 39, "alive")) == []
    (event,) = send(minutes(39, 45, "alive"))
    assert 600.0 < event.value <= 660.0


def test_without_no_data_nothing_is_said() -> None:
    send = Feed(pipeline_of(asking(no_data_s=0.0, no_data_steps=0.0)))
    assert send(minutes(0, 30, "lost", "alive")) + send(minutes(30, 90, "alive")) == []


def test_a_slow_series_is_not_silent_between_its_values() -> None:
    send = Feed(pipeline_of())
    slow = [message("slow", 1.0, START + 3600.0 * i) for i in range(10)]
    fast = minutes(0, 600, "fast")
    assert send(sorted([*slow, *fast], key=lambda one: float(one.split(b":")[-2].split(b",")[0]))) == []


def test_one_clock_that_is_wrong_makes_no_other_series_silent() -> None:
    send = Feed(pipeline_of())
    send(minutes(0, 30, "a", "b", "mad"))
    ahead = [message("mad", 1.0, START + 86400.0 + 60.0 * i) for i in range(30)]
    others = [minutes(i, i + 1, "a", "b") for i in range(30, 60)]
    found = [event for one, pair in zip(ahead, others, strict=True) for event in send([one, *pair])]
    assert found == []


def test_the_kafka_timestamp_limits_the_clock() -> None:
    send = Feed(pipeline_of())
    send(minutes(0, 30, "lost", "alive"), int(START * 1000) + 1_740_000)
    assert send(minutes(30, 60, "alive"), int(START * 1000) + 1_800_000) == []
    found = send(minutes(60, 80, "alive"), int(START * 1000) + 4_800_000)
    assert [event.labels["unit"] for event in found] == ["lost"]


def test_half_of_the_series_may_fall_silent_in_a_pause_of_all() -> None:
    """The one that goes on is ahead of the clock after the pause, and looks like one with a wrong clock."""
    send = Feed(pipeline_of())
    send(minutes(0, 30, "lost", "alive"))
    found = send(minutes(34, 60, "alive"))
    assert [(event.labels["unit"], event.status) for event in found] == [("lost", "firing")]


def test_a_gap_of_all_input_blames_nobody() -> None:
    send = Feed(pipeline_of())
    units = "u1", "u2", "u3", "u4", "u5"
    send(minutes(0, 30, *units))
    back = [message(unit, 1.0, START + 60.0 * i + n) for i in range(300, 330) for n, unit in enumerate(units)]
    assert send(back) == []
    assert {event.labels["unit"] for event in send(minutes(330, 520, *units[:4]))} == {"u5"}


def test_a_lasting_silence_is_repeated() -> None:
    send = Feed(pipeline_of(asking(repeat_interval_s=1800.0)))
    send(minutes(0, 30, "lost", "alive"))
    found = send(minutes(30, 125, "alive"))
    assert [(each.status, each.sequence) for each in found] == [
        ("firing", 1),
        ("reminder", 2),
        ("reminder", 3),
        ("reminder", 4),
    ]
    assert found[1].explanation.startswith(
        "flow{unit=lost} has still sent no value since 2023-11-14 22:42:20 UTC, for "
    )


def test_a_series_that_is_forgotten_has_no_alert_any_more() -> None:
    send = Feed(pipeline_of(asking(series_ttl_s=3600.0)))
    send(minutes(0, 30, "lost", "alive"))
    assert [event.status for event in send(minutes(30, 120, "alive"))] == ["firing", "resolved"]
    last = decode_alert(send.output.alerts[-1].value)
    assert last.explanation == (
        "flow{unit=lost} has sent no value for 1 h 2 min, so its baseline is deleted and the alert ends."
    )


def test_the_maximum_of_open_alerts_counts_silent_series() -> None:
    units = [f"u{n}" for n in range(6)]
    subject = pipeline_of(asking(owner="water"), max_open_alerts=2)
    send = Feed(subject)
    send(minutes(0, 30, "alive", *units))
    found = send(minutes(30, 37, "alive"))
    assert [(each.labels["unit"], each.status, each.sequence) for each in found] == [
        ("u0", "firing", 1),
        ("u1", "firing", 1),
    ]
    assert send.output.withheld == {"a": 4}
    found = send(minutes(37, 50, "alive", "u0"))
    assert [(each.labels["unit"], each.status, each.sequence) for each in found] == [
        ("u0", "resolved", 2),
        ("u2", "firing", 1),
    ]


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        ((), "was deleted"),
        ((asking(metric="other"),), "no longer asks for its values"),
        ((asking(no_data_s=0.0, no_data_steps=0.0),), "no longer asks for its values"),
    ],
)
def test_a_change_of_the_config_ends_the_alert(after: tuple[AnomalyDetectionConfig, ...], cause: str) -> None:
    subject = pipeline_of()
    send = Feed(subject)
    send(minutes(0, 30, "lost", "alive"))
    (firing,) = send(minutes(30, 40, "alive"))
    state: dict[bytes, bytes] = {}
    for stage in subject.take_dirty():
        state |= {key: value for key, value in stage if value is not None}
    restarted = Pipeline(plan_of(*after), SOURCES)
    restarted.load(sorted(state.items()))
    subject.change_plan(plan_of(*after))
    events = []
    for one in (subject, restarted):
        one.take_dirty()
        one.withdrawals.saved()
        events.append([decode_alert(each.value) for each in one.withdrawals.take_due()])
    ((event,), again) = events
    assert again == [event]
    assert (event.status, event.sequence, event.condition) == ("resolved", 2, "no_data")
    assert event.alert_id == firing.alert_id
    assert event.explanation == (
        f"The config 'a' {cause}, so the alert on missing values of flow{{unit=lost}} ends; the last value"
        f" was at {LAST}."
    )


def test_a_heartbeat_moves_the_clock_of_a_silent_partition() -> None:
    subject = pipeline_of()
    send = Feed(subject)
    send(minutes(0, 30, "lost"))
    assert silent(subject.heartbeat(0, START + 33 * 60.0)) == []
    (firing,) = silent(subject.heartbeat(0, START + 36 * 60.0))
    assert (firing.status, firing.source) == ("firing", None)
    assert silent(subject.heartbeat(0, START + 37 * 60.0)) == []
    (resolved,) = send(minutes(38, 40, "lost"))
    assert (resolved.status, resolved.alert_id) == ("resolved", firing.alert_id)


def test_before_the_first_values_a_heartbeat_says_nothing() -> None:
    assert silent(pipeline_of().heartbeat(0, START)) == []


_STEPS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1.0, 10.0, 30.0, 60.0, 61.0, 700.0, -90.0, 9000.0])),
    min_size=5,
    max_size=80,
)


def _inputs(steps: list[tuple[int, float]]) -> list[bytes]:
    """First each unit sends for some minutes, then they do as drawn."""
    messages = minutes(0, 6, *(f"u{n}" for n in range(5)))
    now = START + 6 * 60.0
    for unit, pause in steps:
        now += max(pause, 0.0)
        messages.append(
            message(f"u{unit}", 1.0, now + min(pause, 0.0) + (86400.0 if pause == 9000.0 else 0.0))
        )
    return messages


PLAN = (asking(), asking("b", no_data_s=120.0, no_data_steps=0.0, series_ttl_s=7200.0, owner="water"))


@settings(max_examples=150, deadline=None)
@given(_STEPS, st.lists(st.integers(1, 100), max_size=8), st.sampled_from([None, 1, 2]))
def test_the_cut_of_the_input_changes_nothing(
    steps: list[tuple[int, float]], cuts: list[int], most: int | None
) -> None:
    messages = _inputs(steps)
    whole, pieces = (pipeline_of(*PLAN, max_open_alerts=most) for _ in range(2))
    expected = feed(whole, messages)
    bounds = sorted({0, len(messages), *(cut for cut in cuts if cut < len(messages))})
    found = [feed(pieces, messages[begin:end], begin) for begin, end in itertools.pairwise(bounds)]
    assert published(found) == published([expected])
    assert pieces.no_data.clocks == whole.no_data.clocks
    assert pieces.canonical_state() == whole.canonical_state()


@settings(max_examples=100, deadline=None)
@given(_STEPS, st.data())
def test_crashes_change_nothing(steps: list[tuple[int, float]], data: st.DataObject) -> None:
    """Checkpoints whose offsets are committed or not, and restarts that read again from the last commit."""
    messages = _inputs(steps)
    whole = pipeline_of(*PLAN)

    def fresh() -> Partition:
        return Partition(0, whole.plan, GroupPlan(), SOURCES, "groups")

    expected = feed(whole, messages)
    worker, outputs = run_with_crashes(fresh, messages, data)
    assert worker.pipeline.canonical_state() == whole.canonical_state()
    assert worker.pipeline.no_data.clocks == whole.no_data.clocks
    assert set(published(outputs)[1]) == set(published([expected])[1])


def test_a_large_batch_is_judged_in_its_order() -> None:
    """Without expiry nothing else keeps the observations of a batch in their order."""
    subject = asking(series_ttl_s=0.0, no_data_steps=0.0)
    messages = minutes(0, 60, "alive", "lost") + minutes(60, 90, "alive") + minutes(90, 120, "lost", "alive")
    whole, pieces = pipeline_of(subject), pipeline_of(subject)
    at_once = Feed(whole)(messages)
    send = Feed(pieces)
    one_by_one = [event for each in messages for event in send([each])]
    assert at_once == one_by_one
    assert [event.status for event in at_once] == ["firing", "resolved"]
    assert pieces.canonical_state() == whole.canonical_state()


def test_a_clock_that_jumped_ends_the_silence_with_the_next_value_however_the_input_is_cut() -> None:
    """The value that makes a row accept its jump is itself too far ahead; the next one ends the silence."""
    jump = [message("u0", 1.0, START + at) for at in (9360.0, 9380.0, 9400.0, 9420.0, 9420.0)]
    found = []
    for size in (1, 2, 5):
        subject = pipeline_of()
        send = Feed(subject)
        send(minutes(0, 6, "u0", "u1"))
        events = silent(subject.heartbeat(0, START + 700.0))
        for at in range(0, len(jump), size):
            events += send(jump[at : at + size])
        found.append([(each.labels["unit"], each.status, each.timestamp, each.source) for each in events])
    assert found[0] == found[1] == found[2]
    assert [(unit, status) for unit, status, _, _ in found[0]][-1] == ("u0", "resolved")
