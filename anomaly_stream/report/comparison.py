"""The same series under one set of configs, or under two: what both find, and what only one finds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.model import Series
from anomaly_stream.report.tracks import Alert, Track

SIDES = ("A", "B")


@dataclass(frozen=True, slots=True)
class Row:
    """One series of the page, with its track on each side; None where no config of that side watches it."""

    series: Series
    tracks: tuple[Track | None, ...]

    @property
    def name(self) -> str:
        """The name of the series."""
        return next(track.name for track in self.tracks if track is not None)

    @property
    def noise(self) -> tuple[int, int]:
        """Alerts and anomalies of all sides together."""
        noises = [track.noise for track in self.tracks if track is not None]
        return sum(alerts for alerts, _ in noises), sum(anomalies for _, anomalies in noises)


@dataclass(frozen=True, slots=True)
class Difference:
    """What two sides have in common, in anomalies (by time) and in alerts (by overlap)."""

    both: int
    only: tuple[int, int]


def rows_of(sides: Sequence[Sequence[Track]]) -> list[Row]:
    """One row per series, the noisiest first.

    A series that several configs of one side watch has several rows. Configs are paired by id, and otherwise
    by position.
    """
    by_series: dict[Series, list[dict[str, Track]]] = defaultdict(lambda: [{} for _ in sides])
    for number, tracks in enumerate(sides):
        for track in tracks:
            by_series[track.series][number][track.config_id] = track
    rows = [
        Row(series, tracks) for series, by_side in by_series.items() for tracks in _beside_each_other(by_side)
    ]
    return sorted(rows, key=lambda row: (*(-count for count in row.noise), row.name))


def _beside_each_other(by_side: Sequence[dict[str, Track]]) -> list[tuple[Track | None, ...]]:
    shared = set.intersection(*(set(tracks) for tracks in by_side))
    pairs: list[tuple[Track | None, ...]] = [
        tuple(tracks[config_id] for tracks in by_side) for config_id in sorted(shared)
    ]
    rest = [[tracks[config_id] for config_id in sorted(set(tracks) - shared)] for tracks in by_side]
    return [*pairs, *zip_longest(*rest)]


def anomalies_only_in(track: Track, other: Track | None) -> NDArray[np.bool_]:
    """For each value of ``track``, whether it is an anomaly there but not in ``other``."""
    anomalous = track.severity > 0
    if other is None:
        return anomalous
    return anomalous & ~np.isin(track.column("timestamp"), other.anomaly_times)


def is_only_in(alert: Alert, other: Track | None) -> bool:
    """Whether no alert of the other side overlaps ``alert``."""
    return other is None or not any(alert.overlaps(theirs.start, theirs.end) for theirs in other.alerts)


def anomaly_difference(row: Row) -> Difference:
    """The anomalies of a row with two sides."""
    first, second = row.tracks
    only = (_count_only(first, second), _count_only(second, first))
    return Difference((first.noise[1] if first else 0) - only[0], only)


def alert_difference(row: Row) -> Difference:
    """The alerts of a row with two sides; ``both`` counts those of the first side."""
    first, second = row.tracks
    only = (_alerts_only(first, second), _alerts_only(second, first))
    return Difference((first.noise[0] if first else 0) - only[0], only)


def _count_only(track: Track | None, other: Track | None) -> int:
    return int(anomalies_only_in(track, other).sum()) if track else 0


def _alerts_only(track: Track | None, other: Track | None) -> int:
    return sum(is_only_in(alert, other) for alert in track.alerts) if track else 0


def total_difference(differences: Sequence[Difference]) -> Difference:
    """The sum over several rows."""
    both = sum(one.both for one in differences)
    return Difference(
        both, (sum(one.only[0] for one in differences), sum(one.only[1] for one in differences))
    )
