"""Each detector from its textbook formula, with numpy, scipy: (window, value) to (statistic, two-sided p)."""

from collections.abc import Callable

import numpy as np
from scipy import stats

Twin = Callable[[np.ndarray, float], tuple[float, float]]


def zscore(window: np.ndarray, value: float) -> tuple[float, float]:
    n = len(window)
    t = (value - window.mean()) / (window.std(ddof=1) * np.sqrt(1 + 1 / n))
    return t, 2 * stats.t.sf(abs(t), n - 1)


def modified_zscore(window: np.ndarray, value: float) -> tuple[float, float]:
    spread = stats.median_abs_deviation(window)
    t = (
        0.6745 * (value - np.median(window)) / spread
        if spread
        else (value - np.median(window)) / window.std(ddof=1)
    )
    return t, 2 * stats.t.sf(abs(t), 0.37 * (len(window) - 1))


def iqr(window: np.ndarray, value: float) -> tuple[float, float]:
    low, high = np.quantile(window, [0.25, 0.75])
    scale = (high - low) or 1.349 * window.std(ddof=1)
    k = max(0.0, value - high) / scale - max(0.0, low - value) / scale
    t = 0.6745 + 1.349 * abs(k) if k else 0.0
    return k, 2 * stats.t.sf(t, 0.37 * (len(window) - 1))


TWINS: dict[str, Twin] = {"zscore": zscore, "modified_zscore": modified_zscore, "iqr": iqr}
