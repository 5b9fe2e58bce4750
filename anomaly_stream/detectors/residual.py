"""Residual: a robust distance from what the hour of day, or the whole past, lets expect.

Two forecasts are learned, a level and one for each hour of the day (UTC). The hour's counts where its
running absolute error is smaller by a seventh, else the level. Both are Huber's estimate of location
(Annals of Mathematical Statistics 35, 1964) by stochastic approximation (Robbins and Monro, ibid. 22,
1951): a value moves them by at most ``_CLIP`` scales. So is the scale, the mean absolute residual; it
counts as at least a hundredth of the expected value.
"""

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import LEAST_P, score_of
from anomaly_stream.model.evaluation import Evaluation

Words = NDArray[np.float64]

_SEEN, _LEVEL, _LEVEL_ERROR, _HOUR_ERROR, _SCALE, _HOURS = range(6)
_HOURS_A_DAY = 24
_COUNTS = _HOURS + _HOURS_A_DAY
WORDS = _COUNTS + _HOURS_A_DAY
"""Values seen, level, mean absolute error of level and of hours, scale; by hour: its forecast, its values."""
READY = 30.0
"""Values after which it says something."""
_SLOWEST = 0.002
_SLOWEST_HOUR = 0.05
_FEW = 3.0
_BETTER = 0.85
_CLIP = 3.0
_NORMAL = 1.2533141373155003
"""Standard deviation of a normal distribution in mean absolute deviations."""
_EDGE = 3.8905918864131007
"""The deviate of one value in 10,000: where the band ends."""
_RELATIVE = 0.01
_LEAST = 1e-300


@kernel
def _hour(time: float) -> int:
    return int(time // 3600.0 % _HOURS_A_DAY)


@kernel
def _expected(memory: Words, time: float) -> float:
    hour = _hour(time)
    by_hour = memory[_HOUR_ERROR] < _BETTER * memory[_LEVEL_ERROR]
    if by_hour and memory[_COUNTS + hour] >= _FEW:
        return float(memory[_HOURS + hour])
    return float(memory[_LEVEL])


@kernel
def evaluate(memory: Words, time: float, value: float) -> Evaluation:
    """The residual in scales, as if it were normal."""
    if memory[_SEEN] < READY:
        return Evaluation(np.nan, np.nan, np.nan, np.nan, np.nan, 0)
    expected = _expected(memory, time)
    scale = max(_NORMAL * memory[_SCALE], _RELATIVE * abs(expected), _LEAST)
    score = score_of(max(LEAST_P, erfc(abs(value - expected) / scale / sqrt(2.0))))
    return Evaluation(score, score, expected, expected - _EDGE * scale, expected + _EDGE * scale, 0)


@kernel
def _step(memory: Words, at: int, value: float, seen: float, slowest: float) -> None:
    """Move a forecast towards a value; a mean at first."""
    change = value - memory[at]
    if seen >= READY and memory[_SCALE] > 0.0:
        reach = _CLIP * memory[_SCALE]
        change = max(-reach, min(reach, change))
    memory[at] += max(1.0 / (seen + 1.0), slowest) * change


@kernel
def learn(memory: Words, time: float, value: float, found: Evaluation, taught: bool) -> None:
    """Let forecasts, their errors and the scale follow; an anomaly moves them little."""
    seen = memory[_SEEN]
    hour = _hour(time)
    rate = max(1.0 / (seen + 1.0), _SLOWEST)
    residual = abs(value - _expected(memory, time)) if seen > 0.0 else 0.0
    level_error = abs(value - memory[_LEVEL]) if seen > 0.0 else 0.0
    hour_error = level_error
    if memory[_COUNTS + hour] >= _FEW:
        hour_error = abs(value - memory[_HOURS + hour])
    if seen >= READY and memory[_SCALE] > 0.0:
        reach = _CLIP * memory[_SCALE]
        residual = min(residual, reach)
        level_error = min(level_error, reach)
        hour_error = min(hour_error, reach)
    memory[_SCALE] += rate * (residual - memory[_SCALE])
    memory[_LEVEL_ERROR] += rate * (level_error - memory[_LEVEL_ERROR])
    memory[_HOUR_ERROR] += rate * (hour_error - memory[_HOUR_ERROR])
    _step(memory, _LEVEL, value, seen, _SLOWEST)
    _step(memory, _HOURS + hour, value, memory[_COUNTS + hour], _SLOWEST_HOUR)
    memory[_COUNTS + hour] += 1.0
    memory[_SEEN] += 1.0
