"""How rare a strength is in this series: the tail of its own past strengths.

A strength is a mean of logarithms of probabilities, so strengths have an exponential tail whatever the values
are, but each kind of series its own: with noise, autocorrelation, heavy tails and seasons, one strength has
very different odds. With u the strength without its term for the number of values per week, q the
level that one u in 100 exceeds, m the mean of the last 100 excesses over q, and k their number:

    log10 p = -2 - k log10(1 + (u - q) / (k m))                     beyond q
    log10 p = -2 exp(-(q - u) / (2 m ln 10))                        below it

The first is the predictive distribution of an exponential tail whose mean is known from k excesses, so a
young series claims less. It starts with q = 0.75 and m = 0.25, those of noise, with the weight of ten
excesses. q moves in steps of m that keep one value in 100 beyond it (Robbins and Monro 1951). An excess
counts as at most 8 m, so that an incident does not make its like common.
"""

from math import exp

from anomaly_stream.detectors.models.views.forecasts import FEWEST
from anomaly_stream.detectors.models.views.state import (
    ROWS,
    TAIL_COUNT,
    TAIL_EXCESS,
    TAIL_LEVEL,
    ModelState,
)
from anomaly_stream.detectors.models.views.strength import looks_of
from anomaly_stream.kernels.jit import leaf_kernel

_SHARE, _DECADES = 0.01, 2.0
"""This share of strengths lies beyond the level: once in ten to the power of ``_DECADES``."""
_LEVEL, _EXCESS, _COUNT = 0.75, 0.25, 10.0
"""What a series begins with; the excesses weigh ``_COUNT``, the level as much as their values."""
_MOST_EXCESSES, _MOST_VALUES = 100.0, 20_000.0
"""The means are those of about so many excesses and values."""
_CLIP = 8.0
_LEAST_EXCESS = 0.05
_LN_10 = 2.302585092994046


@leaf_kernel
def start_tail(state: ModelState) -> None:
    """The tail of a series without strengths."""
    state.doubles[TAIL_LEVEL] = _LEVEL
    state.doubles[TAIL_EXCESS] = _EXCESS
    state.doubles[TAIL_COUNT] = _COUNT


@leaf_kernel
def probability_of(state: ModelState, strength: float) -> float:
    """The probability that a value of this series reaches a strength."""
    doubles = state.doubles
    excess = strength + looks_of(state) - doubles[TAIL_LEVEL]
    mean, count = doubles[TAIL_EXCESS], doubles[TAIL_COUNT]
    if excess > 0.0:
        return float(_SHARE * (1.0 + excess / (count * mean)) ** -count)
    return float(10.0 ** (-_DECADES * exp(excess / (mean * _DECADES * _LN_10))))


@leaf_kernel
def learn_tail(state: ModelState, strength: float) -> None:
    """Learn the strength of a value, before ``ROWS`` counts it."""
    doubles = state.doubles
    excess = strength + looks_of(state) - doubles[TAIL_LEVEL]
    mean = doubles[TAIL_EXCESS]
    step = mean / min(_COUNT / _SHARE + doubles[ROWS] - FEWEST, _MOST_VALUES)
    if excess <= 0.0:
        doubles[TAIL_LEVEL] -= step
        return
    doubles[TAIL_LEVEL] += step * (1.0 - _SHARE) / _SHARE
    doubles[TAIL_COUNT] = min(doubles[TAIL_COUNT] + 1.0, _MOST_EXCESSES)
    mean += (min(excess, _CLIP * mean) - mean) / doubles[TAIL_COUNT]
    doubles[TAIL_EXCESS] = max(mean, _LEAST_EXCESS)
