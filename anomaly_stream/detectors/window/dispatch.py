"""Window detectors, and the kernel that calls one of them by number.

The module of a window detector holds its entry in the registry and two kernels:

``NUMBER``, ``DETECTOR``: its number and its entry.

``statistic(value, baseline)``: a signed statistic that never falls as the value rises.

``deviate(statistic, baseline)``: the standard normal deviate with the same tail probability as the statistic
has under the detector's own model.
"""

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.window import iqr, modified_zscore, zscore
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

DETECTORS: tuple[Detector, ...] = (zscore.DETECTOR, modified_zscore.DETECTOR, iqr.DETECTOR)


@kernel
def evaluate(number: int, value: float, baseline: Baseline) -> tuple[float, float]:
    """Statistic and normal deviate of window detector ``number``; NaN for any other number."""
    if number == zscore.NUMBER:
        found = zscore.statistic(value, baseline)
        return found, zscore.deviate(found, baseline)
    if number == modified_zscore.NUMBER:
        found = modified_zscore.statistic(value, baseline)
        return found, modified_zscore.deviate(found, baseline)
    if number == iqr.NUMBER:
        found = iqr.statistic(value, baseline)
        return found, iqr.deviate(found, baseline)
    return np.nan, np.nan
