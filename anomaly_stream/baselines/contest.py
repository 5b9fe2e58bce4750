"""Whether a seasonal profile earns its keep: running errors of forecasts made before the value was known.

A profile, as sums and as shares of the level, runs against two forecasts without a season: a level that
follows quickly, and one with a trend (Holt 1957). All follow a level of their own in the same way, so that
what differs is the season alone. A random walk goes to the first, a trend to the second, noise to both:
there the profile does not win, and is not used."""

from math import isnan

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

FOLLOWED, HOLT, SLOPE, WITH_SUMS, WITH_SHARES = range(5)
FLAT_ERROR, HOLT_ERROR, SUMS_ERROR, SHARES_ERROR, TESTED, WON, RIVAL_ERROR = range(5, 12)
WORDS = 12
"""Four levels and a slope (a second); mean absolute errors of the four forecasts over the last cycle; for
how many cycles, all told, the profile had a forecast, for how many
it has been well ahead; and the error of the coarser profile over the same time."""

_QUICK = 8.0
_AHEAD = 0.7
_MOST = 0.25
_FAR = 6.0
_CALM = 0.95
_SMALLEST_SHARE = 0.05


@kernel
def scaling(share: float) -> float:
    """What a share multiplies the level by; never near 0."""
    return max(_SMALLEST_SHARE, 1.0 + share)


@kernel
def line_gains(rate: float, seen: float) -> tuple[float, float]:
    """Gains of level and slope: those of the straight line through all ``seen`` values, until ``rate`` is
    more.

    The first are the growing-memory filter's (Brookner 1998, Tracking and Kalman Filtering Made Easy), which
    is least squares done value by value; the others critical damping."""
    n = seen + 1.0
    level = min(1.0, 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0)))
    slope = min(1.0, 6.0 / (n * (n + 1.0)))
    return max(rate, level), max(rate * rate / 4.0, slope)


@kernel
def compete(
    memory: NDArray[np.float64],
    at: int,
    value: float,
    added: float,
    share: float,
    wait: float,
    part: float,
    period: float,
    seen: float,
    rival: float,
) -> float:
    """Judge the forecasts of ``value`` that the words at ``at`` make, then let it in.

    ``added`` and ``share`` are the profile's (NaN: it has none); ``wait`` is the time since the value
    before, in seconds, ``part`` how much of a cycle the value stands for, ``seen`` how many came before;
    ``rival`` is the error that a coarser profile made. Returns that of this one; of the level alone where it
    has no forecast."""
    rate = min(_MOST, 1.0 - np.exp(-_QUICK * wait / period))
    rate = max(rate, 1.0 / (seen + 1.0))
    level_gain, slope_gain = line_gains(rate, seen)
    straight = memory[at + HOLT] + memory[at + SLOPE] * wait
    error = abs(value - memory[at + FOLLOWED])
    if not isnan(added):
        error = _judge(memory, at, value, straight, added, share, part, rate, rival)
    memory[at + FOLLOWED] += rate * (value - memory[at + FOLLOWED])
    surprise = value - straight
    memory[at + HOLT] = straight + level_gain * surprise
    if seen > 0.0 and wait > 0.0:
        memory[at + SLOPE] += slope_gain * surprise / wait
    return float(error)


@kernel
def _judge(
    memory: NDArray[np.float64],
    at: int,
    value: float,
    straight: float,
    added: float,
    share: float,
    part: float,
    rate: float,
    rival: float,
) -> float:
    """Take in the errors of all four forecasts, and move the levels of the two with a season."""
    with_shares = not isnan(share)
    unscaled = value / scaling(share) if with_shares else 0.0
    fresh = memory[at + TESTED] == 0.0
    if fresh:
        memory[at + WITH_SUMS] = value - added
        memory[at + WITH_SHARES] = unscaled
    part = min(part, 0.5)
    memory[at + TESTED] += part
    pace = part / min(1.0, memory[at + TESTED])
    most = np.inf
    if not fresh and memory[at + FLAT_ERROR] > 0.0:
        most = _FAR * memory[at + FLAT_ERROR]
    flat = min(most, abs(value - memory[at + FOLLOWED]))
    sums = min(most, abs(value - memory[at + WITH_SUMS] - added))
    shares = most if most < np.inf else 2.0 * flat
    if with_shares:
        shares = min(most, abs(value - memory[at + WITH_SHARES] * scaling(share)))
    memory[at + FLAT_ERROR] += pace * (flat - memory[at + FLAT_ERROR])
    memory[at + HOLT_ERROR] += pace * (min(most, abs(value - straight)) - memory[at + HOLT_ERROR])
    memory[at + SUMS_ERROR] += pace * (sums - memory[at + SUMS_ERROR])
    memory[at + SHARES_ERROR] += pace * (shares - memory[at + SHARES_ERROR])
    memory[at + RIVAL_ERROR] += pace * (min(most, rival) - memory[at + RIVAL_ERROR])
    memory[at + WON] = memory[at + WON] + part if error_ratio(memory, at) < _AHEAD else 0.0
    quick = max(rate, pace)
    memory[at + WITH_SUMS] += quick * (value - added - memory[at + WITH_SUMS])
    if with_shares:
        memory[at + WITH_SHARES] += quick * (unscaled - memory[at + WITH_SHARES])
    return sums if memory[at + SUMS_ERROR] <= memory[at + SHARES_ERROR] else shares


@kernel
def prefers_shares(memory: NDArray[np.float64], at: int, so_far: bool) -> bool:
    """Whether the season scales the level rather than adding to it; it takes a clear lead to change that."""
    if so_far:
        return bool(memory[at + SHARES_ERROR] <= memory[at + SUMS_ERROR])
    return bool(memory[at + SHARES_ERROR] < _CALM * memory[at + SUMS_ERROR])


@kernel
def least_error(memory: NDArray[np.float64], at: int) -> float:
    """That of the better forecast with the season."""
    return float(min(memory[at + SUMS_ERROR], memory[at + SHARES_ERROR]))


@kernel
def error_ratio(memory: NDArray[np.float64], at: int) -> float:
    """Error of the better forecast with the season over that of the better one without."""
    flat = min(memory[at + FLAT_ERROR], memory[at + HOLT_ERROR])
    if memory[at + TESTED] == 0.0 or flat <= 0.0:
        return 1.0
    return float(least_error(memory, at) / flat)
