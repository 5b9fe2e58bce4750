"""How window detectors are called: one kernel, one branch for each detector.

The module of a window detector has two kernels:

``statistic(value, baseline)``: signed, and never falling as the value rises.

``deviate(statistic, baseline)``: the standard normal deviate with the tail probability that the detector's
own model gives the statistic.
"""

from anomaly_stream.detectors.ids import MODIFIED_ZSCORE, ZSCORE
from anomaly_stream.detectors.window import iqr, modified_zscore, zscore
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline


@kernel
def evaluate(number: int, value: float, baseline: Baseline) -> tuple[float, float]:
    """Statistic and normal deviate that light detector ``number`` gives."""
    if number == ZSCORE:
        found = zscore.statistic(value, baseline)
        return found, zscore.deviate(found, baseline)
    if number == MODIFIED_ZSCORE:
        found = modified_zscore.statistic(value, baseline)
        return found, modified_zscore.deviate(found, baseline)
    found = iqr.statistic(value, baseline)
    return found, iqr.deviate(found, baseline)
