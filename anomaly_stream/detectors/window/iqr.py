"""IQR: distance beyond the nearer quartile in interquartile ranges (Tukey's fences, 1977)."""

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline

NORMAL_QUARTILE = 0.6745
"""The upper quartile of a normal distribution in standard deviations."""
NORMAL_IQR = 1.349
EFFICIENCY = 0.37
"""Of the IQR as an estimate of the standard deviation."""


@kernel
def statistic(value: float, baseline: Baseline) -> float:
    """``(x - Q3) / IQR`` above, ``(x - Q1) / IQR`` below, 0 between the quartiles.

    1.5 and 3 are Tukey's inner and outer fences. The standard deviation stands in for an IQR of 0.
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
    """As standard deviations of a normal distribution, then Student's t with 0.37 (n - 1) degrees of freedom.

    0, the centre itself, for all values between the quartiles.
    """
    if statistic == 0.0:
        return 0.0
    t = NORMAL_QUARTILE + NORMAL_IQR * abs(statistic)
    z = student_deviate(t, max(1.0, EFFICIENCY * (baseline.count - 1.0)))
    return z if statistic > 0.0 else -z
