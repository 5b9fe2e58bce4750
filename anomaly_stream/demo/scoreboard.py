"""What the demo has seen so far: alerts against the known stretches, and the worker's own metrics."""

from collections import Counter
from dataclasses import dataclass, field

from anomaly_stream.demo.fleet import Stretch
from anomaly_stream.model import AlertEvent, Series

#: An episode may open a little after its stretch began to show, and close after it.
_SLACK_S = 3600.0


@dataclass(slots=True)
class Scoreboard:
    """Alert events as they come, matched to the stretches in which something is known to be wrong."""

    stretches: tuple[Stretch, ...]
    latest: list[AlertEvent] = field(default_factory=list)
    by_status: Counter[str] = field(default_factory=Counter)
    _found: set[Stretch] = field(default_factory=set)
    _outside: int = 0
    _seen: set[str] = field(default_factory=set)

    def add(self, event: AlertEvent) -> None:
        """Take one alert event; a second copy (at-least-once delivery) is dropped by its id."""
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
        """Alerts of metrics with known stretches that opened outside of them."""
        return self._outside

    def found(self) -> dict[str, tuple[int, int]]:
        """By metric and kind: stretches in which an alert opened, and stretches in all."""
        total = Counter(f"{stretch.series.metric}: {stretch.kind}" for stretch in self.stretches)
        found = Counter(f"{stretch.series.metric}: {stretch.kind}" for stretch in self._found)
        return {kind: (found[kind], count) for kind, count in total.items()}
