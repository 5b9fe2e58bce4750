"""The update of the state with one value, also an anomaly.

A value counts as at most 6 scales in levels, sizes and errors. So nothing is kept out, and no single value
moves much.
"""

from math import inf

from anomaly_stream.detectors.models.views.clock import (
    DAY_S,
    normalise,
    rate_of,
    take_time_and_unit,
)
from anomaly_stream.detectors.models.views.drift import learn_drift
from anomaly_stream.detectors.models.views.evaluation import Seen, learn_reported
from anomaly_stream.detectors.models.views.extent import learn_range
from anomaly_stream.detectors.models.views.forecasts import (
    CLIP,
    FEWEST,
    follow,
    hour_of_day,
    learn_errors,
    learn_line,
    target,
)
from anomaly_stream.detectors.models.views.hours import learn_hour
from anomaly_stream.detectors.models.views.incident import learn_incident
from anomaly_stream.detectors.models.views.known import learn_known
from anomaly_stream.detectors.models.views.ranks import count
from anomaly_stream.detectors.models.views.state import (
    AT_HIGHEST,
    AT_LOWEST,
    AWAY_OF_DAY,
    AWAY_OF_DAYS,
    CHANGES,
    DAY_LEVEL,
    DAY_VARIANCE,
    DEVIATION,
    ERROR,
    ERRORS,
    HIGHEST,
    HOUR_COUNTS,
    HOUR_SCALES,
    LAST_ERROR,
    LAST_STRENGTH,
    LAST_TIME,
    LAST_VALUE,
    LEVEL,
    LIFE_MEAN,
    LIFE_VARIANCE,
    LONGEST_RUN,
    LOWEST,
    NARROWEST,
    RANGE_HIGHEST,
    RANGE_LOWEST,
    REFERENCE,
    ROWS,
    RUN,
    SCALES,
    SECOND_HIGHEST,
    SECOND_LOWEST,
    SHIFT_OF,
    SIZE,
    SPREAD,
    SPREAD_OF,
    TIME_MEAN,
    VALUES,
    VIEWS,
    WEEK_BASE,
    WIDEST,
    ModelState,
)
from anomaly_stream.detectors.models.views.tail import learn_tail, start_tail
from anomaly_stream.detectors.models.views.views import SixFloats
from anomaly_stream.kernels.jit import leaf_kernel

_SCALE_S = 28 * DAY_S
_SCALE_KNOWN = 10
_MOST_OF_HOUR = 100.0
"""The usual size of the error in an hour of the day is a mean of about this many values."""


@leaf_kernel
def _learn_scales(state: ModelState, time: float, raw: SixFloats) -> None:
    doubles = state.doubles
    rate = rate_of(state, _SCALE_S)
    for view in range(VIEWS):
        scale = doubles[SCALES + view]
        size = raw[view] if view == SPREAD else abs(raw[view])
        if view != SPREAD and doubles[ROWS] > _SCALE_KNOWN and scale > 0.0:
            size = min(size, CLIP * scale)
        doubles[SCALES + view] += rate * (size - scale)
    hour = hour_of_day(time)
    known = min(state.floats[HOUR_COUNTS + hour] + 1.0, _MOST_OF_HOUR)
    state.floats[HOUR_COUNTS + hour] = known
    size = min(abs(raw[ERROR]), CLIP * doubles[SCALES + ERROR])
    doubles[HOUR_SCALES + hour] += (size - doubles[HOUR_SCALES + hour]) / known


@leaf_kernel
def _learn_record(state: ModelState, spread: float) -> None:
    """Update the range of spreads with one of as many values as a spread has."""
    doubles = state.doubles
    if doubles[ROWS] == SPREAD_OF - 1:
        doubles[NARROWEST], doubles[WIDEST] = spread, spread
    elif doubles[ROWS] >= SPREAD_OF:
        doubles[NARROWEST] = min(doubles[NARROWEST], spread)
        doubles[WIDEST] = max(doubles[WIDEST], spread)


@leaf_kernel
def _learn_run(state: ModelState, x: float) -> None:
    doubles = state.doubles
    if doubles[ROWS] > 0 and x == doubles[LAST_VALUE]:
        doubles[RUN] += 1.0
        return
    doubles[LONGEST_RUN] = max(doubles[LONGEST_RUN], doubles[RUN])
    doubles[RUN] = 1.0
    doubles[CHANGES] += 1.0


@leaf_kernel
def _start_levels(state: ModelState, x: float) -> None:
    for at in (
        LEVEL,
        DAY_LEVEL,
        REFERENCE,
        AWAY_OF_DAY,
        AWAY_OF_DAYS,
        LIFE_MEAN,
        LOWEST,
        HIGHEST,
        RANGE_LOWEST,
        RANGE_HIGHEST,
        WEEK_BASE,
    ):
        state.doubles[at] = x
    state.doubles[AT_LOWEST], state.doubles[AT_HIGHEST] = 1.0, 1.0
    state.doubles[SECOND_LOWEST], state.doubles[SECOND_HIGHEST] = inf, -inf
    state.doubles[SIZE] = abs(x)
    state.doubles[TIME_MEAN] = state.doubles[LAST_TIME]
    start_tail(state)


@leaf_kernel
def _learn_levels(state: ModelState, x: float) -> None:
    """Update levels, spreads and usual deviation with a value that ``ROWS`` counts already."""
    doubles = state.doubles
    rate = rate_of(state, _SCALE_S)
    deviation = abs(x - doubles[LEVEL])
    if doubles[ROWS] > _SCALE_KNOWN and doubles[DEVIATION] > 0.0:
        deviation = min(deviation, CLIP * doubles[DEVIATION])
    doubles[DEVIATION] += max(1.0 / (doubles[ROWS] - 1.0), rate) * (deviation - doubles[DEVIATION])
    learn_line(state, x)
    follow(state, DAY_LEVEL, DAY_VARIANCE, x, DAY_S)
    learn_drift(state, x)
    distance = x - doubles[LIFE_MEAN]
    doubles[LIFE_MEAN] += distance / doubles[ROWS]
    doubles[LIFE_VARIANCE] += (distance * (x - doubles[LIFE_MEAN]) - doubles[LIFE_VARIANCE]) / doubles[ROWS]
    doubles[SIZE] += rate * (abs(x) - doubles[SIZE])


@leaf_kernel
def _learn_views(state: ModelState, time: float, x: float, seen: Seen) -> None:
    """Update histograms, scales and errors of the forecasts, which the first value does not have."""
    if state.doubles[ROWS] == 0:
        return
    if state.doubles[ROWS] >= FEWEST:
        count(state, seen.views.z, seen.ranks)
        learn_tail(state, seen.confirmed)
    _learn_record(state, seen.views.raw[SPREAD])
    _learn_scales(state, time, seen.views.raw)
    learn_errors(state, x, seen.forecasts)


@leaf_kernel
def learn(state: ModelState, time: float, value: float, seen: Seen, counted: bool, alerted: bool) -> None:
    """Learn a value; ``counted`` and ``alerted`` as in ``models.dispatch``."""
    doubles = state.doubles
    if counted:
        learn_reported(state, time, seen, alerted)
    take_time_and_unit(state, time, value)
    x = normalise(state, value)
    learn_incident(state, time, x, seen.forecasts, counted and seen.lasts, alerted and not seen.drifting)
    learn_hour(state, time, x, seen.forecasts)
    _learn_views(state, time, x, seen)
    if doubles[ROWS] > 0:
        learn_known(state, x, seen.forecasts)
        learn_range(state, time, x)
    _learn_run(state, x)
    rows, error = int(doubles[ROWS]), x - target(x, seen.forecasts)
    doubles[VALUES + rows % SPREAD_OF] = x
    doubles[ERRORS + rows % SHIFT_OF] = error
    doubles[LAST_VALUE] = x
    doubles[LAST_ERROR] = error
    doubles[LAST_STRENGTH] = seen.strength
    doubles[ROWS] += 1.0
    if rows == 0:
        _start_levels(state, x)
    else:
        _learn_levels(state, x)
