"""Precision of alerts by what people said of them: a pure function of the labels."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from anomaly_stream.report.proportion import wilson

Interval = Literal["day", "week", "all"]

_DAY_S = 86_400.0
_WEEK_S = 7 * _DAY_S
_MONDAY_S = 4 * _DAY_S
"""The first Monday after the epoch."""


class Label(NamedTuple):
    """What somebody said of one alert."""

    key: str
    """The config, detector or owner that the alert counts for."""
    started_at: float
    judgement: str


class Precision(NamedTuple):
    """The alerts of one key that began in one interval."""

    key: str
    begin: float | None
    """Begin of the interval in UTC, seconds since the epoch; None: of all time."""
    true_alarms: int
    false_alarms: int
    expected_changes: int
    precision: float | None
    """true / (true + false); None without either."""
    lower: float | None
    upper: float | None


def precisions(labels: Iterable[Label], interval: Interval) -> list[Precision]:
    """The precision of each key in each interval that has labels, sorted by both."""
    counts: dict[tuple[str, float | None], Counter[str]] = {}
    for label in labels:
        counts.setdefault((label.key, _begin(label.started_at, interval)), Counter())[label.judgement] += 1
    return [_precision(key, begin, counts[key, begin]) for key, begin in sorted(counts, key=_order)]


def _precision(key: str, begin: float | None, counts: Counter[str]) -> Precision:
    hits, misses = counts["true_alarm"], counts["false_alarm"]
    judged = hits + misses
    lower, upper = wilson(hits, judged) if judged else (None, None)
    share = hits / judged if judged else None
    return Precision(key, begin, hits, misses, counts["expected_change"], share, lower, upper)


def _begin(timestamp: float, interval: Interval) -> float | None:
    if interval == "all":
        return None
    length, first = (_DAY_S, 0.0) if interval == "day" else (_WEEK_S, _MONDAY_S)
    return math.floor((timestamp - first) / length) * length + first


def _order(key: tuple[str, float | None]) -> tuple[str, float]:
    return key[0], key[1] or 0.0
