"""Detectors of ADTK.

Their verdicts are yes or no, with a threshold of ``c`` times the interquartile range of the training data. A
row's score is the largest of a series of factors ``c`` at which it is still anomalous. They are trained on
NAB's probation period of each series. A level shift is reported once the right window is full.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from adtk.detector import InterQuartileRangeAD, LevelShiftAD, PersistAD, VolatilityShiftAD
from numpy.typing import NDArray

from benchmarks.quality.series import Detector
from benchmarks.quality.windows import probation

_FACTORS = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0)
_WINDOW = 20


def _of(make: Callable[[float], Any], behind: int = 0) -> Detector:
    """A detector that tries the factors in turn.

    Args:
        make: the ADTK detector of a factor.
        behind: number of rows that it needs after the row that it marks.
    """

    def detect(
        times: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        scores = np.zeros(len(values))
        _, kept = np.unique(times, return_index=True)
        series = pd.Series(values[kept], index=pd.to_datetime(times[kept], unit="s"))
        training = series.iloc[: probation(len(series))]
        for factor in _FACTORS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = make(factor)
                try:
                    model.fit(training)
                    marked = model.detect(series)
                except RuntimeError:  # too few values to train on
                    break
            if not marked.any():
                break
            rows = kept[marked.eq(True).to_numpy()] + behind
            scores[rows[rows < len(scores)]] = factor
        return scores, None

    return detect


interquartile_range = _of(lambda factor: InterQuartileRangeAD(c=factor))
persist = _of(lambda factor: PersistAD(window=_WINDOW, c=factor))
level_shift = _of(lambda factor: LevelShiftAD(window=_WINDOW, c=factor), behind=_WINDOW - 1)
volatility_shift = _of(lambda factor: VolatilityShiftAD(window=_WINDOW, c=factor), behind=_WINDOW - 1)
