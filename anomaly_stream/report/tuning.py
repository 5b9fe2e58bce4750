"""Which change of a config agrees best with what people said of its alerts.

A labelled alert is *kept* by a version of the config if the version raises an alert of the same series that
lasts at some moment of it. The precision of a version is true / (true + false), over the labelled alerts that
it keeps.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import msgspec

from anomaly_stream.model.feedback import Feedback, Judgement
from anomaly_stream.report.proportion import wilson
from anomaly_stream.report.trials import RaisedAlert
from anomaly_stream.report.tuning_grid import Change

Objective = Literal["keep-true", "precision"]

_PAIRED = 4
"""The best changes of this many fields are tried in pairs."""
_LEAST_DAYS = 1 / 24


@dataclass(frozen=True, slots=True)
class LabelledAlert:
    """An alert of the config in force, and what somebody said of it."""

    feedback: Feedback
    alert: RaisedAlert


class Assessment(msgspec.Struct, frozen=True):
    """What a version of a config does to labelled alerts, and how many alerts it raises."""

    true_alarms: int
    """Alerts that it keeps, by what was said of them."""
    false_alarms: int
    expected_changes: int
    precision: float | None
    """None if it keeps neither true nor false alarms; with its interval of 95 % (Wilson)."""
    lower: float | None
    upper: float | None
    alerts: int
    """All alerts that it raises."""
    alerts_per_day: float | None
    """None if the observations cover less than an hour."""
    kept: tuple[bool, ...]
    """For each labelled alert, whether it is kept."""


def labelled_alerts(
    feedback: Iterable[Feedback], alerts: Sequence[RaisedAlert]
) -> tuple[list[LabelledAlert], list[Feedback]]:
    """What was said, with the ``alerts`` of the config in force that it is about; and what is about none."""
    by_series = _by_series(alerts)
    found: list[LabelledAlert] = []
    rest: list[Feedback] = []
    for one in feedback:
        own = by_series.get((one.metric, tuple(sorted(one.labels.items()))), ())
        alert = next((alert for alert in own if alert.start <= one.started_at <= alert.end), None)
        if alert is None:
            rest.append(one)
        else:
            found.append(LabelledAlert(one, alert))
    return found, rest


def assess(alerts: Sequence[RaisedAlert], labels: Sequence[LabelledAlert], days: float) -> Assessment:
    """Assess a version that raised ``alerts`` within ``days``."""
    by_series = _by_series(alerts)
    kept = tuple(
        any(alert.overlaps(label.alert) for alert in by_series.get(label.alert.series, ()))
        for label in labels
    )

    def count(judgement: Judgement) -> int:
        said = (label.feedback.judgement == judgement for label in labels)
        return sum(is_kept and is_said for is_kept, is_said in zip(kept, said, strict=True))

    true, false = count("true_alarm"), count("false_alarm")
    judged = true + false
    lower, upper = wilson(true, judged) if judged else (None, None)
    return Assessment(
        true_alarms=true,
        false_alarms=false,
        expected_changes=count("expected_change"),
        precision=true / judged if judged else None,
        lower=lower,
        upper=upper,
        alerts=len(alerts),
        alerts_per_day=len(alerts) / days if days >= _LEAST_DAYS else None,
        kept=kept,
    )


def best_of(
    in_force: Assessment, tried: Sequence[tuple[Change, Assessment]], objective: Objective
) -> int | None:
    """The index of the best change; None if none is better than the config in force.

    ``keep-true``: it loses no true alarm, and keeps fewer false alarms. ``precision``: the lower end of the
    interval of its precision is higher. Of changes that are equal in this, the one with fewer fields is
    taken, then the one with which the number of alerts changes least, because nobody judged the others.
    """

    def merit(assessment: Assessment) -> tuple[float, ...]:
        if objective == "precision":
            return (assessment.lower or 0.0, assessment.true_alarms)
        return (assessment.true_alarms, -assessment.false_alarms)

    def rank(index: int) -> tuple[float, ...]:
        change, assessment = tried[index]
        return (*merit(assessment), -len(change), -abs(assessment.alerts - in_force.alerts), -index)

    better = [index for index, (_, assessment) in enumerate(tried) if merit(assessment) > merit(in_force)]
    return max(better, key=rank, default=None)


def pairs(
    in_force: Assessment, tried: Sequence[tuple[Change, Assessment]], objective: Objective
) -> list[Change]:
    """The best changes of single fields, two at a time; all are better than the config in force."""
    best: list[Change] = []
    left = list(tried)
    while len(best) < _PAIRED and (index := best_of(in_force, left, objective)) is not None:
        change = left[index][0]
        best.append(change)
        left = [each for each in left if each[0].keys() != change.keys()]
    return [{**first, **second} for first, second in combinations(best, 2)]


def _by_series(
    alerts: Iterable[RaisedAlert],
) -> dict[tuple[str, tuple[tuple[str, str], ...]], list[RaisedAlert]]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[RaisedAlert]] = defaultdict(list)
    for alert in alerts:
        found[alert.series].append(alert)
    return found
