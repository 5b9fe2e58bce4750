"""The generalised Pareto distribution: the distribution of excesses over a high threshold.

This holds for nearly every distribution of the values (Pickands, Annals of Statistics 3, 1975; Balkema and
de Haan, Annals of Probability 2, 1974). Its survival function is ``(1 + shape y / scale)^(-1 / shape)``.
"""

from math import log1p

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel

HIGHEST_SHAPE = 0.9
"""Shapes are clipped to this, because a distribution with a shape of 1 or more has no mean."""


@kernel
def weighted_moments(values: Floats, start: int, count: int, origin: float) -> tuple[int, float, float]:
    """Number of the values above ``origin``, and the moments a0 and a1 of their excess over it.

    Reads ``values[start : start + count]``, in any order; equal values share a rank. a0 is the mean, a1
    the mean weighted by ``1 - (rank - 0.35) / n`` (Hosking and Wallis, Parameter and quantile estimation for
    the generalized Pareto distribution, Technometrics 29, 1987, 339).
    """
    above = 0
    mean = 0.0
    for i in range(start, start + count):
        if values[i] > origin:
            above += 1
            mean += values[i] - origin
    if above == 0:
        return 0, 0.0, 0.0
    weighted = 0.0
    for i in range(start, start + count):
        if values[i] > origin:
            below = 0
            equal = 0
            for j in range(start, start + count):
                below += origin < values[j] < values[i]
                equal += values[j] == values[i]
            rank = below + 0.5 * (equal + 1)
            weighted += (1.0 - (rank - 0.35) / above) * (values[i] - origin)
    return above, mean / above, weighted / above


@kernel
def shape_of(mean: float, weighted: float) -> float:
    """The shape by the moments a0 and a1: ``2 - a0 / (a0 - 2 a1)``; 0 is the exponential distribution."""
    rest = mean - 2.0 * weighted
    if rest <= 0.0:
        return -HIGHEST_SHAPE
    return max(-HIGHEST_SHAPE, min(HIGHEST_SHAPE, 2.0 - mean / rest))


@kernel
def log_survival(excess: float, shape: float, scale: float) -> float:
    """``ln`` of the probability to exceed ``excess``; ``shape`` must be above 0."""
    return -log1p(shape * excess / scale) / shape
