"""IQR: distance beyond the nearer quartile in interquartile ranges (Tukey's fences, 1977)."""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.normal import EFFICIENCY, NORMAL_IQR, NORMAL_MAD
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline

NUMBER = 2
DETECTOR = Detector("iqr", NUMBER, "Distance beyond the quartiles in interquartile ranges (Tukey's fences).")


@kernel
def statistic(value: float, baseline: Baseline) -> float:
    """``(x - Q3) / IQR`` above Q3, ``(x - Q1) / IQR`` below Q1, 0 between the quartiles.

    Tukey's inner and outer fences are at 1.5 and 3. If IQR is 0, ``1.349 sd`` replaces it.
    """
    scale = baseline.upper_quartile - baseline.lower_quartile
    if scale <= 0.0:
        scale = NORMAL_IQR * baseline.sd
    if value > baseline.upper_quartile:
        return (value - baseline.upper_quartile) / scale
    if value < baseline.lower_quartile:
        return (value - baseline.lower_quartile) / scale
    return 0.0


@kernel
def deviate(statistic: float, baseline: Baseline) -> float:
    """Student's t at ``0.6745 + 1.349 |statistic|`` with ``max(1, 0.37 (n - 1))`` degrees of freedom.

    0 between the quartiles.
    """
    if statistic == 0.0:
        return 0.0
    t = NORMAL_MAD + NORMAL_IQR * abs(statistic)
    z = student_deviate(t, max(1.0, EFFICIENCY * (baseline.count - 1.0)))
    return z if statistic > 0.0 else -z
