"""The alerts of the demo in order of event time, compared with the known anomalies."""

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field

from anomaly_stream.demo.scenario import Stretch
from anomaly_stream.model import AlertEvent, Series

#: An alert may open a little after the end of its stretch.
_SLACK_S = 3600.0


@dataclass(slots=True)
class Scoreboard:
    """Holds alert events until the virtual clock has passed them, and matches them to the known stretches.

    Partitions deliver alerts in an order of their own; events that are released together are in time order.
    """

    stretches: tuple[Stretch, ...]
    released: list[AlertEvent] = field(default_factory=list)
    by_status: Counter[str] = field(default_factory=Counter)
    outside: int = 0
    """Alerts on series with known stretches that opened outside of these."""
    _held: list[tuple[float, int, AlertEvent]] = field(default_factory=list)
    _found: set[Stretch] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def add(self, event: AlertEvent) -> None:
        """Add one alert event. A second copy (at-least-once delivery) is dropped by its id."""
        if event.event_id not in self._seen:
            self._seen.add(event.event_id)
            heapq.heappush(self._held, (event.timestamp, len(self._seen), event))

    def release(self, until: float = math.inf) -> list[AlertEvent]:
        """Events with a time up to ``until``, in time order; each is returned once."""
        events = []
        while self._held and self._held[0][0] <= until:
            events.append(heapq.heappop(self._held)[2])
        for event in events:
            self.by_status[event.status] += 1
            if event.status == "firing":
                self._match(event)
        self.released += events
        return events

    def _match(self, event: AlertEvent) -> None:
        known = [one for one in self.stretches if one.series.metric == event.metric]
        series = Series.of(event.metric, event.labels)
        found = [
            one
            for one in known
            if one.series == series and one.start <= event.timestamp <= one.end + _SLACK_S
        ]
        self._found.update(found)
        self.outside += bool(known) and not found

    def found(self, until: float = math.inf) -> dict[str, tuple[int, int]]:
        """By metric and kind: number of stretches in which an alert opened, and total number of stretches,
        of those that ended by ``until`` or were found."""
        over = [one for one in self.stretches if one.end <= until or one in self._found]
        total = Counter(f"{stretch.series.metric}: {stretch.kind}" for stretch in over)
        found = Counter(f"{stretch.series.metric}: {stretch.kind}" for stretch in self._found)
        return {kind: (found[kind], count) for kind, count in total.items()}
