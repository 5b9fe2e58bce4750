"""The verdicts of one config on one series, as columns, with its alerts."""

from array import array
from dataclasses import dataclass, field
from typing import get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.identity import alert_fingerprint
from anomaly_stream.alerts.wording import series_name
from anomaly_stream.model import AlertEvent, ScoreRecord, Series, Severity
from anomaly_stream.model.alerts import Condition, Episode
from anomaly_stream.report.verdicts import LEARNING, NUMBERS, VerdictColumns, Verdicts

_SEVERITIES = {severity.label: int(severity) for severity in Severity}


@dataclass(slots=True)
class Alert:
    """One alert from its first event to its last so far."""

    alert_id: str
    episode: Episode
    severity: str
    sentence: str
    """The explanation of its first event."""
    outcome: str | None = None
    """The explanation of the event that resolved it; None: it is open."""

    @property
    def start(self) -> float:
        """Event time of its first anomaly, seconds."""
        return self.episode.start

    @property
    def end(self) -> float:
        """Event time of its last anomaly, seconds."""
        return self.episode.end

    def overlaps(self, start: float, end: float) -> bool:
        """Whether it has a moment in common with the closed interval from ``start`` to ``end``."""
        return self.start <= end and start <= self.end


def _numbers() -> dict[str, "array[float]"]:
    return {name: array("d") for name in NUMBERS}


@dataclass(slots=True)
class Track:
    """The verdicts of one config on one series (or on one instance of a group), in order of time."""

    config_id: str
    series: Series
    alerts: list[Alert] = field(default_factory=list)
    _columns: dict[str, "array[float]"] = field(default_factory=_numbers)
    _severity: "array[int]" = field(default_factory=lambda: array("b"))

    @property
    def name(self) -> str:
        """The name of the series, as alerts have it."""
        return series_name(self.series)

    def __len__(self) -> int:
        return len(self._severity)

    def column(self, name: str) -> NDArray[np.float64]:
        """One of timestamp, value, expected, lower, upper and score; NaN where there is none."""
        return np.array(self._columns[name], np.float64)

    @property
    def severity(self) -> NDArray[np.int64]:
        """``Severity`` of each value (0 is normal), or ``LEARNING``."""
        return np.array(self._severity, np.int64)

    @property
    def anomaly_times(self) -> NDArray[np.float64]:
        """Event times of the anomalies."""
        return self.column("timestamp")[self.severity > 0]

    @property
    def noise(self) -> tuple[int, int]:
        """The key by which tracks are ordered: alerts, then anomalies."""
        return len(self.alerts), int((self.severity > 0).sum())

    def add(self, record: ScoreRecord) -> None:
        """Append the verdict on the next value."""
        for name, column in self._columns.items():
            number = getattr(record, name)
            column.append(float("nan") if number is None else number)
        self._severity.append(
            LEARNING if record.status == "learning" else _SEVERITIES.get(record.severity or "", 0)
        )

    def extend(self, columns: VerdictColumns) -> None:
        """Append the verdicts on the next values."""
        for name, column in self._columns.items():
            column.frombytes(columns.numbers[name].tobytes())
        self._severity.frombytes(columns.severity.tobytes())

    def close_open_alerts(self) -> None:
        """Extend the episode of an alert that is open at the end of the input to its last anomaly."""
        open_alerts = [alert for alert in self.alerts if alert.outcome is None]
        for alert in open_alerts:
            times = self.anomaly_times
            since = times[times >= alert.start]
            if len(since) > alert.episode.count:
                end, count = float(since[-1]), len(since)
                alert.episode = msgspec.structs.replace(alert.episode, end=end, count=count)


class TrackCollector:
    """Sorts verdicts into tracks, by config and series."""

    def __init__(self) -> None:
        self._tracks: dict[tuple[str, Series], Track] = {}
        self._by_fingerprint: dict[str, Track] = {}
        self._alerts: dict[str, Alert] = {}

    def add(self, verdicts: Verdicts) -> None:
        """Take the verdicts of the next run of records."""
        for columns in verdicts.columns():
            self._track(columns.config_id, columns.series).extend(columns)
        for series, record in verdicts.of_groups:
            self._track(record.config_id, series).add(record)
        for fingerprint, event in verdicts.alerts:
            self._take(self._by_fingerprint[fingerprint], event)

    def finish(self) -> list[Track]:
        """All tracks, the noisiest first."""
        tracks = list(self._tracks.values())
        for track in tracks:
            track.close_open_alerts()
        return sorted(tracks, key=lambda track: (*(-count for count in track.noise), track.name))

    def _track(self, config_id: str, series: Series) -> Track:
        track = self._tracks.get((config_id, series))
        if track is None:
            track = self._tracks[config_id, series] = Track(config_id, series)
            for condition in get_args(Condition):
                self._by_fingerprint[alert_fingerprint(config_id, series, condition)] = track
        return track

    def _take(self, track: Track, event: AlertEvent) -> None:
        episode = event.episode
        alert = self._alerts.get(event.alert_id)
        if alert is None:
            alert = Alert(event.alert_id, episode, event.severity, event.explanation)
            self._alerts[event.alert_id] = alert
            track.alerts.append(alert)
        alert.episode, alert.severity = episode, event.severity
        if event.status == "resolved":
            alert.outcome = event.explanation
