"""The results of the demo so far: alerts compared with the known anomalies, and the worker's own metrics."""

from collections import Counter
from dataclasses import dataclass, field

from anomaly_stream.demo.fleet import Stretch
from anomaly_stream.model import AlertEvent, Series

#: An alert may open a little after the end of its stretch.
_SLACK_S = 3600.0


@dataclass(slots=True)
class Scoreboard:
    """Matches alert events, as they arrive, to the stretches with known anomalies."""

    stretches: tuple[Stretch, ...]
    latest: list[AlertEvent] = field(default_factory=list)
    by_status: Counter[str] = field(default_factory=Counter)
    _found: set[Stretch] = field(default_factory=set)
    _outside: int = 0
    _seen: set[str] = field(default_factory=set)

    def add(self, event: AlertEvent) -> None:
        """Add one alert event. A second copy (at-least-once delivery) is dropped by its id."""
        if event.event_id in self._seen:
            return
        self._seen.add(event.event_id)
        self.by_status[event.status] += 1
        self.latest = [*self.latest[-99:], event]
        if event.status == "firing":
            stretch = self._stretch_of(event)
            if stretch is not None:
                self._found.add(stretch)
            elif any(known.series.metric == event.metric for known in self.stretches):
                self._outside += 1

    def _stretch_of(self, event: AlertEvent) -> Stretch | None:
        series = Series.of(event.metric, event.labels)
        for stretch in self.stretches:
            within = stretch.start <= event.timestamp <= stretch.end + _SLACK_S
            if stretch.series == series and within:
                return stretch
        return None

    @property
    def total(self) -> int:
        """Alert events of every status."""
        return len(self._seen)

    @property
    def alerts(self) -> int:
        """Alerts opened."""
        return self.by_status["firing"]

    @property
    def outside(self) -> int:
        """Number of alerts on metrics with known stretches that opened outside of these."""
        return self._outside

    def found(self) -> dict[str, tuple[int, int]]:
        """By metric and kind: number of stretches in which an alert opened, and total number of stretches."""
        total = Counter(f"{stretch.series.metric}: {stretch.kind}" for stretch in self.stretches)
        found = Counter(f"{stretch.series.metric}: {stretch.kind}" for stretch in self._found)
        return {kind: (found[kind], count) for kind, count in total.items()}
