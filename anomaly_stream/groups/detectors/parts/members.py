"""Each member on its own: what is new in its value, once its level and its last deviation are known.

Two members that both wander slowly look related for a long time by chance alone, and so do their products.
The one-step forecast error of an autoregression of order 1 (its *innovation*) has no memory, so products of
innovations average out as fast as those of white noise (prewhitening: Box and Jenkins 1970, chapter 11).
Clipping them keeps one outlier from looking like a broken correlation (Huber 1981, Robust Statistics, 8.2).
"""

from math import inf, isnan, nan, sqrt

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

WORDS = 7
"""Of memory, a member."""
_COUNT, MEAN, _LAST, _VARIANCE, _COVARIANCE, _SPREAD, _FOLLOWS = range(WORDS)

MEAN_SPAN = 30.0
"""Vectors that the level is a mean over: what wanders more slowly than this is no part of a relation."""
SPREAD_SPAN = 200.0
LIMIT = 2.0
"""Innovations are clipped at as many standard deviations."""
OUTLIER = 25.0
"""A square counts as at most this many times its mean: 5 standard deviations."""
SETTLED = 20.0
"""Values from which on that holds: before, the mean is too young to judge by."""
_MOST_PERSISTENT = 0.99


@leaf_kernel
def rate(span: float, count: float) -> float:
    """Weight of the newest of ``count`` values in a mean over ``span``: a plain mean until there are as
    many.
    """
    return 1.0 / min(span, count)


@leaf_kernel
def capped(square: float, mean: float, count: float) -> float:
    """``square`` as it may enter ``mean``, which ``count`` values have entered."""
    return min(square, OUTLIER * mean if count > SETTLED else inf)


@leaf_kernel
def innovation(memory: Floats, at: int, value: float) -> float:
    """The clipped standardised innovation; NaN where the member has no value now, or had none just before.

    ``at``: where the member's words begin.
    """
    if isnan(value) or memory[at + _FOLLOWS] == 0.0 or memory[at + _SPREAD] <= 0.0:
        return nan
    error = _error(memory, at, value)
    return min(LIMIT, max(-LIMIT, error / sqrt(memory[at + _SPREAD])))


@leaf_kernel
def learn(memory: Floats, at: int, value: float) -> None:
    """Take in the member's next value, NaN where there is none."""
    if isnan(value):
        memory[at + _FOLLOWS] = 0.0
        return
    count = memory[at + _COUNT] + 1.0
    if count == 1.0:
        memory[at + MEAN] = value
    slow = rate(SPREAD_SPAN, count)
    deviation = value - memory[at + MEAN]
    if memory[at + _FOLLOWS] != 0.0:
        error = _error(memory, at, value)
        variance = memory[at + _VARIANCE]
        product = deviation * memory[at + _LAST]
        size = capped(abs(product), variance, count)
        memory[at + _SPREAD] += slow * (
            capped(error * error, memory[at + _SPREAD], count) - memory[at + _SPREAD]
        )
        memory[at + _COVARIANCE] += slow * ((size if product > 0.0 else -size) - memory[at + _COVARIANCE])
        memory[at + _VARIANCE] += slow * (capped(deviation * deviation, variance, count) - variance)
    memory[at + MEAN] += rate(MEAN_SPAN, count) * deviation
    memory[at + _LAST] = deviation
    memory[at + _FOLLOWS] = 1.0
    memory[at + _COUNT] = count


@leaf_kernel
def _error(memory: Floats, at: int, value: float) -> float:
    """Of the forecast: the level, and of the last deviation the part that usually persists."""
    variance = memory[at + _VARIANCE]
    persistence = memory[at + _COVARIANCE] / variance if variance > 0.0 else 0.0
    persistence = min(_MOST_PERSISTENT, max(0.0, persistence))
    return float(value - memory[at + MEAN] - persistence * memory[at + _LAST])
