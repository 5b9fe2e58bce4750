"""z-score: distance from the mean in standard deviations."""

from math import sqrt

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline


@kernel
def statistic(value: float, baseline: Baseline) -> float:
    """``(x - mean) / (sd sqrt(1 + 1/n))``: one more value of a normal sample of n, in its own spread."""
    return (value - baseline.mean) / (baseline.sd * sqrt(1.0 + 1.0 / baseline.count))


@kernel
def deviate(statistic: float, baseline: Baseline) -> float:
    """Student's t with n - 1 degrees of freedom, the predictive distribution of a normal sample."""
    return student_deviate(statistic, baseline.count - 1.0)
