"""Two textbook detectors over a window in time, with their usual thresholds.

A value is judged by the values before it. An alert opens where the score reaches the threshold and the score
of the row before did not.
"""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Floats

_HOUR, _DAY = 3600.0, 86_400.0
_WEEK = 7 * _DAY
_K_ZSCORE, _K_MAD = 4.0, 3.5
_FEWEST = 30
_FEWEST_IN_HOUR = 5
_HOURLY_DAYS = 14
_NORMAL = 1.4826
_LEAST_SHARE = 1e-6
"""The smallest deviation used, relative to the size of the centre: that of a constant series is 0."""


def zscore_7d(times: Floats, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The distance from the mean of the last seven days in standard deviations."""
    known = np.flatnonzero(~np.isnan(values))
    at, x = times[known], values[known]
    x_norm = (x - x[0]) if len(x) else x
    sums = np.concatenate(([0.0], np.cumsum(x_norm)))
    squares = np.concatenate(([0.0], np.cumsum(x_norm**2)))
    last = np.arange(len(x))
    first = np.minimum(np.searchsorted(at, at - _WEEK), last)
    count = np.maximum(last - first, 1)
    mean = (sums[last] - sums[first]) / count
    variance = np.maximum((squares[last] - squares[first]) / count - mean**2, 0.0)
    deviation = np.sqrt(variance) + _LEAST_SHARE * np.abs(mean) + 1e-12
    scores = np.zeros(len(values))
    scores[known] = np.where(last - first >= _FEWEST, np.abs(x_norm - mean) / deviation, 0.0)
    return scores, _openings(scores, _K_ZSCORE)


def hour_of_day_mad(times: Floats, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The smaller of two distances: from the median of this hour of the last 14 days in median absolute
    deviations, and the 7-day z-score; either alone gives many more false alarms.
    """
    scores = np.zeros(len(values))
    known = np.flatnonzero(~np.isnan(values))
    hours = np.floor(times[known] / _HOUR).astype(np.int64)
    starts = np.flatnonzero(np.diff(hours, prepend=np.int64(-1)))
    past: dict[int, list[tuple[int, Floats]]] = defaultdict(list)
    for first, end in zip(starts, [*starts[1:], len(known)], strict=True):
        hour = int(hours[first])
        ring = past[hour % 24]
        while ring and ring[0][0] < hour - 24 * _HOURLY_DAYS:
            ring.pop(0)
        x = values[known[first:end]]
        before = np.concatenate([held for _, held in ring]) if ring else np.empty(0)
        if len(before) >= _FEWEST_IN_HOUR:
            centre = np.median(before)
            deviation = _NORMAL * np.median(np.abs(before - centre))
            least = _LEAST_SHARE * abs(centre) + 1e-12
            scores[known[first:end]] = np.abs(x - centre) / (deviation + least)
        ring.append((hour, x))
    scores = np.minimum(scores, zscore_7d(times, values)[0])
    return scores, _openings(scores, _K_MAD)


def _openings(scores: Floats, threshold: float) -> NDArray[np.bool_]:
    reached = scores >= threshold
    return reached & ~np.concatenate(([False], reached[:-1]))
