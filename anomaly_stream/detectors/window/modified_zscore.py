"""Modified z-score: distance from the median in median absolute deviations."""

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline

NORMAL_MAD = 0.6745
"""The MAD of a normal distribution in standard deviations."""
EFFICIENCY = 0.37
"""Of the MAD as an estimate of the standard deviation: n values tell as much as 0.37 n would otherwise."""


@kernel
def statistic(value: float, baseline: Baseline) -> float:
    """``0.6745 (x - median) / MAD`` (Iglewicz and Hoaglin 1993).

    The standard deviation stands in for a MAD of 0.
    """
    if baseline.mad > 0.0:
        return NORMAL_MAD * ((value - baseline.median) / baseline.mad)
    return (value - baseline.median) / baseline.sd


@kernel
def deviate(statistic: float, baseline: Baseline) -> float:
    """Student's t with 0.37 (n - 1) degrees of freedom, at least 1."""
    return student_deviate(statistic, max(1.0, EFFICIENCY * (baseline.count - 1.0)))
