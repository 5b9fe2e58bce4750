"""Precision and recall by episodes: whole alerts against whole labelled windows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anomaly_stream.report.labels import Window
from anomaly_stream.report.tracks import Alert


@dataclass(frozen=True, slots=True)
class EpisodeCounts:
    """Alerts and labelled windows that have a moment in common, and all of them."""

    alerts: int = 0
    right_alerts: int = 0
    """Alerts that overlap a labelled window."""
    windows: int = 0
    found_windows: int = 0
    """Labelled windows that an alert overlaps."""

    @property
    def precision(self) -> float | None:
        """``right_alerts / alerts``; None without alerts."""
        return self.right_alerts / self.alerts if self.alerts else None

    @property
    def recall(self) -> float | None:
        """``found_windows / windows``; None without windows."""
        return self.found_windows / self.windows if self.windows else None


def count_episodes(alerts: Sequence[Alert], windows: Sequence[Window]) -> EpisodeCounts:
    """The counts of one series."""
    right = sum(any(alert.overlaps(window.start, window.end) for window in windows) for alert in alerts)
    found = sum(any(alert.overlaps(window.start, window.end) for alert in alerts) for window in windows)
    return EpisodeCounts(len(alerts), right, len(windows), found)


def total(counts: Iterable[EpisodeCounts]) -> EpisodeCounts:
    """The counts of several series together."""
    listed = list(counts)
    return EpisodeCounts(
        sum(one.alerts for one in listed),
        sum(one.right_alerts for one in listed),
        sum(one.windows for one in listed),
        sum(one.found_windows for one in listed),
    )
