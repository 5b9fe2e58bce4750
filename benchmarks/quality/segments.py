"""The score of service metrics: episodes against labelled segments, and false alarms per series-week.

The first min(25% of the rows, 14 days) are warm-up. With the step of a series, Q = max(5 rows, 60 min) and
T = max(2 rows, 10 min). Labelled rows at most Q apart are one segment. A row that reaches the threshold opens
an episode; Q quiet rows close it. The zone of a segment is [start - Q, end + T]. A segment is detected if an
episode opens in its zone; an episode that opens outside of all zones is a false alarm. A segment that begins
in the warm-up is ignored, as are episodes that open in its zone; the same holds for ranges with label 2.
Counts are pooled over the files. A row without a value is a quiet row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from benchmarks.quality.series import Corpus, LabelledSeries, Verdict

_WARM_UP_SHARE, _WARM_UP_S = 0.25, 14 * 86_400
_QUIET_ROWS, _QUIET_S = 5, 3600
_TAIL_ROWS, _TAIL_S = 2, 600
_WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class SeriesLayout:
    """The scored parts of a series, in rows."""

    warm_up: int
    quiet: int
    zones: NDArray[np.int64]
    """First and last row of the zone of each segment; [k, 2]."""
    ignored: NDArray[np.int64]
    """First and last row of each zone that is ignored."""
    weeks: float

    @classmethod
    def of(cls, series: LabelledSeries) -> Self:
        """The layout of ``series``."""
        rows = len(series.times)
        step = float(np.median(np.diff(series.times)))
        quiet = max(_QUIET_ROWS, round(_QUIET_S / step))
        tail = max(_TAIL_ROWS, round(_TAIL_S / step))
        warm_up = min(int(_WARM_UP_SHARE * rows), round(_WARM_UP_S / step))
        warm_up = warm_up if series.warm_up is None else series.warm_up
        reach = np.array([-quiet, tail])
        zones = _merged(series.anomalies, quiet) + reach
        early = zones[:, 0] + quiet < warm_up
        ignored = np.concatenate((zones[early], _merged(series.ignored, quiet) + reach))
        return cls(warm_up, quiet, zones[~early], ignored, (rows - warm_up) * step / _WEEK_S)


@dataclass(frozen=True, slots=True)
class Count:
    """Detected segments and false alarms at one threshold."""

    segments: int
    found: int
    false: int
    weeks: float
    """Number of scored series-weeks."""

    @property
    def recall(self) -> float:
        """Detected segments / all segments."""
        return self.found / self.segments if self.segments else 0.0

    @property
    def precision(self) -> float:
        """Detected segments / (detected segments + false alarms)."""
        return self.found / (self.found + self.false) if self.found + self.false else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of recall and precision."""
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0

    @property
    def false_a_week(self) -> float:
        """False alarms per series-week."""
        return self.false / self.weeks if self.weeks else 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A corpus at every threshold that matters, highest first; arrays have one entry per threshold."""

    thresholds: NDArray[np.float64]
    segments: int
    weeks: float
    found: NDArray[np.int64]
    false: NDArray[np.int64]

    @classmethod
    def of(cls, corpus: Corpus, verdicts: Sequence[Verdict]) -> Self:
        """The curve of ``verdicts``, which has one entry per series of ``corpus``."""
        layouts = [SeriesLayout.of(series) for series in corpus]
        openings = [
            _openings(layout, np.where(np.isnan(series.values), -np.inf, verdict.scores))
            for layout, series, verdict in zip(layouts, corpus, verdicts, strict=True)
        ]
        reached = np.unique(np.concatenate([np.append(high, low) for _, high, low in openings]))
        thresholds = np.concatenate(([np.inf], reached[np.isfinite(reached)][::-1]))
        found, false = np.zeros(len(thresholds), np.int64), np.zeros(len(thresholds), np.int64)
        for layout, (rows, high, low) in zip(layouts, openings, strict=True):
            outside = np.ones(len(rows), np.bool_)
            for first, last in (*layout.zones, *layout.ignored):
                outside &= (rows < first) | (rows > last)
            false += _open(thresholds, high[outside], low[outside])
            for first, last in layout.zones:
                within = (rows >= first) & (rows <= last)
                found += _open(thresholds, high[within], low[within]) > 0
        segments = sum(len(layout.zones) for layout in layouts)
        return cls(thresholds, segments, sum(layout.weeks for layout in layouts), found, false)

    def at(self, threshold: float) -> Count:
        """The counts at one threshold."""
        return self._count(int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1)

    @property
    def f1(self) -> NDArray[np.float64]:
        """F1 at each threshold; 0 without segments."""
        f1: NDArray[np.float64] = 2 * self.found / np.maximum(self.segments + self.found + self.false, 1)
        return f1

    def best(self) -> float:
        """The threshold with the highest F1."""
        return float(self.thresholds[np.argmax(self.f1)])

    def best_recall(self, false_a_week: float = 1.0) -> float:
        """The threshold with the highest recall at no more than this many false alarms per series-week."""
        allowed = self.false <= false_a_week * self.weeks
        return float(self.thresholds[np.argmax(np.where(allowed, self.found, -1))])

    def _count(self, place: int) -> Count:
        return Count(self.segments, int(self.found[place]), int(self.false[place]), self.weeks)


def count(corpus: Corpus, alerts: Sequence[NDArray[np.bool_]]) -> Count:
    """The counts of given alert rows: the same episodes, opened by these rows."""
    return Curve.of(corpus, [Verdict(marked.astype(np.float64), None) for marked in alerts]).at(1.0)


def _merged(labelled: NDArray[np.int64], quiet: int) -> NDArray[np.int64]:
    """Ranges of labelled rows; ranges at most ``quiet`` rows apart are joined."""
    if not len(labelled):
        return labelled
    apart = np.flatnonzero(labelled[1:, 0] - labelled[:-1, 1] > quiet)
    firsts = np.concatenate(([0], apart + 1))
    lasts = np.concatenate((apart, [len(labelled) - 1]))
    return np.column_stack((labelled[firsts, 0], labelled[lasts, 1]))


def _openings(
    layout: SeriesLayout, scores: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Rows that open an episode at the thresholds in (low, high], with low and high.

    High is the row's score, low the highest of the ``quiet`` rows before it.
    """
    high = scores[layout.warm_up :]
    padded = np.concatenate((np.full(layout.quiet, -np.inf), high[:-1]))
    low = sliding_window_view(padded, layout.quiet).max(axis=1)
    rows = np.flatnonzero(high > low)
    return rows + layout.warm_up, high[rows], low[rows]


def _open(
    thresholds: NDArray[np.float64], high: NDArray[np.float64], low: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Number of the intervals (low, high] that contain each threshold."""
    size = len(thresholds) + 1
    opened = np.bincount(np.searchsorted(-thresholds, -high), minlength=size)
    closed = np.bincount(np.searchsorted(-thresholds, -low), minlength=size)
    return np.cumsum(opened - closed)[:-1].astype(np.int64)
