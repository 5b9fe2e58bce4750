"""Counts by config over the last 24 hours of a clock, in buckets of one hour.

The clock is that of the worker, or that of event time. By event time, a backfill of two weeks in ten seconds
has the counts of its last day, and they cover a day.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping

_HOUR_S = 3600
_HOURS = 24


class HourlyCounts:
    """Counts by config id. The clock only moves forward.

    ``since_s``: when counting begins, in seconds since the epoch; without it, at the first time of the clock.
    """

    def __init__(self, since_s: float = -math.inf) -> None:
        self._since_s = self._clock_s = since_s
        self._hours: defaultdict[int, Counter[str]] = defaultdict(Counter)

    @property
    def covered_s(self) -> float:
        """The seconds that the counts cover, at most 24 hours; 0 before the first time."""
        return self._clock_s - self._begin_s if self._clock_s > -math.inf else 0.0

    def advance(self, now_s: float) -> None:
        """Move the clock to ``now_s``, and drop the hours of more than a day before it."""
        if self._clock_s == -math.inf:
            self._since_s = now_s
        self._clock_s = max(self._clock_s, now_s)
        for number in [number for number in self._hours if (number + 1) * _HOUR_S <= self._begin_s]:
            del self._hours[number]

    def add(self, counts: Mapping[str, int], at_s: float | None = None) -> None:
        """Count what happened at ``at_s``, or now. What lies before all that is covered is not counted."""
        at_s = self._clock_s if at_s is None else at_s
        if at_s >= self._begin_s:
            self._hours[int(at_s // _HOUR_S)].update(counts)

    def total(self) -> Counter[str]:
        """The counts by config id."""
        return sum(self._hours.values(), Counter())

    @property
    def _begin_s(self) -> float:
        """From when on all is counted: an hour of the clock, or the beginning."""
        return max(self._since_s, (self._clock_s // _HOUR_S - _HOURS + 1) * _HOUR_S)
