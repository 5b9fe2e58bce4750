"""The verdicts nearest to one moment, for each config and series."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anomaly_stream.alerts.identity import alert_fingerprint
from anomaly_stream.alerts.wording import series_name
from anomaly_stream.model import AlertEvent, ScoreRecord, Series
from anomaly_stream.registry.parsing import Config
from anomaly_stream.report.verdicts import Verdicts


@dataclass(slots=True)
class Point:
    """A verdict, and what came before it. Times are event times, in seconds."""

    config: Config
    series: Series
    record: ScoreRecord
    """The verdict at the moment asked for; the nearest one, if no value has that time."""
    values_before: int
    """Values of the series, under this config, before this one."""
    events: list[AlertEvent] = field(default_factory=list)
    """All events of the alerts of this series and config up to the value."""


class PointCollector:
    """Keeps, of a whole run, the verdicts nearest to ``at`` and the alerts before them.

    Args:
        configs: the configs of the run.
        at: event time, seconds.
        wanted: part of the names of the series that are wanted; empty for all.
    """

    def __init__(self, configs: Mapping[str, Config], at: float, wanted: str) -> None:
        self._configs = configs
        self._at = at
        self._wanted = wanted
        self._points: dict[tuple[str, Series], Point] = {}
        self._seen: dict[tuple[str, Series], int] = {}
        self._events: dict[str, list[AlertEvent]] = {}
        self.names: dict[str, None] = {}
        """Names of all series with a verdict, in order of appearance."""

    def add(self, verdicts: Verdicts) -> None:
        """Take the verdicts of the next run of records."""
        for series, record in verdicts.scores():
            self._take(series, record)
        for fingerprint, event in verdicts.alerts:
            self._events.setdefault(fingerprint, []).append(event)

    def finish(self) -> list[Point]:
        """The points, in order of appearance."""
        for point in self._points.values():
            events = self._events.get(alert_fingerprint(point.config.id, point.series), [])
            point.events = [event for event in events if event.timestamp <= point.record.timestamp]
        return list(self._points.values())

    def _take(self, series: Series, record: ScoreRecord) -> None:
        key = record.config_id, series
        before = self._seen.get(key)
        if before is None:
            before = self._seen[key] = 0
            self.names[series_name(series)] = None
        self._seen[key] += 1
        if self._wanted not in series_name(series):
            return
        known = self._points.get(key)
        if known is None or abs(record.timestamp - self._at) < abs(known.record.timestamp - self._at):
            self._points[key] = Point(self._configs[record.config_id], series, record, before)
