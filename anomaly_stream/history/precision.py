"""Precision of alerts by what people said of them: a pure function of the labels."""

import math
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

Interval = Literal["day", "week", "all"]

_DAY_S = 86_400.0
_WEEK_S = 7 * _DAY_S
_MONDAY_S = 4 * _DAY_S
"""The first Monday after the epoch."""
_Z = 1.959963984540054
"""Quantile of the normal distribution for an interval of 95 %."""


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


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The interval of 95 % for a share of ``hits`` in ``count``, by Wilson (1927, JASA 22, 209-212)."""
    share, spread = hits / count, _Z * _Z / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return (centre - half if hits else 0.0), (centre + half if hits < count else 1.0)


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
