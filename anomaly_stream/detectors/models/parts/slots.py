"""What the time of day, or of the week, lets expect: rings of means by half hour and by hour, in UTC.

*Daily forecast*: the median over the previous, the same and the next half hour of the last 4 days; *weekly*
the same by hours over 3 weeks; in both without the previous slot's newest entry, which says what was a
moment ago and nothing of a season. *Hour*: the median of this hour in the last 7 days. Each needs two
entries. In the rings 0 stands for an empty slot; a mean of 0 is kept as 1e-37.
"""

from math import floor

import numpy as np

from anomaly_stream.detectors.models.parts.clock import DAY_S, HOUR_S, step_of
from anomaly_stream.detectors.models.parts.layout import (
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
    Memory,
)
from anomaly_stream.kernels.arrays import Float32s
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.memory import few_floats

NO_SEASON, DAILY, WEEKLY = range(3)
_HALF_HOUR_S = 1800.0
_DAYS_OF_HOUR = 7
_ZERO = 1e-37
_BETTER, _BETTER_THAN_DAY = 0.7, 0.9
"""A season is believed where its error is below so much of the mean's; a week also of the day's."""
_DAY_KNOWN, _WEEK_KNOWN = 0.5, 0.25
"""And where so much of its slots was seen."""
_SLOWEST = 0.001
"""Share of the latest error in a running mean; 1/n at first."""


@leaf_kernel
def _take(entries: Float32s, count: int, entry: float) -> None:
    """Insert an entry into ``count`` sorted ones."""
    place = count
    while place > 0 and entries[place - 1] > entry:
        entries[place] = entries[place - 1]
        place -= 1
    entries[place] = entry


@leaf_kernel
def _median(entries: Float32s, count: int) -> float:
    """Of ``count`` sorted ones; NaN of fewer than two."""
    if count < 2:
        return np.nan
    return float(0.5 * (entries[(count - 1) // 2] + entries[count // 2]))


@leaf_kernel
def _forecast(memory: Memory, ring: int, slots: int, depth: int, at: int) -> float:
    """Of slot ``at`` of a ring of ``depth`` times ``slots``."""
    entries = few_floats()
    count = 0
    for off in range(-1, 2):
        for lag in range(1, depth + 1):
            if off == -1 and lag == depth:
                continue
            place = at + off - lag * slots
            if place < 0:
                place += slots * depth
            entry = memory.floats[ring + place]
            if entry != 0:
                _take(entries, count, entry)
                count += 1
    return _median(entries, count)


@leaf_kernel
def day_forecast(memory: Memory, time: float) -> float:
    """What the half hour of the day lets expect; NaN where that is not known."""
    at = floor(time / _HALF_HOUR_S) % (HALF_HOURS * DAYS)
    return _forecast(memory, DAY_RING, HALF_HOURS, DAYS, at)


@leaf_kernel
def week_forecast(memory: Memory, time: float) -> float:
    """What the hour of the week lets expect; NaN where that is not known."""
    at = floor(time / HOUR_S) % (HOURS * WEEKS)
    return _forecast(memory, WEEK_RING, HOURS, WEEKS, at)


@leaf_kernel
def hour_median(memory: Memory, time: float) -> float:
    """The median of this hour in the last 7 days; NaN where that is not known."""
    at = floor(time / HOUR_S) % (HOURS * WEEKS)
    entries = few_floats()
    count = 0
    for lag in range(1, _DAYS_OF_HOUR + 1):
        place = at - 24 * lag
        if place < 0:
            place += HOURS * WEEKS
        entry = memory.floats[WEEK_RING + place]
        if entry != 0:
            _take(entries, count, entry)
            count += 1
    return _median(entries, count)


@leaf_kernel
def season_of(memory: Memory, day: float, week: float) -> int:
    """Which season the views believe in, of these forecasts."""
    words = memory.words
    step = step_of(memory)
    day_slots = min(float(HALF_HOURS), DAY_S / step)
    week_slots = min(float(HOURS), 7 * DAY_S / step)
    found = NO_SEASON
    if (
        day == day
        and words[DAY_ERROR] > 0
        and words[HALF_HOURS_SEEN] >= _DAY_KNOWN * day_slots
        and words[DAY_ERROR + 1] < _BETTER * words[DAY_ERROR + 2]
    ):
        found = DAILY
    if (
        week == week
        and words[WEEK_ERROR] > 0
        and words[HOURS_SEEN] >= _WEEK_KNOWN * week_slots
        and words[WEEK_ERROR + 1] < _BETTER * words[WEEK_ERROR + 2]
        and (words[DAY_ERROR] == 0 or words[WEEK_ERROR + 1] < _BETTER_THAN_DAY * words[DAY_ERROR + 1])
    ):
        found = WEEKLY
    return found


@leaf_kernel
def compare(memory: Memory, at: int, error: float, rival: float) -> None:
    """Take the errors of a forecast and of what it competes with into their running means at ``at``."""
    words = memory.words
    words[at] += 1
    rate = max(_SLOWEST, 1 / words[at])
    words[at + 1] += rate * (error - words[at + 1])
    words[at + 2] += rate * (rival - words[at + 2])


@leaf_kernel
def _fill(memory: Memory, at: int, ring: int, size: int, seen: int, slot: float, u: float) -> None:
    """Take a value into slot number ``slot``; the one before it goes to its ring where it is over."""
    words = memory.words
    if slot != words[at]:
        if words[at + 2] > 0:
            place = ring + int(words[at] % size)
            if memory.floats[place] == 0:
                words[seen] += 1
            mean = words[at + 1] / words[at + 2]
            memory.floats[place] = mean if abs(mean) > _ZERO else _ZERO
        words[at] = slot
        words[at + 1] = 0
        words[at + 2] = 0
    words[at + 1] += u
    words[at + 2] += 1


@leaf_kernel
def fill_half_hour(memory: Memory, time: float, u: float) -> None:
    """Take a value into its half hour."""
    size = HALF_HOURS * DAYS
    _fill(memory, HALF_HOUR, DAY_RING, size, HALF_HOURS_SEEN, floor(time / _HALF_HOUR_S), u)


@leaf_kernel
def fill_hour(memory: Memory, time: float, u: float) -> None:
    """Take a value into its hour."""
    _fill(memory, HOUR, WEEK_RING, HOURS * WEEKS, HOURS_SEEN, floor(time / HOUR_S), u)
