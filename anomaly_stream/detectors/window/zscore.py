"""z-score: distance from the mean in standard deviations."""

from math import sqrt

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline

NUMBER = 0
DETECTOR = Detector("zscore", NUMBER, "Distance from the mean in standard deviations.")


@kernel
def statistic(value: float, baseline: Baseline) -> float:
    """``(x - mean) / (sd sqrt(1 + 1/n))``: a new value in units of its predictive standard deviation."""
    return (value - baseline.mean) / (baseline.sd * sqrt(1.0 + 1.0 / baseline.count))


@kernel
def deviate(statistic: float, baseline: Baseline) -> float:
    """Student's t with n - 1 degrees of freedom: the predictive distribution of a normal sample of size n."""
    return student_deviate(statistic, baseline.count - 1.0)
