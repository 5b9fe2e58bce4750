"""The chain: what a row remembers of its season beside the profiles, and how level and trend follow."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.contest import line_gains
from anomaly_stream.baselines.season.adjustment import Adjustment
from anomaly_stream.kernels.jit import kernel

SEEN, LAST, INTERVAL, LEVEL, TREND, ANCHOR = range(6)
CHOSEN, FOUND_ON, SHARES, SINCE, HOLIDAYS, HOLIDAY_DAY = range(6, 12)
"""Words of the chain: values seen, time of the last; sampling interval in seconds; level, and trend a
second; the anchor; the civil profile in use (from 1; 0: none) and whether the found one is; which profiles
scale the level (a bit each); values since the level began; holidays so far, and the day of the last."""

_NEAR = 0.1
_STEP = 0.04
_MOST_RATE = 0.25
_FADING = 16.0


@kernel
def scales(memory: NDArray[np.float64], number: int) -> bool:
    """Whether profile ``number`` of the row scales the level."""
    return int(memory[SHARES]) >> number & 1 == 1


@kernel
def follow_interval(memory: NDArray[np.float64], wait: float) -> None:
    """A running median of the waits, that settles on their mean where they hardly differ."""
    if memory[INTERVAL] == 0.0:
        memory[INTERVAL] = wait
    elif abs(wait - memory[INTERVAL]) < _NEAR * memory[INTERVAL]:
        memory[INTERVAL] += _NEAR * (wait - memory[INTERVAL])
    else:
        memory[INTERVAL] *= 1.0 + _STEP if wait > memory[INTERVAL] else 1.0 - _STEP


@kernel
def forecast_level(memory: NDArray[np.float64], speed: float, wait: float) -> float:
    """The level after ``wait`` seconds: its trend fades, over as long as the level takes to follow."""
    return float(memory[LEVEL] + memory[TREND] * speed * (1.0 - np.exp(-wait / speed)))


@kernel
def learn_level(
    memory: NDArray[np.float64], found: Adjustment, value: float, wait: float, speed: float
) -> None:
    """Move level and trend: a critically damped pair (Holt 1957, with the damping of Gardner 1985)."""
    if memory[SEEN] == 0.0:
        memory[SINCE] = 1.0
        memory[LEVEL] = (value - found.offset) / found.factor
        memory[ANCHOR] = memory[LEVEL]
        return
    level = forecast_level(memory, speed, wait)
    surprise = (value - found.offset) / found.factor - memory[ANCHOR]
    level_gain, slope_gain = line_gains(min(_MOST_RATE, 1.0 - np.exp(-wait / speed)), memory[SINCE])
    memory[SINCE] += 1.0
    memory[LEVEL] = level + level_gain * surprise
    memory[TREND] *= np.exp(-wait / (_FADING * speed))
    if wait > 0.0:
        memory[TREND] += slope_gain * surprise / wait


@kernel
def adopt(memory: NDArray[np.float64]) -> None:
    """Have level and trend begin anew with the next value: what it belongs to is to be taken as lasting."""
    memory[SINCE] = 0.0
    memory[TREND] = 0.0
