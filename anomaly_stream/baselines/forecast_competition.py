"""Forecast competition: a seasonal profile is used only if its forecasts beat those without a season.

Four forecasts of each value are made before the value is known, and their mean absolute errors are compared:
a level without a season; a level with a linear trend (Holt 1957); an additive season, ``level + additive``;
and a multiplicative season, ``level (1 + relative)``. Each has a level of its own, so that their errors
differ by the season alone. The flat level is best for a random walk, Holt for a trend; for noise all four are
equal, and the profile is not used.
"""

from math import isnan

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

FLAT_LEVEL, HOLT_LEVEL, HOLT_SLOPE, ADDITIVE_LEVEL, MULTIPLICATIVE_LEVEL = range(5)
"""Indices into the state: the four levels, and the slope of Holt's method per second."""
FLAT_ERROR, HOLT_ERROR, ADDITIVE_ERROR, MULTIPLICATIVE_ERROR, TESTED, WON, RIVAL_ERROR = range(5, 12)
"""Indices into the state: mean absolute errors of the four forecasts over the last cycle; the cycles in which
the profile had a forecast; the cycles for which the season has been clearly ahead; and the error of the
coarser profile over the same time."""
WORDS = 12
"""The state of one competition has this length."""

_QUICK = 8.0
"""A cycle has the length of this many time constants of the levels."""
_AHEAD = 0.7
"""The season is ahead while its error is below this fraction of the error without it."""
_MOST = 0.25
_FAR = 6.0
"""A value counts as an error of at most this multiple of the flat level's mean error, also in levels."""
_CALM = 0.95
"""An additive season becomes multiplicative if the ratio of the errors is below this."""
_SMALLEST_SHARE = 0.05


@kernel
def factor_of(relative: float) -> float:
    """The factor ``1 + relative`` that scales the level, at least 0.05."""
    return max(_SMALLEST_SHARE, 1.0 + relative)


@kernel
def _clipped(x: float, limit: float) -> float:
    return min(max(x, -limit), limit)


@kernel
def line_gains(rate: float, seen: float) -> tuple[float, float]:
    """Gains of level and slope: those of a line fitted to all ``seen`` values, until they fall to ``rate``.

    The first are the gains of the growing-memory filter, which is least squares computed recursively
    (Brookner 1998, Tracking and Kalman Filtering Made Easy); the later ones give critical damping.
    """
    n = seen + 1.0
    level = min(1.0, 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0)))
    slope = min(1.0, 6.0 / (n * (n + 1.0)))
    return max(rate, level), max(rate * rate / 4.0, slope)


@kernel
def compete(
    state: NDArray[np.float64],
    at: int,
    value: float,
    additive: float,
    relative: float,
    wait: float,
    part: float,
    period: float,
    seen: float,
    rival: float,
) -> float:
    """Update the errors with the forecasts of ``value``, then the levels; returns the error of the season.

        additive, relative   the profile's forecast (NaN: it has none)
        wait                 seconds since the previous value
        part                 fraction of a cycle that the value counts for
        period               length of the cycle, seconds
        seen                 number of previous values
        rival                error of the coarser profile

    Without a forecast of the profile, returns the error of the flat level.
    """
    rate = min(_MOST, 1.0 - np.exp(-_QUICK * wait / period))
    rate = max(rate, 1.0 / (seen + 1.0))
    level_gain, slope_gain = line_gains(rate, seen)
    straight = state[at + HOLT_LEVEL] + state[at + HOLT_SLOPE] * wait
    most = np.inf
    if state[at + TESTED] > 0.0 and state[at + FLAT_ERROR] > 0.0:
        most = _FAR * state[at + FLAT_ERROR]
    error = abs(value - state[at + FLAT_LEVEL])
    if not isnan(additive):
        error = _judge(state, at, value, straight, additive, relative, part, rate, rival, most)
    state[at + FLAT_LEVEL] += rate * _clipped(value - state[at + FLAT_LEVEL], most)
    surprise = _clipped(value - straight, most)
    state[at + HOLT_LEVEL] = straight + level_gain * surprise
    if seen > 0.0 and wait > 0.0:
        state[at + HOLT_SLOPE] += slope_gain * surprise / wait
    return float(error)


@kernel
def _judge(
    state: NDArray[np.float64],
    at: int,
    value: float,
    straight: float,
    additive: float,
    relative: float,
    part: float,
    rate: float,
    rival: float,
    most: float,
) -> float:
    """Update the errors of all four forecasts, and the levels of the two seasonal ones; one value counts for
    an error of ``most``."""
    has_relative = not isnan(relative)
    unscaled = value / factor_of(relative) if has_relative else 0.0
    fresh = state[at + TESTED] == 0.0
    if fresh:
        state[at + ADDITIVE_LEVEL] = value - additive
        state[at + MULTIPLICATIVE_LEVEL] = unscaled
    part = min(part, 0.5)
    state[at + TESTED] += part
    pace = part / min(1.0, state[at + TESTED])
    flat = min(most, abs(value - state[at + FLAT_LEVEL]))
    additive_error = min(most, abs(value - state[at + ADDITIVE_LEVEL] - additive))
    multiplicative_error = most if most < np.inf else 2.0 * flat
    if has_relative:
        multiplicative_error = min(most, abs(value - state[at + MULTIPLICATIVE_LEVEL] * factor_of(relative)))
    state[at + FLAT_ERROR] += pace * (flat - state[at + FLAT_ERROR])
    state[at + HOLT_ERROR] += pace * (min(most, abs(value - straight)) - state[at + HOLT_ERROR])
    state[at + ADDITIVE_ERROR] += pace * (additive_error - state[at + ADDITIVE_ERROR])
    state[at + MULTIPLICATIVE_ERROR] += pace * (multiplicative_error - state[at + MULTIPLICATIVE_ERROR])
    state[at + RIVAL_ERROR] += pace * (min(most, rival) - state[at + RIVAL_ERROR])
    state[at + WON] = state[at + WON] + part if error_ratio(state, at) < _AHEAD else 0.0
    quick = max(rate, pace)
    state[at + ADDITIVE_LEVEL] += quick * _clipped(value - additive - state[at + ADDITIVE_LEVEL], most)
    if has_relative:
        state[at + MULTIPLICATIVE_LEVEL] += quick * _clipped(
            unscaled - state[at + MULTIPLICATIVE_LEVEL], most
        )
    is_additive = state[at + ADDITIVE_ERROR] <= state[at + MULTIPLICATIVE_ERROR]
    return float(additive_error if is_additive else multiplicative_error)


@kernel
def prefers_multiplicative(state: NDArray[np.float64], at: int, so_far: bool) -> bool:
    """Whether the season is multiplicative; changing to it takes a lead of 5 %."""
    if so_far:
        return bool(state[at + MULTIPLICATIVE_ERROR] <= state[at + ADDITIVE_ERROR])
    return bool(state[at + MULTIPLICATIVE_ERROR] < _CALM * state[at + ADDITIVE_ERROR])


@kernel
def least_error(state: NDArray[np.float64], at: int) -> float:
    """Error of the better seasonal forecast."""
    return float(min(state[at + ADDITIVE_ERROR], state[at + MULTIPLICATIVE_ERROR]))


@kernel
def error_ratio(state: NDArray[np.float64], at: int) -> float:
    """Error of the better seasonal forecast over that of the better forecast without a season."""
    flat = min(state[at + FLAT_ERROR], state[at + HOLT_ERROR])
    if state[at + TESTED] == 0.0 or flat <= 0.0:
        return 1.0
    return float(least_error(state, at) / flat)
