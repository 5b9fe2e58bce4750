"""Forecasts by time of day and of week, from rings of half-hourly and hourly means in UTC.

*Daily forecast*: the median over the previous, the same and the next half hour of the last 4 days. *Weekly
forecast*: the same with hours and 3 weeks. Both omit the newest entry of the previous slot: it is from just
before, and does not show a season. *Hour*: the median of the same hour in the last 7 days. Each
needs at least two entries. An empty slot holds 0; a mean of 0 is stored as 1e-37.
"""

from math import floor

import numpy as np

from anomaly_stream.detectors.models.parts.clock import DAY_S, HOUR_S, step_of
from anomaly_stream.detectors.models.parts.state import (
    DAY_ERROR,
    DAY_RING,
    DAYS,
    HALF_HOUR,
    HALF_HOURS,
    HALF_HOURS_SEEN,
    HOUR,
    HOURS,
    HOURS_SEEN,
    WEEK_ERROR,
    WEEK_RING,
    WEEKS,
    ModelState,
)
from anomaly_stream.kernels.arrays import Float32s
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.memory import few_floats

NO_SEASON, DAILY, WEEKLY = range(3)
_HALF_HOUR_S = 1800.0
_DAYS_OF_HOUR = 7
_ZERO = 1e-37
_BETTER, _BETTER_THAN_DAY = 0.7, 0.9
"""A season is used if its error is below 0.7 of the mean's; a week also needs 0.9 of the day's."""
_DAY_KNOWN, _WEEK_KNOWN = 0.5, 0.25
"""A season is used only once this share of its slots is filled."""
_SLOWEST = 0.001
"""A new error has at least this weight in a running mean; the first errors have the weight 1/n."""


@leaf_kernel
def _take(entries: Float32s, count: int, entry: float) -> None:
    """Insert an entry into ``count`` sorted entries."""
    place = count
    while place > 0 and entries[place - 1] > entry:
        entries[place] = entries[place - 1]
        place -= 1
    entries[place] = entry


@leaf_kernel
def _median(entries: Float32s, count: int) -> float:
    """Median of ``count`` sorted entries; NaN of fewer than two."""
    if count < 2:
        return np.nan
    return float(0.5 * (entries[(count - 1) // 2] + entries[count // 2]))


@leaf_kernel
def _forecast(state: ModelState, ring: int, slots: int, depth: int, at: int) -> float:
    """Forecast for slot ``at`` of a ring of ``depth`` periods of ``slots``."""
    entries = few_floats()
    count = 0
    for off in range(-1, 2):
        for lag in range(1, depth + 1):
            if off == -1 and lag == depth:
                continue
            place = at + off - lag * slots
            if place < 0:
                place += slots * depth
            entry = state.floats[ring + place]
            if entry != 0:
                _take(entries, count, entry)
                count += 1
    return _median(entries, count)


@leaf_kernel
def day_forecast(state: ModelState, time: float) -> float:
    """Forecast by half hour of the day; NaN if not known."""
    at = floor(time / _HALF_HOUR_S) % (HALF_HOURS * DAYS)
    return _forecast(state, DAY_RING, HALF_HOURS, DAYS, at)


@leaf_kernel
def week_forecast(state: ModelState, time: float) -> float:
    """Forecast by hour of the week; NaN if not known."""
    at = floor(time / HOUR_S) % (HOURS * WEEKS)
    return _forecast(state, WEEK_RING, HOURS, WEEKS, at)


@leaf_kernel
def hour_median(state: ModelState, time: float) -> float:
    """Median of this hour of the day in the last 7 days; NaN if not known."""
    at = floor(time / HOUR_S) % (HOURS * WEEKS)
    entries = few_floats()
    count = 0
    for lag in range(1, _DAYS_OF_HOUR + 1):
        place = at - 24 * lag
        if place < 0:
            place += HOURS * WEEKS
        entry = state.floats[WEEK_RING + place]
        if entry != 0:
            _take(entries, count, entry)
            count += 1
    return _median(entries, count)


@leaf_kernel
def season_of(state: ModelState, day: float, week: float) -> int:
    """The season that the views use, given these forecasts."""
    doubles = state.doubles
    step = step_of(state)
    day_slots = min(float(HALF_HOURS), DAY_S / step)
    week_slots = min(float(HOURS), 7 * DAY_S / step)
    found = NO_SEASON
    if (
        day == day
        and doubles[DAY_ERROR] > 0
        and doubles[HALF_HOURS_SEEN] >= _DAY_KNOWN * day_slots
        and doubles[DAY_ERROR + 1] < _BETTER * doubles[DAY_ERROR + 2]
    ):
        found = DAILY
    if (
        week == week
        and doubles[WEEK_ERROR] > 0
        and doubles[HOURS_SEEN] >= _WEEK_KNOWN * week_slots
        and doubles[WEEK_ERROR + 1] < _BETTER * doubles[WEEK_ERROR + 2]
        and (doubles[DAY_ERROR] == 0 or doubles[WEEK_ERROR + 1] < _BETTER_THAN_DAY * doubles[DAY_ERROR + 1])
    ):
        found = WEEKLY
    return found


@leaf_kernel
def compare(state: ModelState, at: int, error: float, rival: float) -> None:
    """Update the running mean errors, at ``at``, of a forecast and of the one that it is compared with."""
    doubles = state.doubles
    doubles[at] += 1
    rate = max(_SLOWEST, 1 / doubles[at])
    doubles[at + 1] += rate * (error - doubles[at + 1])
    doubles[at + 2] += rate * (rival - doubles[at + 2])


@leaf_kernel
def _fill(state: ModelState, at: int, ring: int, size: int, seen: int, slot: float, x_norm: float) -> None:
    """Add a value to slot number ``slot``; once a slot is over, its mean goes into the ring."""
    doubles = state.doubles
    if slot != doubles[at]:
        if doubles[at + 2] > 0:
            place = ring + int(doubles[at] % size)
            if state.floats[place] == 0:
                doubles[seen] += 1
            mean = doubles[at + 1] / doubles[at + 2]
            state.floats[place] = mean if abs(mean) > _ZERO else _ZERO
        doubles[at] = slot
        doubles[at + 1] = 0
        doubles[at + 2] = 0
    doubles[at + 1] += x_norm
    doubles[at + 2] += 1


@leaf_kernel
def fill_half_hour(state: ModelState, time: float, x_norm: float) -> None:
    """Add a value to its half hour."""
    size = HALF_HOURS * DAYS
    _fill(state, HALF_HOUR, DAY_RING, size, HALF_HOURS_SEEN, floor(time / _HALF_HOUR_S), x_norm)


@leaf_kernel
def fill_hour(state: ModelState, time: float, x_norm: float) -> None:
    """Add a value to its hour."""
    _fill(state, HOUR, WEEK_RING, HOURS * WEEKS, HOURS_SEEN, floor(time / HOUR_S), x_norm)
