"""Models that receive one value at a time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.series import Detector

Step = Callable[[float], float]
"""The score of the next value; learns it afterwards."""


_LOWEST = float(np.finfo(np.float64).min)


def detector_of(fresh: Callable[[NDArray[np.float64]], Step]) -> Detector:
    """A detector that passes the values of a series one by one to a new model.

    Missing values are skipped. They, and values that the model does not score (NaN), have the lowest score of
    all, because some models' scores are negative.

    Args:
        fresh: makes the model of a series from its timestamps, as an operator would for its interval.
    """

    def detect(
        times: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        scores = np.full(len(values), np.nan)
        step = fresh(times)
        for row in np.flatnonzero(~np.isnan(values)).tolist():
            scores[row] = step(float(values[row]))
        return np.nan_to_num(scores, nan=_LOWEST, neginf=_LOWEST), None

    return detect


def rows_a_day(times: NDArray[np.float64]) -> int:
    """Number of rows per day, at least 1."""
    return max(round(86_400 / float(np.median(np.diff(times[:1000])))), 1)
