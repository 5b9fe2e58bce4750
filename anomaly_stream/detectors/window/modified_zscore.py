"""Modified z-score: distance from the median in median absolute deviations (MAD)."""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.normal import EFFICIENCY, NORMAL_MAD
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline

NUMBER = 1
DETECTOR = Detector(
    "modified_zscore", NUMBER, "Distance from the median in median absolute deviations; robust to outliers."
)


@kernel
def statistic(value: float, baseline: Baseline) -> float:
    """``0.6745 (x - median) / MAD`` (Iglewicz and Hoaglin 1993); ``(x - median) / sd`` if MAD is 0."""
    if baseline.mad > 0.0:
        return NORMAL_MAD * ((value - baseline.median) / baseline.mad)
    return (value - baseline.median) / baseline.sd


@kernel
def deviate(statistic: float, baseline: Baseline) -> float:
    """Student's t with ``max(1, 0.37 (n - 1))`` degrees of freedom."""
    return student_deviate(statistic, max(1.0, EFFICIENCY * (baseline.count - 1.0)))
