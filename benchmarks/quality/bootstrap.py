"""Confidence intervals of a figure, by the bootstrap over files.

The files of a corpus are drawn with replacement, and the figure is computed for the drawn files (Efron 1979,
*Bootstrap methods: another look at the jackknife*). Files are drawn because rows within a file are not
independent.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import segments, windows
from benchmarks.quality.evaluation import Judged
from benchmarks.quality.series import Corpus

_DRAWS, _SEED = 1000, 1
_INTERVAL = (2.5, 97.5)


class Estimate(NamedTuple):
    """A figure of a corpus, its 95% interval over files, and the false alarms per series-week.

    The figure is F1 or a hundredth of NAB's standard score. It is NaN for a corpus without labels, in which
    every alert counts as false. ``false_a_week`` is NaN for corpora with windows.
    """

    figure: float
    low: float
    high: float
    false_a_week: float


def estimate(part: Judged, threshold: float | None) -> Estimate:
    """The figure at a threshold; None: for the detector's own alerts, which it must have."""
    rows = [verdict.alerts if threshold is None else verdict.scores >= threshold for verdict in part.verdicts]
    counts = np.array(
        [
            _counts(part.windowed, [series], [alerts])
            for series, alerts in zip(part.corpus, rows, strict=True)
            if alerts is not None
        ]
    )
    figures = _figures(part.windowed, _drawn(len(counts)) @ counts)
    low, high = np.percentile(figures, _INTERVAL) if part.has_labels else (np.nan, np.nan)
    total = counts.sum(axis=0)
    figure = float(_figures(part.windowed, total[np.newaxis])[0]) if part.has_labels else np.nan
    false_a_week = np.nan if part.windowed else float(total[2] / max(total[3], 1e-9))
    return Estimate(figure, float(low), float(high), false_a_week)


def _drawn(files: int) -> NDArray[np.float64]:
    """The number of times that each file is drawn, for each draw: [draws, files]."""
    return (
        np.random.default_rng(_SEED).multinomial(files, np.full(files, 1 / files), _DRAWS).astype(np.float64)
    )


def _counts(
    windowed: bool, corpus: Corpus, alerts: Sequence[NDArray[np.bool_]]
) -> tuple[float, float, float, float]:
    """The counts of each file that the figure is computed from."""
    if windowed:
        tally = windows.tally(corpus, alerts)
        return tally.windows, tally.points(windows.STANDARD), tally.false, 0.0
    count = segments.count(corpus, alerts)
    return count.segments, count.found, count.false, count.weeks


def _figures(windowed: bool, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    known, good, false, _ = counts.T
    if windowed:
        return np.asarray(good / np.maximum(known * (windows.STANDARD.hit + windows.STANDARD.miss), 1))
    return np.asarray(2 * good / np.maximum(known + good + false, 1))
