"""The residual of a value, and its distance in robust scales.

*Baseline* b: the plainest forecast that is not clearly beaten: the median of the last ten days; the median of
this hour where its mean absolute error is below 0.85 of that; the weekly forecast where, after 168 of
them, its error is below 0.6 of the better one's. Where the views believe in a week, and two were seen, all
from b to the weekly forecast is usual: a job that runs once a week is no outlier of its hour of the day.

*Scale*: max(q95/1.96, sqrt(1.4826 MAD q95/1.96), 0.15 |b|, 0.01 |v|), of the absolute residuals' median MAD
and 95% quantile q95; for series of counts at least sqrt(b) (Poisson) and 1. The quantile is what bursts have,
and heavy tails. Where 0 is what is seen mostly, and expected, it is at least the usual size of what is not 0
(the geometric mean, slowly forgotten): as in a compound Poisson process, what comes seldom comes in lots.
When a forecast takes over whose error is below half of the last one's, the residuals kept shrink by as much,
to a tenth at most: they were those of a forecast that is believed no more.

*Deviate*: z = (v - b)/scale; where a range is usual, from its nearest end. A fall of a positive b counts as
at least b min(2, ln(b/v)): on a logarithmic scale a fall to a tenth is as far as a rise to ten times.
"""

from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from anomaly_stream.detectors.models.parts.clock import origin_of, unit_of
from anomaly_stream.detectors.models.parts.layout import (
    CHOSEN,
    FRACTIONS,
    HOUR_ERROR,
    HOURS_SEEN,
    LOG_SIZE,
    PUSHED,
    SIZES,
    WEEK_OVER_LEVEL_ERROR,
    Memory,
)
from anomaly_stream.detectors.models.parts.slots import WEEKLY
from anomaly_stream.detectors.models.parts.window import (
    FEWEST_VALUES,
    high_residual,
    median_residual,
    median_value,
    residuals_kept,
    scale_residuals,
)
from anomaly_stream.kernels.jit import leaf_kernel

FEWEST_RESIDUALS = 20
"""From which on there is a scale."""
_HOUR_BETTER, _WEEK_BETTER = 0.85, 0.6
_WEEK_KNOWN = 168
_TWO_WEEKS = 336
"""Hours that were seen."""
_FEWEST_ERRORS = 24
_MUCH_BETTER, _MOST_SHRUNK = 0.5, 0.1
_MOST_SIZES = 100
_NOTHING = 1e-3
"""Of the usual size: what counts as 0."""
_NORMAL_Q95, _NORMAL_MAD = 1.96, 1.4826
_OF_BASELINE, _OF_VALUE = 0.15, 0.01
_LEAST = 1e-30
_MOST_LOG_FALL = 2.0
OF_LEVEL, OF_HOUR, OF_WEEK = range(3)
"""Kinds of forecasts: the median of the last days, that of this hour, the weekly one."""


class Forecasts(NamedTuple):
    """What was expected of a value, as it is counted inside; NaN where too little is known."""

    level: float
    hour: float
    day: float
    week: float
    season: int
    """Which of these the views believe in."""
    choice: int
    """The kind that the residual believes in, and its forecast."""
    baseline: float
    lowest: float
    highest: float
    """What is as usual as the baseline."""


@leaf_kernel
def level_of(memory: Memory) -> float:
    """The median of the last ten days; NaN where too little is known."""
    return median_value(memory) if memory.words[PUSHED] >= FEWEST_VALUES else np.nan


@leaf_kernel
def choose(memory: Memory, hour: float, week: float) -> int:
    """Which of the forecasts is believed, where the last days' median is known: of these two or that."""
    words = memory.words
    found = OF_LEVEL
    if (
        hour == hour
        and words[HOUR_ERROR] > 0
        and words[HOUR_ERROR + 1] < _HOUR_BETTER * words[HOUR_ERROR + 2]
    ):
        found = OF_HOUR
    if (
        week == week
        and words[WEEK_OVER_LEVEL_ERROR] >= _WEEK_KNOWN
        and words[WEEK_OVER_LEVEL_ERROR + 1]
        < _WEEK_BETTER * _share(memory, found) * words[WEEK_OVER_LEVEL_ERROR + 2]
    ):
        found = OF_WEEK
    return found


@leaf_kernel
def _share(memory: Memory, choice: int) -> float:
    """The mean error of a kind of forecast as a share of the median's."""
    if choice == OF_LEVEL:
        return 1.0
    at = HOUR_ERROR if choice == OF_HOUR else WEEK_OVER_LEVEL_ERROR
    return float(memory.words[at + 1] / max(memory.words[at + 2], _LEAST))


@leaf_kernel
def follow(memory: Memory, choice: int) -> None:
    """Bring the residuals kept to the errors of the forecast that is believed now."""
    before = int(memory.bytes[CHOSEN])
    if choice == before or (choice == OF_HOUR and memory.words[HOUR_ERROR] < _FEWEST_ERRORS):
        return
    factor = _share(memory, choice) / max(_share(memory, before), _LEAST)
    if factor < _MUCH_BETTER:
        scale_residuals(memory, max(_MOST_SHRUNK, factor))
    memory.bytes[CHOSEN] = choice


@leaf_kernel
def usual_range(memory: Memory, baseline: float, week: float, season: int) -> tuple[float, float]:
    """Lowest and highest value that is as usual as the baseline."""
    if season != WEEKLY or week != week or memory.words[HOURS_SEEN] < _TWO_WEEKS:
        return baseline, baseline
    return min(baseline, week), max(baseline, week)


@leaf_kernel
def take_size(memory: Memory, u: float) -> None:
    """Learn how large values are that are not 0."""
    words = memory.words
    size = abs(u + origin_of(memory))
    if size > 0:
        count = min(int(memory.bytes[SIZES]) + 1, _MOST_SIZES)
        memory.bytes[SIZES] = count
        words[LOG_SIZE] += (log(size) - words[LOG_SIZE]) / count


@leaf_kernel
def _usual_size(memory: Memory, forecasts: Forecasts) -> float:
    """Of what is not 0, where 0 is seen mostly and expected; else 0."""
    if memory.bytes[SIZES] == 0:
        return 0.0
    size = exp(memory.words[LOG_SIZE])
    origin = origin_of(memory)
    nothing = max(abs(forecasts.baseline + origin), abs(forecasts.level + origin)) <= _NOTHING * size
    return size if nothing else 0.0


@leaf_kernel
def _scale(memory: Memory, u: float, forecasts: Forecasts) -> float:
    high = high_residual(memory) / _NORMAL_Q95
    scale = max(high, sqrt(_NORMAL_MAD * median_residual(memory) * high))
    origin = origin_of(memory)
    size = abs(forecasts.baseline + origin)
    scale = max(scale, _OF_BASELINE * size, _usual_size(memory, forecasts))
    if memory.words[FRACTIONS] == 0:
        one = unit_of(memory)
        scale = max(scale, sqrt(size * one), one)
    return max(scale, _OF_VALUE * max(size, abs(u + origin)), _LEAST)


@leaf_kernel
def deviate(memory: Memory, u: float, forecasts: Forecasts) -> float:
    """Signed distance of a value from what is usual in scales; 0 where too little is known."""
    if residuals_kept(memory) < FEWEST_RESIDUALS or forecasts.baseline != forecasts.baseline:
        return 0.0
    distance = 0.0
    if u > forecasts.highest:
        distance = u - forecasts.highest
    elif u < forecasts.lowest:
        distance = u - forecasts.lowest
        level = forecasts.lowest + origin_of(memory)
        if level > 0:
            value = u + origin_of(memory)
            fall = min(_MOST_LOG_FALL, log(level / value)) if value > 0 else _MOST_LOG_FALL
            distance = min(distance, -level * fall)
    return distance / _scale(memory, u, forecasts)
