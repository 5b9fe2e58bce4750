"""The residual of a value, and its distance in robust scales.

*Baseline* b: the plainest forecast that is not clearly beaten: the median of the last ten days; the median of
this hour where its mean absolute error is below 0.85 of that; the weekly forecast where, after a week of
hours, its error is below 0.6 of the better one's.

*Scale*: max(q95/1.96, sqrt(1.4826 MAD q95/1.96), 0.15 |b|, 0.01 |v|), of the absolute residuals' median MAD
and 95% quantile q95; for series of counts at least sqrt(b) (Poisson) and 1. The quantile is what bursts have,
*Scale*: max(q95/1.96, sqrt(1.4826 MAD q95/1.96), 0.15 |b|, 0.01 |v|), of the absolute residuals' median MAD

*Deviate*: z = (v - b)/scale. A fall of a positive baseline counts as at least b min(2, ln(b/v)): on a
logarithmic scale a fall to a tenth is as far as a rise to ten times.
"""

from math import log, sqrt

import numpy as np

from anomaly_stream.detectors.auto.clock import origin_of, unit_of
from anomaly_stream.detectors.auto.layout import (
    FRACTIONS,
    HOUR_ERROR,
    PUSHED,
    WEEK_OVER_LEVEL_ERROR,
    Memory,
)
from anomaly_stream.detectors.auto.window import (
    FEWEST_VALUES,
    high_residual,
    median_residual,
    median_value,
    residuals_kept,
)
from anomaly_stream.kernels.jit import leaf_kernel

FEWEST_RESIDUALS = 20
"""From which on there is a scale."""
_HOUR_BETTER, _WEEK_BETTER = 0.85, 0.6
_WEEK_KNOWN = 168
_NORMAL_Q95, _NORMAL_MAD = 1.96, 1.4826
_OF_BASELINE, _OF_VALUE = 0.15, 0.01
_LEAST = 1e-30
_MOST_LOG_FALL = 2.0


@leaf_kernel
def level_of(memory: Memory) -> float:
    """The median of the last ten days; NaN where too little is known."""
    return median_value(memory) if memory.words[PUSHED] >= FEWEST_VALUES else np.nan


@leaf_kernel
def baseline_of(memory: Memory, level: float, hour: float, week: float) -> float:
    """The forecast that is believed of these three; NaN where none is."""
    words = memory.words
    found = level
    gain = 1.0
    if (
        hour == hour
        and words[HOUR_ERROR] > 0
        and words[HOUR_ERROR + 1] < _HOUR_BETTER * words[HOUR_ERROR + 2]
    ):
        found = hour
        gain = words[HOUR_ERROR + 1] / words[HOUR_ERROR + 2]
    if (
        week == week
        and words[WEEK_OVER_LEVEL_ERROR] >= _WEEK_KNOWN
        and words[WEEK_OVER_LEVEL_ERROR + 1] < _WEEK_BETTER * gain * words[WEEK_OVER_LEVEL_ERROR + 2]
    ):
        found = week
    return found


@leaf_kernel
def _scale(memory: Memory, u: float, baseline: float) -> float:
    high = high_residual(memory) / _NORMAL_Q95
    scale = max(high, sqrt(_NORMAL_MAD * median_residual(memory) * high))
    origin = origin_of(memory)
    size = abs(baseline + origin)
    scale = max(scale, _OF_BASELINE * size)
    if memory.words[FRACTIONS] == 0:
        one = unit_of(memory)
        scale = max(scale, sqrt(size * one), one)
    return max(scale, _OF_VALUE * max(size, abs(u + origin)), _LEAST)


@leaf_kernel
def deviate(memory: Memory, u: float, baseline: float) -> float:
    """Signed distance of a value from the baseline in scales; 0 where too little is known."""
    if residuals_kept(memory) < FEWEST_RESIDUALS or baseline != baseline:
        return 0.0
    distance = u - baseline
    level = baseline + origin_of(memory)
    if distance < 0 and level > 0:
        value = u + origin_of(memory)
        fall = min(_MOST_LOG_FALL, log(level / value)) if value > 0 else _MOST_LOG_FALL
        distance = min(distance, -level * fall)
    return distance / _scale(memory, u, baseline)
