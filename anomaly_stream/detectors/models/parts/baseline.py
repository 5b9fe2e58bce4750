"""The residual of a value: its distance from a forecast in robust scales.

*Baseline* b: the simplest forecast unless another one is clearly better. The default is the median of the
last ten days. The median of this hour of the day replaces it if its mean absolute error is below 0.85 of the
default's. The weekly forecast replaces both if, after 168 weekly forecasts, its error is below 0.6 of the
smaller one of the other two. If the views use a weekly season and two weeks were seen, every value between b
and the weekly forecast is usual: a job that runs once per week is not an outlier of its hour of the day.

*Scale*: ``max(q95/1.96, sqrt(1.4826 MAD q95/1.96), 0.15 |b|, 0.01 |v|)``, with MAD the median and q95 the 95%
quantile of the absolute residuals; for series of counts also at least ``sqrt(b)`` (Poisson) and 1. The
quantile covers bursts and heavy tails. If most values are 0, and 0 is expected, the scale is at least the
typical size of a value that is not 0 (an exponentially weighted geometric mean): in a compound Poisson
process, rare events have large sizes. When a forecast whose error is below half of the last one's becomes the
baseline, the kept residuals shrink by the ratio of the errors (at most to a tenth), because they belong to
the old forecast.

*Deviate*: ``z = (v - b)/scale``, from the nearest end of the usual range. A fall of a positive b counts as at
least ``b min(2, ln(b/v))``: on a logarithmic scale a fall to a tenth is as far as a rise to ten times.
"""

from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np

from anomaly_stream.detectors.models.parts.clock import origin_of, unit_of
from anomaly_stream.detectors.models.parts.seasons import WEEKLY
from anomaly_stream.detectors.models.parts.state import (
    CHOSEN,
    FRACTIONS,
    HOUR_ERROR,
    HOURS_SEEN,
    LOG_SIZE,
    PUSHED,
    SIZES,
    WEEK_OVER_LEVEL_ERROR,
    ModelState,
)
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
"""The scale is known after this many residuals."""
_HOUR_BETTER, _WEEK_BETTER = 0.85, 0.6
_WEEK_KNOWN = 168
_TWO_WEEKS = 336
"""The weekly range is usual after this many hours."""
_FEWEST_ERRORS = 24
_MUCH_BETTER, _MOST_SHRUNK = 0.5, 0.1
_MOST_SIZES = 100
_NOTHING = 1e-3
"""Values below this share of the typical size count as 0."""
_NORMAL_Q95, _NORMAL_MAD = 1.96, 1.4826
_OF_BASELINE, _OF_VALUE = 0.15, 0.01
_LEAST = 1e-30
_MOST_LOG_FALL = 2.0
OF_LEVEL, OF_HOUR, OF_WEEK = range(3)
"""The kinds of forecasts: median of the last days, median of this hour of the day, weekly forecast."""


class Forecasts(NamedTuple):
    """All forecasts of a value, normalised; NaN if not known."""

    level: float
    hour: float
    day: float
    week: float
    season: int
    """The season that the views use."""
    choice: int
    """The kind of forecast that is the baseline."""
    baseline: float
    lowest: float
    highest: float
    """The usual range around the baseline."""


@leaf_kernel
def level_of(state: ModelState) -> float:
    """The median of the last ten days; NaN if not known."""
    return median_value(state) if state.doubles[PUSHED] >= FEWEST_VALUES else np.nan


@leaf_kernel
def choose(state: ModelState, hour: float, week: float) -> int:
    """The kind of forecast to use as baseline."""
    doubles = state.doubles
    found = OF_LEVEL
    if (
        hour == hour
        and doubles[HOUR_ERROR] > 0
        and doubles[HOUR_ERROR + 1] < _HOUR_BETTER * doubles[HOUR_ERROR + 2]
    ):
        found = OF_HOUR
    if (
        week == week
        and doubles[WEEK_OVER_LEVEL_ERROR] >= _WEEK_KNOWN
        and doubles[WEEK_OVER_LEVEL_ERROR + 1]
        < _WEEK_BETTER * _share(state, found) * doubles[WEEK_OVER_LEVEL_ERROR + 2]
    ):
        found = OF_WEEK
    return found


@leaf_kernel
def _share(state: ModelState, choice: int) -> float:
    """Mean error of a kind of forecast relative to that of the median."""
    if choice == OF_LEVEL:
        return 1.0
    at = HOUR_ERROR if choice == OF_HOUR else WEEK_OVER_LEVEL_ERROR
    return float(state.doubles[at + 1] / max(state.doubles[at + 2], _LEAST))


@leaf_kernel
def follow(state: ModelState, choice: int) -> None:
    """Rescale the kept residuals when another kind of forecast becomes the baseline."""
    before = int(state.bytes[CHOSEN])
    if choice == before or (choice == OF_HOUR and state.doubles[HOUR_ERROR] < _FEWEST_ERRORS):
        return
    factor = _share(state, choice) / max(_share(state, before), _LEAST)
    if factor < _MUCH_BETTER:
        scale_residuals(state, max(_MOST_SHRUNK, factor))
    state.bytes[CHOSEN] = choice


@leaf_kernel
def usual_range(state: ModelState, baseline: float, week: float, season: int) -> tuple[float, float]:
    """Lowest and highest usual value."""
    if season != WEEKLY or week != week or state.doubles[HOURS_SEEN] < _TWO_WEEKS:
        return baseline, baseline
    return min(baseline, week), max(baseline, week)


@leaf_kernel
def take_size(state: ModelState, x_norm: float) -> None:
    """Update the typical size of values that are not 0."""
    doubles = state.doubles
    size = abs(x_norm + origin_of(state))
    if size > 0:
        count = min(int(state.bytes[SIZES]) + 1, _MOST_SIZES)
        state.bytes[SIZES] = count
        doubles[LOG_SIZE] += (log(size) - doubles[LOG_SIZE]) / count


@leaf_kernel
def _usual_size(state: ModelState, forecasts: Forecasts) -> float:
    """Typical size of values that are not 0, if 0 is expected; else 0."""
    if state.bytes[SIZES] == 0:
        return 0.0
    size = exp(state.doubles[LOG_SIZE])
    origin = origin_of(state)
    nothing = max(abs(forecasts.baseline + origin), abs(forecasts.level + origin)) <= _NOTHING * size
    return size if nothing else 0.0


@leaf_kernel
def _scale(state: ModelState, x_norm: float, forecasts: Forecasts) -> float:
    high = high_residual(state) / _NORMAL_Q95
    scale = max(high, sqrt(_NORMAL_MAD * median_residual(state) * high))
    origin = origin_of(state)
    size = abs(forecasts.baseline + origin)
    scale = max(scale, _OF_BASELINE * size, _usual_size(state, forecasts))
    if state.doubles[FRACTIONS] == 0:
        one = unit_of(state)
        scale = max(scale, sqrt(size * one), one)
    return max(scale, _OF_VALUE * max(size, abs(x_norm + origin)), _LEAST)


@leaf_kernel
def deviate(state: ModelState, x_norm: float, forecasts: Forecasts) -> float:
    """Signed distance of a value from the usual range in scales; 0 if not known."""
    if residuals_kept(state) < FEWEST_RESIDUALS or forecasts.baseline != forecasts.baseline:
        return 0.0
    distance = 0.0
    if x_norm > forecasts.highest:
        distance = x_norm - forecasts.highest
    elif x_norm < forecasts.lowest:
        distance = x_norm - forecasts.lowest
        level = forecasts.lowest + origin_of(state)
        if level > 0:
            value = x_norm + origin_of(state)
            fall = min(_MOST_LOG_FALL, log(level / value)) if value > 0 else _MOST_LOG_FALL
            distance = min(distance, -level * fall)
    return distance / _scale(state, x_norm, forecasts)
