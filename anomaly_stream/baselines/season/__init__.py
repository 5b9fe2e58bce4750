"""The seasonal baseline of one row: profiles, level and trend, and what they make of a value.

A value x becomes an adjusted one, ``y = (x - offset) / factor``: free of its season, its level and its
trend, but for an anchor that keeps it near the values of the metric. The row's window holds adjusted values,
detectors look at them, and what is published is turned back. See docs/detection.md.

``chain`` follows level and trend; ``candidate`` lets a profile run along, ``choice`` decides which is used;
``found`` looks for a period that no calendar has, ``holiday`` has the days unlike others. This module is the
way in: ``adjust`` before a value is judged, ``learn`` behind it.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.calendar import day_of, is_special, local_time
from anomaly_stream.baselines.profile.layout import FILLED
from anomaly_stream.baselines.season.adjustment import Adjustment, applied, weight_of
from anomaly_stream.baselines.season.candidate import learn_profile, look, prefer
from anomaly_stream.baselines.season.chain import (
    ANCHOR,
    CHOSEN,
    FOUND_ON,
    HOLIDAY_DAY,
    HOLIDAYS,
    LAST,
    SEEN,
    adopt,
    follow_interval,
    forecast_level,
    learn_level,
    scales,
)
from anomaly_stream.baselines.season.choice import choose
from anomaly_stream.baselines.season.found import learn_found
from anomaly_stream.baselines.season.holiday import adjust_holiday, learn_holiday
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

__all__ = ["ANCHOR", "Adjustment", "adjust", "adopt", "learn", "maturity"]

_LARGEST = 1e200


@kernel
def adjust(memory: NDArray[np.float64], seasons: Seasons, number: int, time: float) -> Adjustment:
    """How a value at ``time`` is to be adjusted under config ``number``; opens the slots it belongs to."""
    season = seasons.records[number]
    local = local_time(seasons.calendar, season.zone, time)
    special = is_special(seasons.calendar, season.special_begin, season.special_end, day_of(local))
    if special and season.skip:
        return Adjustment(0.0, 1.0, False, False)
    wait = time - memory[LAST] if memory[SEEN] > 0.0 else 0.0
    level = forecast_level(memory, season.speed, wait)
    if special and season.holiday >= 0:
        return adjust_holiday(memory, seasons, season, local, time, level)
    offset = 0.0
    factor = 1.0
    for i in range(season.civil):
        added, share = look(memory, seasons.profiles[season.first + i], local, time)
        if memory[CHOSEN] == i + 1:
            weight = weight_of(memory, seasons.profiles[season.first + i])
            offset, factor = applied(offset, factor, added, share, weight, scales(memory, i))
    if season.found >= 0:
        profile = seasons.profiles[season.found]
        added, share = look(memory, profile, local, time)
        if memory[FOUND_ON] > 0.0:
            scaled = scales(memory, season.found - season.first)
            offset, factor = applied(offset, factor, added, share, weight_of(memory, profile), scaled)
    return Adjustment(offset + factor * (level - memory[ANCHOR]), factor, True, True)


@kernel
def learn(
    memory: NDArray[np.float64],
    seasons: Seasons,
    number: int,
    time: float,
    value: float,
    entering: float,
    found: Adjustment,
) -> float:
    """Take in a value, behind ``adjust`` for its time.

    ``entering`` is the value as it was damped, which moves level and trend. Profiles are medians and take it
    as it came: a first weekend would never be learned, were it clipped to what weekdays show.

    Returns how far the window's values are to lie from the anchor in the mean from now on, where a season
    came into use or went out of it; else 0, and they stay as they are."""
    season = seasons.records[number]
    value = max(-_LARGEST, min(_LARGEST, value))
    wait = max(0.0, time - memory[LAST]) if memory[SEEN] > 0.0 else 0.0
    local = local_time(seasons.calendar, season.zone, time)
    if not found.taught:
        return 0.0
    if season.holiday >= 0 and memory[HOLIDAY_DAY] == day_of(local) and memory[HOLIDAYS] > 0.0:
        learn_holiday(memory, seasons.profiles[season.holiday], season.speed, value, wait)
        return 0.0
    follow_interval(memory, wait)
    learn_level(memory, found, entering, wait, season.speed)
    rest = value
    rival = 0.0
    for i in range(season.civil):
        profile = seasons.profiles[season.first + i]
        added, share = look(memory, profile, local, time)
        rival = learn_profile(memory, profile, value, added, share, wait, rival)
        if memory[CHOSEN] == i + 1:
            offset, factor = applied(0.0, 1.0, added, share, weight_of(memory, profile), scales(memory, i))
            rest = (value - offset) / factor
        prefer(memory, profile, i)
    if season.found >= 0:
        learn_found(memory, seasons, season, rest, local, time, wait)
    memory[SEEN] += 1.0
    memory[LAST] = time
    return choose(memory, seasons, season)


@kernel
def maturity(memory: NDArray[np.float64], seasons: Seasons, number: int) -> float:
    """From 0 to 1, how much of the profile in use is known: entries there are over entries there can be."""
    season = seasons.records[number]
    if memory[CHOSEN] > 0.0:
        return float(memory[seasons.profiles[season.first + int(memory[CHOSEN]) - 1].head + FILLED])
    if memory[FOUND_ON] > 0.0:
        return float(memory[seasons.profiles[season.found].head + FILLED])
    return 0.0
