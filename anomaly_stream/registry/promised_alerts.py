"""The alerts in normal times that a threshold promises, and the threshold that promises them.

Detectors that compute probabilities promise that a value of a series without faults reaches the score s with
the probability ``10^(-s/10)``. Each alert needs at least one such value, so

    alerts per week <= week/step * 10^(-s/10)

The score of the model ``auto`` is no probability. Its curve is fitted to the alerts that it opens on normal
and on Laplace noise, at steps from 10 s to an hour and thresholds from 42 to 88:

    alerts per week = 0.1 sqrt(week/step) ((100 - s)/s)^1.5

``python -m benchmarks.calibration`` shows what it is worth on other kinds of series.
"""

import math
from typing import TypeVar

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model.group import GroupConfig

WEEK_S = 604_800.0
_FACTOR, _PACE, _ODDS = 0.1, 0.5, 1.5
_HIGHEST, _HIGHEST_OF_MODEL = 100.0, 95.0
"""The highest score, and the end of the curve: a model hardly reaches higher ones."""

Numbers = TypeVar("Numbers", float, Floats)


def alerts_per_week(score: Numbers, step_s: Numbers, *, by_model: bool) -> Numbers:
    """The alerts per series and week that the threshold ``score``, above 0, promises.

    ``step_s`` is the time between two values in seconds. Both can be arrays, with an entry for each series.
    """
    pace = WEEK_S / step_s
    promised: Numbers = pace * 10.0 ** (-score / 10.0)
    if by_model:
        promised = _FACTOR * pace**_PACE * ((100.0 - score) / score) ** _ODDS
    return promised


def promise_in_words(per_week: float, *, by_model: bool) -> str:
    """The promise of a threshold that has it without ``max_false_alarms``, as a predicate."""
    promise = f"already promises {per_week:.2g}/week for each series"
    return promise if by_model else f"{promise}, as far as the distributions of its detectors hold"


def threshold_of(per_week: float, step_s: float, *, by_model: bool) -> float:
    """The threshold score that promises ``per_week`` alerts per series and week, at least 0.

    Raises:
        ValueError: no score promises so few.
    """
    least = alerts_per_week(_HIGHEST_OF_MODEL if by_model else _HIGHEST, step_s, by_model=by_model)
    if per_week < least:
        raise ValueError(
            f"no threshold promises so few alerts with a value every {step_s:g} s: the least is "
            f"{least:.2g}/week for each series"
        )
    return threshold_at(0.0, per_week, step_s, by_model)


def threshold_at(least: float, per_week: float, step_s: float, by_model: bool) -> float:
    """The threshold score that promises ``per_week`` alerts, from ``least`` to the end of the curve.

    For a rate of 0, ``least`` itself. The engine compiles this function for thresholds by own steps.
    """
    if per_week <= 0.0 or step_s <= 0.0:
        return least
    pace = WEEK_S / step_s
    if by_model:
        score = 100.0 / (1.0 + math.pow(per_week / (_FACTOR * math.pow(pace, _PACE)), 1.0 / _ODDS))
        return max(least, min(_HIGHEST_OF_MODEL, score))
    return max(least, min(_HIGHEST, 10.0 * math.log10(pace / per_week)))


def group_alerts_per_week(group: GroupConfig) -> float:
    """The alerts per instance and week that the threshold of a group promises."""
    return alerts_per_week(group.alert_score, group.interval_s, by_model=False)
