"""What an hour of the clock adds to the means of day and week, and a far value to the jobs.

An hour has the mean of its values. Those far out in a known exception are left out, unless the hour has no
others: a job of minutes says nothing of the hour around it, and one of the whole hour comes again.
"""

from math import floor

from anomaly_stream.detectors.models.views.clock import HOUR_S, clipped
from anomaly_stream.detectors.models.views.forecasts import CLIP, FEWEST, Forecasts, target
from anomaly_stream.detectors.models.views.jobs import learn_job
from anomaly_stream.detectors.models.views.state import (
    DAY_COUNTS,
    DAY_HOURS,
    DAY_KNOWN,
    DAY_MEANS,
    DAY_TOTAL,
    ERROR,
    EXCEPTION_COUNT,
    EXCEPTION_SUM,
    HOUR_COUNT,
    HOUR_OPEN,
    HOUR_SUM,
    ROWS,
    SCALES,
    USUAL_TIME,
    WEEK_HOURS,
    ModelState,
)
from anomaly_stream.detectors.models.views.weeks import learn_week
from anomaly_stream.kernels.jit import leaf_kernel

_DAYS = 7.0


@leaf_kernel
def _learn_day(state: ModelState, hour: int, mean: float) -> None:
    """Update the mean of an hour of the day; an outage counts as at most 6 usual errors."""
    count = min(state.floats[DAY_COUNTS + hour] + 1.0, _DAYS)
    if count == 1.0:
        state.doubles[DAY_KNOWN] += 1
    state.floats[DAY_COUNTS + hour] = count
    moved = mean - state.doubles[DAY_MEANS + hour]
    if count > 2.0:
        moved = clipped(moved, CLIP * state.doubles[SCALES + ERROR])
    state.doubles[DAY_MEANS + hour] += moved / count
    state.doubles[DAY_TOTAL] += moved / count


@leaf_kernel
def _close_hour(state: ModelState, time: float) -> None:
    """If the hour of the clock is over, update day and week with the mean of its values."""
    doubles = state.doubles
    hour = floor(time / HOUR_S)
    if hour == doubles[HOUR_OPEN]:
        return
    total, count = float(doubles[HOUR_SUM]), float(doubles[HOUR_COUNT])
    if count == 0.0:
        total, count = float(doubles[EXCEPTION_SUM]), float(doubles[EXCEPTION_COUNT])
    if count > 0.0:
        _learn_day(state, int(doubles[HOUR_OPEN] % DAY_HOURS), total / count)
        learn_week(state, int(doubles[HOUR_OPEN] % WEEK_HOURS), total / count)
    doubles[HOUR_OPEN] = hour
    for at in (HOUR_SUM, HOUR_COUNT, EXCEPTION_SUM, EXCEPTION_COUNT):
        doubles[at] = 0.0


@leaf_kernel
def learn_hour(state: ModelState, time: float, x: float, found: Forecasts) -> None:
    """Add a value to its hour of the clock, and to the jobs if it is far from the expected one."""
    doubles = state.doubles
    _close_hour(state, time)
    far = bool(doubles[ROWS] >= FEWEST and abs(x - found.expected) > CLIP * doubles[SCALES + ERROR])
    if far:
        learn_job(state, time, x, found.expected)
    else:
        doubles[USUAL_TIME] = time
    if far and target(x, found) != found.expected:
        doubles[EXCEPTION_SUM] += x
        doubles[EXCEPTION_COUNT] += 1.0
    else:
        doubles[HOUR_SUM] += x
        doubles[HOUR_COUNT] += 1.0
