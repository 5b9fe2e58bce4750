"""The expected value, by the simplest forecast that is not clearly beaten.

*Level*: the running mean of 3 days. *Line*: the least-squares line through the same days, continued to the
time of the value (at most one step). *Day*: the running mean of this hour of the day over 7 days. *Week*: the
mean of this hour of the week over 5 weeks.

In this order, a forecast replaces the one before it while its mean absolute error of 3 days is below 0.8 of
the other one's, and half of the hours of its day or week to which values come are known. A single error
counts as at most 6 usual deviations. So does an hour, in errors, in what is learned of the day, and a week
from the median of the weeks: an outage or a holiday is not expected again. Days and weeks are those of UTC.

A job that runs once a week does not change the error of a day much. So if two weeks have shown this hour, and
their median is more than 6 usual errors from the expected value, it is an exception: a value is compared with
the nearer of both. Runs vary: the exception reaches from the lowest to the highest week and half of that
distance further on each side. The weeks must agree: the middle half of them is within a third of the distance
of their median from the expected value, and so is the exception. On a trend they do not, and a fall to the
level of an earlier week is a fall. If three weeks agree so that the middle half of them is within 6 usual
errors, and the week's error is not clearly the larger one, the median alone is expected. Medians keep one
missing run, or one holiday, from changing that. As a forecast of all hours they would call the rare values of
a skewed series errors. If all of five weeks are within a third of the distance of their median from what is
expected without the week, the exception is certain, and the median alone is expected too.
"""

from math import inf, sqrt
from typing import NamedTuple

from anomaly_stream.detectors.models.views.clock import (
    DAY_S,
    HOUR_S,
    clipped,
    rate_of,
    step_of,
)
from anomaly_stream.detectors.models.views.jobs import known_jobs
from anomaly_stream.detectors.models.views.state import (
    DAY_COUNTS,
    DAY_ERROR,
    DAY_HOURS,
    DAY_KNOWN,
    DAY_MEANS,
    DEVIATION,
    ERROR,
    ERROR_PRODUCT,
    ERROR_SQUARE,
    LAST_ERROR,
    LAST_TIME,
    LEVEL,
    LEVEL_ERROR,
    LEVEL_VARIANCE,
    LINE_ERROR,
    ROWS,
    SCALES,
    TIME_COVARIANCE,
    TIME_MEAN,
    TIME_VARIANCE,
    WEEK_BASE,
    WEEK_COUNTS,
    WEEK_ERROR,
    WEEK_HOURS,
    WEEK_KNOWN,
    WEEKS,
    ModelState,
)
from anomaly_stream.detectors.models.views.weeks import WEEK_RESOLUTION, Weeks, weeks_of
from anomaly_stream.kernels.jit import leaf_kernel

LEVEL_S = 3 * DAY_S
FEWEST = 20
"""Nothing is judged before this many values."""
CLIP = 6.0
"""A value counts as at most this many scales in what is learned of it."""
_BETTER = 0.8
OF_ERROR = 1.2533
"""The standard deviation of normal errors is this multiple of their mean size."""
_AGREE = 1.0 / 3.0
_WIDER = 0.5
_SCALE_KNOWN = 10
"""Values are clipped once this many were learned."""


class Forecasts(NamedTuple):
    """All forecasts of a value, normalised; a season that does not know the hour forecasts the level."""

    level: float
    line: float
    day: float
    week: float
    expected: float
    lowest: float
    """What this hour of the week may have instead, up to the highest; the expected value where there is
    no exception."""
    highest: float
    certain: bool
    """Whether all of the last five weeks agree, far from the other forecasts."""


@leaf_kernel
def hour_of_day(time: float) -> int:
    """0 to 23."""
    return int(time % DAY_S // HOUR_S)


@leaf_kernel
def usual_deviation(state: ModelState) -> float:
    """The standard deviation of normal errors of the best forecast."""
    doubles = state.doubles
    best = min(doubles[LEVEL_ERROR], doubles[LINE_ERROR], doubles[DAY_ERROR], doubles[WEEK_ERROR])
    return float(OF_ERROR * best)


@leaf_kernel
def slope_of(state: ModelState) -> float:
    """The slope of the line, per second."""
    doubles = state.doubles
    return float(doubles[TIME_COVARIANCE] / doubles[TIME_VARIANCE]) if doubles[TIME_VARIANCE] > 0.0 else 0.0


@leaf_kernel
def _line_at(state: ModelState, time: float) -> float:
    doubles = state.doubles
    ahead = min(max(time - doubles[LAST_TIME], 0.0), step_of(state))
    return float(doubles[LEVEL] + slope_of(state) * (doubles[LAST_TIME] + ahead - doubles[TIME_MEAN]))


@leaf_kernel
def forecast(state: ModelState, time: float) -> Forecasts:
    """All forecasts for ``time``, and the one to expect."""
    doubles = state.doubles
    level = float(doubles[LEVEL])
    line, day, week = _line_at(state, time), level, level
    half = 0.5 * min(1.0, HOUR_S / step_of(state))
    expected, error = level, float(doubles[LEVEL_ERROR])
    if doubles[ROWS] >= FEWEST and doubles[LINE_ERROR] < _BETTER * error:
        expected, error = line, float(doubles[LINE_ERROR])
    hour = hour_of_day(time)
    if state.floats[DAY_COUNTS + hour] > 0:
        day = float(doubles[DAY_MEANS + hour])
        if doubles[DAY_KNOWN] >= half * DAY_HOURS and doubles[DAY_ERROR] < _BETTER * error:
            expected, error = day, float(doubles[DAY_ERROR])
    hour = int(time // HOUR_S % WEEK_HOURS)
    count = state.floats[WEEK_COUNTS + hour]
    weeks, otherwise = Weeks(level, level, level, level, level, level), expected
    far = CLIP * doubles[SCALES + ERROR]
    if count > 0:
        weeks = weeks_of(state, hour, far)
        week = weeks.mean
        if doubles[WEEK_KNOWN] >= half * WEEK_HOURS and doubles[WEEK_ERROR] < _BETTER * error:
            expected, error = week, float(doubles[WEEK_ERROR])
    far += WEEK_RESOLUTION * abs(weeks.median - doubles[WEEK_BASE])
    width, middle = weeks.highest - weeks.lowest, weeks.upper - weeks.lower
    certain = count >= WEEKS and abs(weeks.median - otherwise) > max(far, width / _AGREE)
    apart = abs(weeks.median - expected)
    near = _AGREE * apart
    lowest, highest = known_jobs(state, time)
    if count >= 2 and apart > far and middle < near:
        lowest = min(lowest, max(weeks.lowest - _WIDER * width, weeks.median - near))
        highest = max(highest, min(weeks.highest + _WIDER * width, weeks.median + near))
        if certain or (count > 2 and middle < far and _BETTER * doubles[WEEK_ERROR] < error):
            expected = weeks.median
    if lowest > highest:
        lowest, highest = expected, expected
    return Forecasts(level, line, day, week, expected, lowest, highest, certain)


@leaf_kernel
def target(x: float, found: Forecasts) -> float:
    """What a value is compared with: the expected one, or the nearest of the exception if it is nearer."""
    exception = min(max(x, found.lowest), found.highest)
    return exception if abs(x - exception) < abs(x - found.expected) else found.expected


@leaf_kernel
def inertia(state: ModelState) -> float:
    """Lag-1 autocorrelation of the errors, 0 to 1."""
    if state.doubles[ERROR_SQUARE] <= 0.0:
        return 0.0
    return float(min(max(state.doubles[ERROR_PRODUCT] / state.doubles[ERROR_SQUARE], 0.0), 1.0))


@leaf_kernel
def learn_errors(state: ModelState, x: float, found: Forecasts) -> None:
    """Update the errors of the forecasts and their autocorrelation with a value."""
    doubles = state.doubles
    rate = rate_of(state, LEVEL_S)
    limit = inf
    if doubles[ROWS] > _SCALE_KNOWN and doubles[DEVIATION] > 0.0:
        limit = CLIP * doubles[DEVIATION]
    doubles[LEVEL_ERROR] += rate * (min(abs(x - found.level), limit) - doubles[LEVEL_ERROR])
    doubles[LINE_ERROR] += rate * (min(abs(x - found.line), limit) - doubles[LINE_ERROR])
    doubles[DAY_ERROR] += rate * (min(abs(x - found.day), limit) - doubles[DAY_ERROR])
    doubles[WEEK_ERROR] += rate * (min(abs(x - found.week), limit) - doubles[WEEK_ERROR])
    error, before = clipped(x - target(x, found), limit), clipped(doubles[LAST_ERROR], limit)
    doubles[ERROR_PRODUCT] += rate * (error * before - doubles[ERROR_PRODUCT])
    doubles[ERROR_SQUARE] += rate * (before * before - doubles[ERROR_SQUARE])


@leaf_kernel
def follow(state: ModelState, level: int, variance: int, x: float, time_s: float) -> float:
    """Update a running mean and its variance with a value, clipped at 6 deviations; returns its distance."""
    doubles, rate = state.doubles, rate_of(state, time_s)
    moved = x - float(doubles[level])
    if doubles[ROWS] > FEWEST and doubles[variance] > 0.0:
        moved = clipped(moved, CLIP * sqrt(doubles[variance]))
    doubles[level] += rate * moved
    doubles[variance] += rate * (moved * moved * (1.0 - rate) - doubles[variance])
    return moved


@leaf_kernel
def learn_line(state: ModelState, x: float) -> None:
    """Update level and line with a value."""
    doubles, rate = state.doubles, rate_of(state, LEVEL_S)
    ago = doubles[LAST_TIME] - doubles[TIME_MEAN]
    moved = follow(state, LEVEL, LEVEL_VARIANCE, x, LEVEL_S)
    doubles[TIME_MEAN] += rate * ago
    doubles[TIME_COVARIANCE] += rate * (ago * moved * (1.0 - rate) - doubles[TIME_COVARIANCE])
    doubles[TIME_VARIANCE] += rate * (ago * ago * (1.0 - rate) - doubles[TIME_VARIANCE])
