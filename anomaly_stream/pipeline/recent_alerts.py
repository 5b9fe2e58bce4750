"""Alerts of each config in the last 24 hours of event time, for the alerts per day.

The time is that of the values, not of the processing: after a backfill of two weeks in ten seconds these are
the alerts of its last day, and they cover a day. What came before the first value that was processed here was
not seen whole, so it is not counted.
"""

import math
from collections import Counter, defaultdict

from anomaly_stream.formats.outcomes import Output

_HOUR_S = 3600
_HOURS = 24


class RecentAlerts:
    """Opened alerts by config id, in buckets of one hour of event time."""

    def __init__(self) -> None:
        self._since = self._clock = -math.inf
        self._hours: defaultdict[int, Counter[str]] = defaultdict(Counter)

    @property
    def covered_s(self) -> float:
        """The seconds of event time that the counts cover, at most 24 hours; 0 if nothing came."""
        return self._clock - self._begin if self._clock > -math.inf else 0.0

    def advance(self, first: float, last: float) -> None:
        """Values of these event times are judged: the first one of a run of records, and the newest."""
        if self._clock == -math.inf:
            self._since = self._clock = first
        self._clock = max(self._clock, last)
        for number in [number for number in self._hours if (number + 1) * _HOUR_S <= self._begin]:
            del self._hours[number]

    def add(self, output: Output) -> None:
        """Count the alerts that open in a run of records."""
        for alert in output.alerts:
            if alert.body.status == "firing" and alert.body.timestamp >= self._begin:
                self._hours[int(alert.body.timestamp // _HOUR_S)][alert.body.config_id] += 1

    def alerts(self) -> Counter[str]:
        """The alerts by config id."""
        return sum(self._hours.values(), Counter())

    @property
    def _begin(self) -> float:
        """From when on all alerts are counted: an hour of the clock, or the first value."""
        return max(self._since, (self._clock // _HOUR_S - _HOURS + 1) * _HOUR_S)
