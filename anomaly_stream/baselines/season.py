"""The seasonal baseline of one row: profiles, level and trend, and what they make of a value.

A value x becomes an adjusted one, ``y = (x - offset) / factor``: free of its season, its level and its
trend, but for an anchor that keeps it near the values of the metric. The row's window holds adjusted values,
detectors look at them, and what is published is turned back. See docs/detection.md."""

from math import isnan, nan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import contest, period
from anomaly_stream.baselines.calendar import (
    day_of,
    is_special,
    local_time,
    second_of_day,
    second_of_week,
    week_of,
)
from anomaly_stream.baselines.contest import (
    compete,
    error_ratio,
    least_error,
    line_gains,
    prefers_shares,
    scaling,
)
from anomaly_stream.baselines.profile import (
    DAILY,
    FILLED,
    HOLIDAY,
    MEANS,
    PERIOD,
    READY,
    ROOM,
    WIDTH,
    add,
    arrive,
    centred,
    clear_profile,
    fit_width,
)
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

SEEN, LAST, INTERVAL, LEVEL, TREND, ANCHOR = range(6)
CHOSEN, FOUND_ON, SHARES, SINCE, HOLIDAYS, HOLIDAY_DAY = range(6, 12)
"""Words of the chain: values seen, time of the last; sampling interval in seconds; level, and trend a
second; the anchor; the civil profile in use (from 1; 0: none) and whether the found one is; which profiles
scale the level (a bit each); values since the level began; holidays so far, and the day of the last."""

SUNDAY = 6.0 * 86400.0
_LARGEST = 1e200
_NEAR = 0.1
_STEP = 0.04
_MOST_RATE = 0.25
_FULL = 0.25
_WHOLE_CYCLE = 0.7
_BETTER, _FAR_BETTER = 0.9, 0.4
"""Of the error of a coarser profile; the second before a whole cycle was tested."""
_FOUND_WON, _FOUND_LEAVE = 0.5, 0.85
_LONGEST_FOUND = 45000.0
_LEAST_TEST = 0.5
_MARGIN = 1.25
_FADING = 16.0


class Adjustment(NamedTuple):
    """How a value at a time is adjusted."""

    offset: float
    factor: float
    """Above 0; ``(value - offset) / factor`` is what is judged and what enters the window."""
    judged: bool
    """False: a special day of which nothing is known yet, or that is to be passed over."""
    taught: bool
    """False: a special day that teaches nothing."""


@kernel
def _cycle_at(kind: int, period_s: float, local: float, time: float) -> tuple[float, float]:
    """Number of the cycle that a time lies in, and the seconds into it."""
    if kind == DAILY:
        return float(day_of(local)), second_of_day(local)
    if kind <= 2:
        return float(week_of(local)), second_of_week(local)
    number = np.floor(time / period_s)
    return float(number), max(0.0, time - number * period_s)


@kernel
def _look(memory: NDArray[np.float64], profile: Any, local: float, time: float) -> tuple[float, float]:
    """What a profile says of a time; (NaN, NaN) while it has no period."""
    if memory[profile.head + PERIOD] == 0.0:
        if profile.period == 0.0:
            return nan, nan
        clear_profile(memory, profile, profile.period, profile.width)
    if profile.kind == HOLIDAY:
        return arrive(memory, profile, memory[HOLIDAYS], second_of_day(local))
    cycle, position = _cycle_at(profile.kind, memory[profile.head + PERIOD], local, time)
    return arrive(memory, profile, cycle, position)


@kernel
def weight_of(memory: NDArray[np.float64], profile: Any) -> float:
    """How much of a profile is used: none where it saves no error, all of it from a quarter saved on."""
    return float(max(0.0, min(1.0, (1.0 - error_ratio(memory, profile.contest)) / _FULL)))


@kernel
def _applied(
    offset: float, factor: float, added: float, share: float, weight: float, scaled: bool
) -> tuple[float, float]:
    """Take a season out behind what ``offset`` and ``factor`` do."""
    if scaled and not isnan(share):
        return offset, factor * scaling(weight * share)
    return offset if isnan(added) else offset + factor * weight * added, factor


@kernel
def _scales(memory: NDArray[np.float64], number: int) -> bool:
    """Whether profile ``number`` of the row scales the level."""
    return int(memory[SHARES]) >> number & 1 == 1


@kernel
def forecast_level(memory: NDArray[np.float64], speed: float, wait: float) -> float:
    """The level after ``wait`` seconds: its trend fades, over as long as the level takes to follow."""
    return float(memory[LEVEL] + memory[TREND] * speed * (1.0 - np.exp(-wait / speed)))


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
        return _holiday(memory, seasons, season, local, time, level)
    offset = 0.0
    factor = 1.0
    for i in range(season.civil):
        added, share = _look(memory, seasons.profiles[season.first + i], local, time)
        if memory[CHOSEN] == i + 1:
            weight = weight_of(memory, seasons.profiles[season.first + i])
            offset, factor = _applied(offset, factor, added, share, weight, _scales(memory, i))
    if season.found >= 0:
        profile = seasons.profiles[season.found]
        added, share = _look(memory, profile, local, time)
        if memory[FOUND_ON] > 0.0:
            scaled = _scales(memory, season.found - season.first)
            offset, factor = _applied(offset, factor, added, share, weight_of(memory, profile), scaled)
    return Adjustment(offset + factor * (level - memory[ANCHOR]), factor, True, True)


@kernel
def _holiday(
    memory: NDArray[np.float64], seasons: Seasons, season: Any, local: float, time: float, level: float
) -> Adjustment:
    """As the holidays before it; the first one as a Sunday, where a profile of the week is in use."""
    if memory[HOLIDAY_DAY] != day_of(local):
        memory[HOLIDAY_DAY] = day_of(local)
        memory[HOLIDAYS] += 1.0
    added, _ = _look(memory, seasons.profiles[season.holiday], local, time)
    chosen = int(memory[CHOSEN]) - 1
    judged = not isnan(added)
    if not judged and chosen >= 0 and seasons.profiles[season.first + chosen].kind != DAILY:
        profile = seasons.profiles[season.first + chosen]
        slot = int((SUNDAY + second_of_day(local)) / memory[profile.head + WIDTH])
        room = np.empty(ROOM)
        added = centred(memory, profile, slot, 0, room)
        judged = not isnan(added)
    offset, factor = _applied(0.0, 1.0, added, nan, 1.0, False)
    return Adjustment(offset + factor * (level - memory[ANCHOR]), factor, judged, True)


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
        _learn_holiday(memory, seasons.profiles[season.holiday], season.speed, value, wait)
        return 0.0
    _follow_interval(memory, wait)
    _learn_level(memory, found, entering, wait, season.speed)
    rest = value
    rival = 0.0
    for i in range(season.civil):
        profile = seasons.profiles[season.first + i]
        added, share = _look(memory, profile, local, time)
        rival = _learn_profile(memory, profile, value, added, share, wait, rival)
        if memory[CHOSEN] == i + 1:
            offset, factor = _applied(0.0, 1.0, added, share, weight_of(memory, profile), _scales(memory, i))
            rest = (value - offset) / factor
        _prefer(memory, profile, i)
    if season.found >= 0:
        _learn_found(memory, seasons, season, rest, local, time, wait)
    memory[SEEN] += 1.0
    memory[LAST] = time
    return _choose(memory, seasons, season)


@kernel
def _follow_interval(memory: NDArray[np.float64], wait: float) -> None:
    """A running median of the waits, that settles on their mean where they hardly differ."""
    if memory[INTERVAL] == 0.0:
        memory[INTERVAL] = wait
    elif abs(wait - memory[INTERVAL]) < _NEAR * memory[INTERVAL]:
        memory[INTERVAL] += _NEAR * (wait - memory[INTERVAL])
    else:
        memory[INTERVAL] *= 1.0 + _STEP if wait > memory[INTERVAL] else 1.0 - _STEP


@kernel
def _learn_level(
    memory: NDArray[np.float64], found: Adjustment, value: float, wait: float, speed: float
) -> None:
    """Move level and trend: a critically damped pair (Holt 1957, with the damping of Gardner 1985)."""
    if memory[SEEN] == 0.0:
        memory[SINCE] = 1.0
        memory[LEVEL] = (value - found.offset) / found.factor
        memory[ANCHOR] = memory[LEVEL]
        return
    level = forecast_level(memory, speed, wait)
    surprise = (value - found.offset) / found.factor - memory[ANCHOR]
    level_gain, slope_gain = line_gains(min(_MOST_RATE, 1.0 - np.exp(-wait / speed)), memory[SINCE])
    memory[SINCE] += 1.0
    memory[LEVEL] = level + level_gain * surprise
    memory[TREND] *= np.exp(-wait / (_FADING * speed))
    if wait > 0.0:
        memory[TREND] += slope_gain * surprise / wait


@kernel
def _learn_profile(
    memory: NDArray[np.float64],
    profile: Any,
    value: float,
    added: float,
    share: float,
    wait: float,
    rival: float,
) -> float:
    """Let a value into its slot and into the contest; returns the error of the forecast.

    A value stands for its slot at most: that behind a gap says little of the season, and much of the gap.
    """
    if not _is_whole(memory, profile):
        added = nan
    period_s = memory[profile.head + PERIOD]
    part = min(wait, memory[profile.head + WIDTH]) / period_s
    error = compete(memory, profile.contest, value, added, share, wait, part, period_s, memory[SEEN], rival)
    add(memory, profile, value)
    if profile.period > 0.0:
        fit_width(memory, profile, memory[INTERVAL])
    return error


@kernel
def _prefer(memory: NDArray[np.float64], profile: Any, bit: int) -> None:
    """Note whether the season adds to the level or scales it."""
    flags = int(memory[SHARES])
    scaled = prefers_shares(memory, profile.contest, flags >> bit & 1 == 1)
    memory[SHARES] = float(flags | 1 << bit if scaled else flags & ~(1 << bit))


@kernel
def _learn_holiday(
    memory: NDArray[np.float64], profile: Any, speed: float, value: float, wait: float
) -> None:
    """Holidays are kept as distances from the level, which they do not move."""
    level = forecast_level(memory, speed, wait)
    add(memory, profile, value - level)
    memory[profile.head + MEANS + int(memory[HOLIDAYS]) % profile.cycles] = level
    fit_width(memory, profile, memory[INTERVAL])


@kernel
def _learn_found(
    memory: NDArray[np.float64],
    seasons: Seasons,
    season: Any,
    rest: float,
    local: float,
    time: float,
    wait: float,
) -> None:
    """The profile whose period is found; while none is in use, look for one in what the civil ones leave."""
    profile = seasons.profiles[season.found]
    if memory[profile.head + PERIOD] > 0.0:
        added, share = _look(memory, profile, local, time)
        _learn_profile(memory, profile, rest, added, share, wait, 0.0)
        _prefer(memory, profile, season.found - season.first)
    if memory[FOUND_ON] > 0.0 or memory[SEEN] < 8.0:
        return
    step = memory[season.record + period.STEP]
    proposed = period.push(memory, season.record, time, rest, memory[INTERVAL])
    if proposed > 0.0:
        record = period.FILL + season.record
        proposed = period.rounded(proposed, step, memory[record] * step / proposed)
        known = memory[profile.head + PERIOD]
        if proposed <= _LONGEST_FOUND and abs(proposed - known) > 0.01 * proposed:
            _rehearse(memory, profile, season.record, proposed, season.found - season.first)


@kernel
def _rehearse(memory: NDArray[np.float64], profile: Any, at: int, found: float, bit: int) -> None:
    """Begin a profile of this period with what the record holds, as if it had run along."""
    step = memory[at + period.STEP]
    slots = min(float(profile.slots), np.floor(found / memory[INTERVAL]))
    if slots < 3.0:
        return
    clear_profile(memory, profile, found, found / slots)
    memory[profile.contest : profile.contest + contest.WORDS] = 0.0
    for i in range(int(memory[at + period.FILL])):
        time = (memory[at + period.FIRST] + i + 0.5) * step
        value = memory[at + period.RECORD + i]
        cycle, position = _cycle_at(profile.kind, found, time, time)
        added, share = arrive(memory, profile, cycle, position)
        wait = step if i > 0 else 0.0
        if not _is_whole(memory, profile):
            added = nan
        compete(memory, profile.contest, value, added, share, wait, wait / found, found, float(i), 0.0)
        add(memory, profile, value)
    memory[profile.contest + contest.WON] = 0.0
    _prefer(memory, profile, bit)


@kernel
def _is_whole(memory: NDArray[np.float64], profile: Any) -> bool:
    """Whether a whole cycle is known: before, forecasts say nothing of the others."""
    head = profile.head
    if memory[head + PERIOD] < 3.0 * memory[head + WIDTH]:
        return False
    return bool(memory[head + READY] >= 2.0 or memory[head + FILLED] * (profile.cycles - 1) >= _WHOLE_CYCLE)


@kernel
def _is_ready(memory: NDArray[np.float64], profile: Any) -> bool:
    """Whether a profile was tested for long enough."""
    tested = memory[profile.contest + contest.TESTED] >= _LEAST_TEST
    return bool(tested and memory[profile.head + PERIOD] > 0.0)


@kernel
def _choose(memory: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Which profiles are used from now on; returns as ``learn``."""
    chosen = 0
    for i in range(season.civil):
        at = seasons.profiles[season.first + i].contest
        on = memory[CHOSEN] == i + 1
        if not _is_ready(memory, seasons.profiles[season.first + i]):
            continue
        if error_ratio(memory, at) >= (season.leave if on else season.enter):
            continue
        if not on and memory[at + contest.WON] < season.won:
            continue
        rival = memory[at + contest.RIVAL_ERROR]
        better = _FAR_BETTER if memory[at + contest.TESTED] < 1.0 else _BETTER
        if chosen == 0 or least_error(memory, at) < rival * (1.0 if on else better):
            chosen = i + 1
    changed = chosen != memory[CHOSEN]
    memory[CHOSEN] = chosen
    if season.found >= 0:
        if changed:
            _forget_found(memory, seasons.profiles[season.found], season)
        changed = _choose_found(memory, seasons.profiles[season.found], season) or changed
    if not changed:
        return 0.0
    return _begin_anew(memory, seasons, season)


@kernel
def _choose_found(memory: NDArray[np.float64], profile: Any, season: Any) -> bool:
    """Whether the found profile is used from now on; True where that changes."""
    at = profile.contest
    on = memory[FOUND_ON] > 0.0
    ahead = memory[at + contest.WON] >= _FOUND_WON and _is_ready(memory, profile)
    good = error_ratio(memory, at) < _FOUND_LEAVE and (on or ahead)
    if good == on:
        return False
    memory[FOUND_ON] = 1.0 if good else 0.0
    if not good:
        _forget_found(memory, profile, season)
    return True


@kernel
def _begin_anew(memory: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Take over the level that the profile in use has followed, and say how far off its forecasts are."""
    profile = seasons.profiles[season.first]
    number = -1
    if memory[FOUND_ON] > 0.0:
        number = season.found - season.first
    elif memory[CHOSEN] > 0.0:
        number = int(memory[CHOSEN]) - 1
    if number < 0:
        memory[LEVEL] = memory[profile.contest + contest.FOLLOWED]
        return float(_MARGIN * memory[profile.contest + contest.FLAT_ERROR])
    at = seasons.profiles[season.first + number].contest
    scaled = _scales(memory, number)
    memory[LEVEL] = memory[at + (contest.WITH_SHARES if scaled else contest.WITH_SUMS)]
    return float(_MARGIN * least_error(memory, at))


@kernel
def adopt(memory: NDArray[np.float64]) -> None:
    """Have level and trend begin anew with the next value: what it belongs to is to be taken as lasting."""
    memory[SINCE] = 0.0
    memory[TREND] = 0.0


@kernel
def _forget_found(memory: NDArray[np.float64], profile: Any, season: Any) -> None:
    """Drop the found period, and the record it was found in."""
    clear_profile(memory, profile, 0.0, 0.0)
    memory[profile.contest : profile.contest + contest.WORDS] = 0.0
    memory[FOUND_ON] = 0.0
    memory[season.record : season.record + period.WORDS] = 0.0


@kernel
def maturity(memory: NDArray[np.float64], seasons: Seasons, number: int) -> float:
    """From 0 to 1, how much of the profile in use is known: entries there are over entries there can be."""
    season = seasons.records[number]
    if memory[CHOSEN] > 0.0:
        return float(memory[seasons.profiles[season.first + int(memory[CHOSEN]) - 1].head + FILLED])
    if memory[FOUND_ON] > 0.0:
        return float(memory[seasons.profiles[season.found].head + FILLED])
    return 0.0
