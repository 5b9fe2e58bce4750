"""Level and trend of a row, and the other state of its season besides the profiles."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.forecast_competition import line_gains
from anomaly_stream.baselines.season.adjustment import Adjustment
from anomaly_stream.kernels.jit import kernel

SEEN, LAST, INTERVAL, LEVEL, TREND, ANCHOR = range(6)
"""Indices into the state: number of values seen, time of the last; sampling interval in seconds; level, trend
per second; the anchor."""
CHOSEN, DETECTED_ON, MULTIPLICATIVE, SINCE, HOLIDAYS, HOLIDAY_DAY = range(6, 12)
"""Indices into the state: the civil profile in use (from 1; 0: none); whether the detected period is in use;
which profiles are multiplicative (one bit each); number of values since the level began; number of holidays
so far, and the day of the last one."""
PREVIOUS, PREVIOUS_SINCE, KNOWN_UNTIL, RETURNED = range(12, 16)
"""Indices into the state: the level before the one that was accepted; its number of values (0: none is
known); when it is forgotten; how many values in a row were nearer to it."""

_NEAR = 0.1
"""Within this relative distance, the sampling interval follows the mean instead of the median."""
_STEP = 0.04
_MOST_RATE = 0.25
_FADING = 16.0
"""The time constant of the trend is this multiple of the level's."""


@kernel
def is_multiplicative(state: NDArray[np.float64], number: int) -> bool:
    """Whether profile ``number`` of the row is multiplicative."""
    return int(state[MULTIPLICATIVE]) >> number & 1 == 1


@kernel
def follow_interval(state: NDArray[np.float64], wait: float) -> None:
    """Running median of the waits, which converges to their mean if they hardly vary."""
    if state[INTERVAL] == 0.0:
        state[INTERVAL] = wait
    elif abs(wait - state[INTERVAL]) < _NEAR * state[INTERVAL]:
        state[INTERVAL] += _NEAR * (wait - state[INTERVAL])
    else:
        state[INTERVAL] *= 1.0 + _STEP if wait > state[INTERVAL] else 1.0 - _STEP


@kernel
def forecast_level(state: NDArray[np.float64], time_constant: float, wait: float) -> float:
    """Level after ``wait`` seconds; the trend is damped with the time constant of the level."""
    return float(state[LEVEL] + state[TREND] * time_constant * (1.0 - np.exp(-wait / time_constant)))


@kernel
def learn_level(
    state: NDArray[np.float64], found: Adjustment, value: float, wait: float, time_constant: float
) -> None:
    """Update level and trend with critical damping (Holt 1957; damped trend of Gardner 1985)."""
    if state[SEEN] == 0.0:
        state[SINCE] = 1.0
        state[LEVEL] = (value - found.offset) / found.factor
        state[ANCHOR] = state[LEVEL]
        return
    level = forecast_level(state, time_constant, wait)
    surprise = ((value - found.offset) / found.factor - state[ANCHOR]) * found.spread
    level_gain, slope_gain = line_gains(min(_MOST_RATE, 1.0 - np.exp(-wait / time_constant)), state[SINCE])
    state[SINCE] += 1.0
    state[LEVEL] = level + level_gain * surprise
    state[TREND] *= np.exp(-wait / (_FADING * time_constant))
    if wait > 0.0:
        state[TREND] += slope_gain * surprise / wait


@kernel
def resume(state: NDArray[np.float64], level: float) -> None:
    """Continue from a level that is known, without a trend: the way there says nothing of the way on."""
    state[LEVEL] = level
    state[TREND] = 0.0


@kernel
def adopt(state: NDArray[np.float64], level: float, time: float, time_constant: float) -> None:
    """Restart at this level, which is accepted as the new normal.

    The level before it stays known until the new one has lasted for a time constant. So an incident that was
    accepted leaves the usual values usual. Of several levels within that time, the first one is kept.
    """
    if not _knows_previous(state, time):
        state[PREVIOUS] = state[LEVEL]
        state[PREVIOUS_SINCE] = state[SINCE]
    state[KNOWN_UNTIL] = time + time_constant
    state[SINCE] = state[RETURNED] = 0.0
    resume(state, level)


@kernel
def has_returned(state: NDArray[np.float64], time: float, level: float, value: float) -> bool:
    """Whether a value without its season is nearer to the level before the last one that was accepted."""
    return _knows_previous(state, time) and abs(value - state[PREVIOUS]) < abs(value - level)


@kernel
def _knows_previous(state: NDArray[np.float64], time: float) -> bool:
    return bool(state[PREVIOUS_SINCE] > 0.0 and time < state[KNOWN_UNTIL])


@kernel
def follow_return(state: NDArray[np.float64], returned: bool, least: int) -> None:
    """Count a value for or against a return; after ``least`` in a row, restore the level before."""
    state[RETURNED] = state[RETURNED] + 1.0 if returned else 0.0
    if state[RETURNED] >= least:
        resume(state, state[PREVIOUS])
        state[SINCE] = state[PREVIOUS_SINCE]
        state[PREVIOUS_SINCE] = state[RETURNED] = 0.0


@kernel
def restart_trend(state: NDArray[np.float64], period: float) -> None:
    """Set the trend to 0; it is learned again as if only one cycle of values were known.

    For another season, of this period: the trend so far followed the errors of the season before. With a
    period of 0 the trend alone changes.
    """
    state[TREND] = 0.0
    if period > 0.0 and state[INTERVAL] > 0.0:
        state[SINCE] = min(state[SINCE], max(1.0, period / state[INTERVAL]))
