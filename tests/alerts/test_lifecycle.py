import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.alerts.lifecycle import (
    FIRING,
    NONE,
    OPEN,
    REMINDER,
    RESOLVED,
    UPDATED,
    Anomaly,
    close,
    count_anomaly,
    count_normal,
    fresh_alerts,
)
from anomaly_stream.alerts.rules import RULES, compile_rules
from anomaly_stream.model.alert_rules import MAX_RECENT, AlertRules

Event = tuple[float, float, float, float, int]
"""Time, value, deviation, score (also its alert score), severity."""


def compiled(rules: AlertRules, resolve_below: float = math.inf) -> Any:
    record = np.zeros(1, np.dtype(RULES, align=True))[0]
    compile_rules(record, rules, resolve_below)
    return record


@dataclass
class SlowAlert:
    """Everything that an alert was told since its episode began, kept in lists."""

    rules: AlertRules
    escalate_after: int
    resolve_below: float = math.inf
    anomalies: list[Event] | None = None
    seen: list[bool] = field(default_factory=list)
    normal: list[float] = field(default_factory=list)
    events: list[float] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.anomalies is not None and bool(self.events)

    @property
    def severity(self) -> int:
        assert self.anomalies is not None
        worst = max((severity for *_, severity in self.anomalies), default=0)
        return min(3, worst + (len(self.anomalies) >= self.escalate_after))

    def take_anomaly(self, event: Event) -> int:
        time = event[0]
        if self.anomalies is None:
            if event[3] < self.rules.alert_score:
                return NONE
            self.anomalies, self.seen, self.events = [], [], []
        before = self.severity
        self.anomalies.append(event)
        self.seen.append(True)
        self.normal = []
        if not self.events:
            lasted = time - self.anomalies[0][0] >= self.rules.open_after_s
            often = sum(self.seen[-self.rules.open_of :]) >= self.rules.open_count
            return self.tell(time, FIRING) if lasted and often else NONE
        if self.severity > before:
            return self.tell(time, UPDATED)
        repeat = self.rules.repeat_interval_s
        return self.tell(time, REMINDER) if repeat and time - self.events[-1] >= repeat else NONE

    def take_normal(self, time: float, score: float) -> int:
        if self.anomalies is None:
            return NONE
        self.seen.append(False)
        if not self.events:
            if not any(self.seen[-self.rules.open_of :]):
                self.anomalies = None
            return NONE
        self.normal = [*self.normal, time] if score < self.resolve_below else []
        if len(self.normal) < self.rules.resolve_after or time - self.normal[0] < self.rules.resolve_after_s:
            return NONE
        return self.end(time)

    def end(self, time: float) -> int:
        was_open, self.anomalies = self.is_open, None
        return self.tell(time, RESOLVED) if was_open else NONE

    def tell(self, time: float, transition: int) -> int:
        self.events.append(time)
        return transition


events = st.one_of(
    st.sampled_from([0.0, 30.0]),
    st.tuples(
        st.floats(-10, 10),
        st.integers(-5, 5).map(float),
        st.sampled_from([40.0, 55.0, 70.0, 100.0]),
        st.integers(1, 3),
    ),
)
every_rule = st.builds(
    lambda count, of, **fields: AlertRules(
        alert_score=55.0, open_count=min(count, of), open_of=max(count, of), **fields
    ),
    st.integers(1, 4),
    st.integers(1, 4),
    open_after_s=st.sampled_from([0.0, 2.0, 5.0]),
    resolve_after=st.integers(1, 4),
    resolve_after_s=st.sampled_from([0.0, 3.0]),
    repeat_interval_s=st.sampled_from([0.0, 1.0, 4.0]),
)


def slow_peak(anomalies: list[Event]) -> tuple[float, float]:
    """The highest value, or the lowest, on the side of the first anomaly that has one, and its deviation."""
    sided = [one for one in anomalies if one[2] != 0.0]
    if not sided:
        return anomalies[-1][1:3]
    outermost = max if sided[0][2] > 0.0 else min
    same = [one for one in sided if (one[2] > 0.0) == (sided[0][2] > 0.0)]
    return outermost(one[1] for one in same), outermost(one[2] for one in same)


def test_a_value_on_the_other_side_is_not_the_peak() -> None:
    alert, rules = fresh_alerts(1)[0], compiled(AlertRules(alert_score=55.0))
    values = [(254.0, -712.0, 56.0), (1625.0, 580.0, 60.0), (180.0, -700.0, 50.0), (300.0, -600.0, 58.0)]
    for time, (value, deviation, score) in enumerate(values):
        count_anomaly(alert, rules, Anomaly(float(time), value, deviation, score, score, 55.0), 1, 9)
    assert (alert["peak_value"], alert["peak_deviation"], alert["peak_score"]) == (180.0, -712.0, 60.0)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), events), max_size=60), every_rule, st.integers(1, 6))
def test_agrees_with_the_twin_at_every_event(
    history: list[tuple[int, float | tuple[float, float, float, int]]], rules: AlertRules, escalate: int
) -> None:
    alert, twin, record = fresh_alerts(1)[0], SlowAlert(rules, escalate, 30.0), compiled(rules, 30.0)
    time = 0.0
    for wait, event in history:
        time += wait
        shown = list(twin.anomalies or [])
        if isinstance(event, float):
            assert count_normal(alert, record, time, event) == twin.take_normal(time, event)
        else:
            value, deviation, score, severity = event
            expected = twin.take_anomaly((time, value, deviation, score, severity))
            anomaly = Anomaly(time, value, deviation, score, score, rules.alert_score)
            assert count_anomaly(alert, record, anomaly, severity, escalate) == expected
            shown = list(twin.anomalies or [])
        assert bool(alert["phase"] >= OPEN) == twin.is_open
        assert bool(alert["phase"]) == (twin.anomalies is not None)
        if shown:
            assert (alert["start"], alert["end"], alert["count"]) == (shown[0][0], shown[-1][0], len(shown))
            assert alert["peak_score"] == max(one[3] for one in shown)
            assert (alert["peak_value"], alert["peak_deviation"]) == slow_peak(shown)
            assert alert["sequence"] == len(twin.events)
            assert not twin.events or alert["last_event"] == twin.events[-1]


def feed(rules: AlertRules, history: str, resolve_below: float = math.inf) -> list[int]:
    """The transitions of an observation per second: ``!`` an anomaly, ``~`` a score of 35, ``.`` one of 0."""
    alert, record = fresh_alerts(1)[0], compiled(rules, resolve_below)
    found = []
    for time, each in enumerate(history):
        if each == "!":
            found.append(count_anomaly(alert, record, Anomaly(time, 1.0, 1.0, 60.0, 60.0, 60.0), 1, 99))
        else:
            found.append(count_normal(alert, record, float(time), 35.0 if each == "~" else 0.0))
    return found


@pytest.mark.parametrize(
    ("fields", "history", "transitions"),
    [
        ({}, "!.....", {0: FIRING, 5: RESOLVED}),
        ({"open_after_s": 3.0}, "!!.!!!!", {6: FIRING}),
        ({"open_after_s": 3.0}, "!!!", {}),
        ({"open_count": 3, "open_of": 5}, "!.!.!", {4: FIRING}),
        ({"open_count": 3, "open_of": 5}, "!..!..!..!!", {10: FIRING}),
        ({"open_count": 3, "open_of": 5}, "!.....!.!", {}),
        ({"resolve_after": 1, "resolve_after_s": 3.0}, "!...!....", {0: FIRING, 8: RESOLVED}),
        ({"repeat_interval_s": 3.0}, "!!!!!!!!", {0: FIRING, 3: REMINDER, 6: REMINDER}),
        ({"repeat_interval_s": 3.0}, "!...!", {0: FIRING, 4: REMINDER}),
        ({"repeat_interval_s": 2.0, "open_after_s": 3.0}, "!!!!!!", {3: FIRING, 5: REMINDER}),
    ],
)
def test_rules(fields: dict[str, Any], history: str, transitions: dict[int, int]) -> None:
    found = feed(AlertRules(alert_score=55.0, **fields), history)
    assert {time: one for time, one in enumerate(found) if one} == transitions


def test_an_observation_that_is_nearly_an_anomaly_does_not_resolve() -> None:
    rules = AlertRules(alert_score=55.0, resolve_after=2)
    assert feed(rules, "!.~.~..", 30.0) == [FIRING, NONE, NONE, NONE, NONE, NONE, RESOLVED]
    assert feed(rules, "!.~", 40.0) == [FIRING, NONE, RESOLVED]


def test_a_share_of_the_most_observations() -> None:
    rules = AlertRules(alert_score=55.0, open_count=MAX_RECENT, open_of=MAX_RECENT)
    assert feed(rules, "!" * MAX_RECENT) == [NONE] * (MAX_RECENT - 1) + [FIRING]
    sparse = AlertRules(alert_score=55.0, open_count=2, open_of=MAX_RECENT)
    assert feed(sparse, "!" + "." * (MAX_RECENT - 2) + "!")[-1] == FIRING
    assert feed(sparse, "!" + "." * (MAX_RECENT - 1) + "!")[-1] == NONE


def test_an_episode_that_waits_ends_without_an_event() -> None:
    alert, rules = fresh_alerts(1)[0], AlertRules(alert_score=55.0, open_after_s=9.0)
    assert count_anomaly(alert, compiled(rules), Anomaly(1.0, 1.0, 1.0, 60.0, 60.0, 55.0), 1, 99) == NONE
    assert close(alert, 2.0) == NONE
    assert (alert["phase"], alert["sequence"]) == (0, 0)


PLAIN = compiled(AlertRules(alert_score=50.0, resolve_after=1))


def test_a_second_episode_starts_fresh() -> None:
    alert = fresh_alerts(1)[0]
    assert count_anomaly(alert, PLAIN, Anomaly(1.0, 9.0, 9.0, 90.0, 90.0, 60.0), 3, 30) == FIRING
    assert count_normal(alert, PLAIN, 2.0, 0.0) == RESOLVED
    assert alert["sequence"] == 2
    assert count_anomaly(alert, PLAIN, Anomaly(5.0, 2.0, 2.0, 60.0, 60.0, 60.0), 1, 30) == FIRING
    assert alert["sequence"] == 1
    assert (alert["start"], alert["peak_score"], alert["severity"], alert["count"]) == (5.0, 60.0, 1, 1)


def test_a_long_episode_is_raised_by_one_severity_once() -> None:
    alert = fresh_alerts(1)[0]
    transitions = [
        count_anomaly(alert, PLAIN, Anomaly(float(i), 1.0, 1.0, 60.0, 60.0, 60.0), 1, 5) for i in range(20)
    ]
    assert transitions == [FIRING, NONE, NONE, NONE, UPDATED] + [NONE] * 15
    assert alert["severity"] == 2
