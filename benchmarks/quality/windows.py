"""NAB's score: detections in labelled windows, weighted by how early they are, minus costs of false ones.

Formula and weights: Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms - the Numenta Anomaly
Benchmark" (2015), as computed by the scorer of NAB v1.1. A row whose score reaches the threshold is a
detection; all files have the same threshold. Rows in the first 15% of a file (at most 750) do not count.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.series import Corpus, LabelledSeries, Verdict

_PROBATION_SHARE, _PROBATION_ROWS = 0.15, 750
_FAR_BEHIND = 3.0
"""A detection costs its full weight if it is this many window widths after a window."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The value of a hit, and the costs of a false detection and of a missed window."""

    name: str
    hit: float
    false: float
    miss: float


STANDARD = Profile("standard", 1.0, 0.11, 1.0)
LOW_FP = Profile("low FP", 1.0, 0.22, 1.0)
LOW_FN = Profile("low FN", 1.0, 0.11, 2.0)
PROFILES = (STANDARD, LOW_FP, LOW_FN)


@dataclass(frozen=True, slots=True)
class Tally:
    """Detections on a corpus or a file, counted at one threshold, and the sums of weights in the formula."""

    windows: int
    hits: int
    """Windows with a detection."""
    earned: float
    """Sum over the windows hit of sigma(y)/sigma(-1) of the earliest detection."""
    false: int
    """Detections outside the windows."""
    cost: float
    """Sum over these of -sigma(y)."""
    detections: int
    rows: int
    """Rows that count."""

    def points(self, profile: Profile) -> float:
        """The gain over no detection at all, in windows."""
        return profile.hit * self.earned + profile.miss * self.hits - profile.false * self.cost

    def score(self, profile: Profile) -> float:
        """0: equal to no detection at all; 100: perfect. NaN without windows."""
        return (
            100 * self.points(profile) / (self.windows * (profile.hit + profile.miss))
            if self.windows
            else math.nan
        )

    @property
    def per_1000(self) -> float:
        """Detections per 1000 rows that count."""
        return 1000 * self.detections / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A corpus at every threshold that matters, highest first; arrays have one entry per threshold."""

    thresholds: NDArray[np.float64]
    windows: int
    rows: int
    hits: NDArray[np.int64]
    earned: NDArray[np.float64]
    false: NDArray[np.int64]
    cost: NDArray[np.float64]
    detections: NDArray[np.int64]

    @classmethod
    def of(cls, corpus: Corpus, verdicts: Sequence[Verdict]) -> Self:
        """The curve of ``verdicts``, which has one entry per series of ``corpus``."""
        parts = [_steps(series, verdict.scores) for series, verdict in zip(corpus, verdicts, strict=True)]
        at, hits, earned, false, cost = (np.concatenate(column) for column in zip(*parts, strict=True))
        thresholds = np.concatenate(([np.inf], np.unique(at)[::-1]))
        place = np.searchsorted(-thresholds, -at)

        def total(weights: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.cumsum(np.bincount(place, weights, len(thresholds)))

        return cls(
            thresholds,
            sum(len(scorable_windows(series)) for series in corpus),
            sum(len(series.times) - probation(len(series.times)) for series in corpus),
            total(hits).astype(np.int64),
            total(earned),
            total(false).astype(np.int64),
            total(cost),
            total(np.ones(len(at))).astype(np.int64),
        )

    def at(self, threshold: float) -> Tally:
        """The tally at one threshold."""
        return self._tally(int(np.searchsorted(-self.thresholds, -threshold, side="right")) - 1)

    def best(self, profile: Profile = STANDARD) -> float:
        """The threshold with the highest score; inf (no detections) if all others have a negative gain."""
        gains = profile.hit * self.earned + profile.miss * self.hits - profile.false * self.cost
        return float(self.thresholds[np.argmax(gains)])

    def _tally(self, place: int) -> Tally:
        return Tally(
            self.windows,
            int(self.hits[place]),
            float(self.earned[place]),
            int(self.false[place]),
            float(self.cost[place]),
            int(self.detections[place]),
            self.rows,
        )


def tally(corpus: Corpus, detections: Sequence[NDArray[np.bool_]]) -> Tally:
    """The tally of given detections, such as the rows at which alerts open."""
    return Curve.of(corpus, [Verdict(marked.astype(np.float64), None) for marked in detections]).at(1.0)


def probation(rows: int) -> int:
    """Number of rows at the start of a file that do not count."""
    return min(math.floor(_PROBATION_SHARE * rows), _PROBATION_ROWS)


def scorable_windows(series: LabelledSeries) -> NDArray[np.int64]:
    """The windows that are not entirely within the probation."""
    return series.anomalies[series.anomalies[:, 1] >= probation(len(series.times))]


def sigma(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """2/(1 + exp(5y)) - 1: near 1 at a window's left edge (y = -1), 0 at its right, near -1 after it."""
    value: NDArray[np.float64] = 2 / (1 + np.exp(5 * np.minimum(y, _FAR_BEHIND + 1))) - 1
    return value


def worth(rows: int, windows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The weight of a detection in each row, and the window that contains the row (-1: none).

    Within a window: sigma(y)/sigma(-1), y from -1 to 0; outside: sigma(y), y the rows past the last window's
    end over that window's width minus one; -1 before the first window and far after one.
    """
    value, window = np.full(rows, -1.0), np.full(rows, -1)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        behind = np.arange(1, rows - last) / max(width - 1, 1)
        value[last + 1 :] = np.where(behind > _FAR_BEHIND, -1.0, sigma(behind))
        inside = np.arange(first, last + 1)
        value[inside] = sigma(-(last - inside + 1) / width) / sigma(np.array(-1.0))
        window[inside] = number
    return value, window


def _steps(series: LabelledSeries, scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Scores, and what each row adds to hits, earned, false and cost once it is a detection."""
    start = probation(len(scores))
    value, window = worth(len(scores), series.anomalies)
    at, value, window = scores[start:], value[start:], window[start:]
    outside = window < 0
    hits, earned = np.zeros(len(at)), np.zeros(len(at))
    for number in np.unique(window[~outside]):
        rows = np.flatnonzero(window == number)
        rows = rows[np.argsort(-at[rows], kind="stable")]
        best = np.maximum.accumulate(value[rows])
        earned[rows] = np.diff(best, prepend=0.0)
        hits[rows[0]] = 1.0
    return at, hits, earned, outside.astype(np.float64), np.where(outside, -value, 0.0)
