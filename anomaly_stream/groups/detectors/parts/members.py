"""Each member by itself: its innovation, the error of the forecast from its level and last deviation.

Two members that both drift slowly look correlated for a long time by chance, and so do their products. The
one-step forecast error of a first-order autoregression (its *innovation*) is not autocorrelated, so products
of innovations average out as fast as those of white noise (prewhitening: Box and Jenkins 1970, chapter 11).
Clipping keeps one outlier from looking like a broken correlation (Huber 1981, Robust Statistics, 8.2).
"""

from math import inf, isnan, nan, sqrt

from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel

WORDS = 7
"""The state of a member has this length."""
_COUNT, MEAN, _LAST, _VARIANCE, _COVARIANCE, _SPREAD, _FOLLOWS = range(WORDS)

MEAN_SPAN = 30.0
"""The level is a mean over this many vectors. Slower changes are not part of a correlation."""
SPREAD_SPAN = 200.0
LIMIT = 2.0
"""Innovations are clipped to this many standard deviations."""
OUTLIER = 25.0
"""Squares are clipped to this many times their mean: 5 standard deviations."""
SETTLED = 20.0
"""Squares are clipped after this many values. Before, the mean is too uncertain."""
_MOST_PERSISTENT = 0.99


@leaf_kernel
def rate(span: float, count: float) -> float:
    """Weight of value number ``count`` in a mean over ``span`` values; the first ``span`` weigh equally."""
    return 1.0 / min(span, count)


@leaf_kernel
def capped(square: float, mean: float, count: float) -> float:
    """``square``, clipped for entering a ``mean`` of ``count`` values."""
    return min(square, OUTLIER * mean if count > SETTLED else inf)


@leaf_kernel
def innovation(state: Floats, at: int, value: float) -> float:
    """The clipped, standardised innovation; NaN if the member has no value now or had none just before."""
    if isnan(value) or state[at + _FOLLOWS] == 0.0 or state[at + _SPREAD] <= 0.0:
        return nan
    error = _error(state, at, value)
    return min(LIMIT, max(-LIMIT, error / sqrt(state[at + _SPREAD])))


@leaf_kernel
def learn(state: Floats, at: int, value: float) -> None:
    """Learn the member's next value, NaN if there is none."""
    if isnan(value):
        state[at + _FOLLOWS] = 0.0
        return
    count = state[at + _COUNT] + 1.0
    if count == 1.0:
        state[at + MEAN] = value
    slow = rate(SPREAD_SPAN, count)
    deviation = value - state[at + MEAN]
    if state[at + _FOLLOWS] != 0.0:
        error = _error(state, at, value)
        variance = state[at + _VARIANCE]
        product = deviation * state[at + _LAST]
        size = capped(abs(product), variance, count)
        state[at + _SPREAD] += slow * (
            capped(error * error, state[at + _SPREAD], count) - state[at + _SPREAD]
        )
        state[at + _COVARIANCE] += slow * ((size if product > 0.0 else -size) - state[at + _COVARIANCE])
        state[at + _VARIANCE] += slow * (capped(deviation * deviation, variance, count) - variance)
    state[at + MEAN] += rate(MEAN_SPAN, count) * deviation
    state[at + _LAST] = deviation
    state[at + _FOLLOWS] = 1.0
    state[at + _COUNT] = count


@leaf_kernel
def _error(state: Floats, at: int, value: float) -> float:
    """The error of the forecast ``level + persistence * last deviation``."""
    variance = state[at + _VARIANCE]
    persistence = state[at + _COVARIANCE] / variance if variance > 0.0 else 0.0
    persistence = min(_MOST_PERSISTENT, max(0.0, persistence))
    return float(value - state[at + MEAN] - persistence * state[at + _LAST])
