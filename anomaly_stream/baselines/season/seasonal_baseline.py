"""The seasonal baseline of one row: ``adjust`` before a value is judged, ``learn`` after it.

A value x is adjusted to ``y = (x - offset) / factor``: season, level and trend are removed, and a constant
anchor keeps y near the values of the metric. The row's window holds adjusted values, detectors judge them,
and published values are converted back.

:mod:`level_trend` follows level and trend. :mod:`candidate` runs each profile, :mod:`choice` decides which
one is used, :mod:`detected_period` searches for periods that are not on the calendar, and :mod:`holiday` has
the special days.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.calendar import DAY, day_of, is_special, local_time
from anomaly_stream.baselines.forecast_competition import FLAT_ERROR, least_error
from anomaly_stream.baselines.profile.layout import DISAGREEMENT, FILLED
from anomaly_stream.baselines.season.adjustment import Adjustment, applied, weight_of
from anomaly_stream.baselines.season.candidate import advance_profile, learn_profile, prefer
from anomaly_stream.baselines.season.choice import choose
from anomaly_stream.baselines.season.detected_period import learn_detected
from anomaly_stream.baselines.season.holiday import adjust_holiday, begins_on, learn_holiday
from anomaly_stream.baselines.season.hourly_spread import learn_spread, spread_at
from anomaly_stream.baselines.season.level_trend import (
    ANCHOR,
    CHOSEN,
    DETECTED_ON,
    HOLIDAY_DAY,
    HOLIDAYS,
    LAST,
    PREVIOUS,
    SEEN,
    adopt,
    follow_interval,
    follow_return,
    forecast_level,
    has_returned,
    is_multiplicative,
    learn_level,
    resume,
)
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

__all__ = ["ANCHOR", "Adjustment", "adjust", "adopt", "follow_return", "learn", "maturity", "resume"]

_LARGEST = 1e200
_FAR, _AGREE = 6.0, 0.5
"""A slot is an exception if it is further from the forecast in use than this multiple of the usual error, and
its cycles differ by less than the second share of that distance."""


@kernel
def adjust(
    state: NDArray[np.float64], seasons: Seasons, number: int, time: float, value: float
) -> Adjustment:
    """The adjustment of ``value`` at ``time`` under config ``number``; opens the slots that the time belongs
    to.
    """
    season = seasons.compiled[number]
    local = local_time(seasons.calendar, season.zone, time)
    special = is_special(seasons.calendar, season.special_begin, season.special_end, day_of(local))
    if special and season.skip:
        return Adjustment(0.0, 1.0, False, False, 1.0, 0.0, 0.0, True, False)
    wait = time - state[LAST] if state[SEEN] > 0.0 else 0.0
    level = forecast_level(state, season.level_time_constant, wait)
    if special and season.holiday >= 0 and not begins_on(state, day_of(local)):
        return adjust_holiday(state, seasons, season, local, time, level)
    offset, factor = _civil_season(state, seasons, season, local, time)
    if season.detected >= 0:
        profile = seasons.profiles[season.detected]
        additive, relative = advance_profile(state, profile, local, time)
        if state[DETECTED_ON] > 0.0:
            multiplicative = is_multiplicative(state, season.detected - season.first)
            offset, factor = applied(
                offset, factor, additive, relative, weight_of(state, profile), multiplicative
            )
    returned = has_returned(state, time, level, (value - offset) / factor)
    if returned:
        level = state[PREVIOUS]
    lift = offset + (factor - 1.0) * level if _days_differ(state, seasons, season) else 0.0
    spread, typical = spread_at(state, season, local, lift, factor)
    base = level - spread * state[ANCHOR]
    return Adjustment(
        offset + factor * base, factor * spread, True, True, spread, base, lift, typical, returned
    )


@kernel
def _days_differ(state: NDArray[np.float64], seasons: Seasons, season: Any) -> bool:
    """Whether the civil profile in use is one of a week."""
    chosen = int(state[CHOSEN]) - 1
    return bool(chosen >= 0 and seasons.profiles[season.first + chosen].period > DAY)


@kernel
def _civil_season(
    state: NDArray[np.float64], seasons: Seasons, season: Any, local: float, time: float
) -> tuple[float, float]:
    """Offset and factor of the civil profile in use, or of a finer one that knows this slot as an exception.

    One that has too few such slots to win the competition, like that of a job once a week.
    """
    offset, factor = 0.0, 1.0
    in_use = 0.0
    chosen = int(state[CHOSEN]) - 1
    usual = state[seasons.profiles[season.first].competition + FLAT_ERROR]
    for i in range(season.civil):
        profile = seasons.profiles[season.first + i]
        additive, relative = advance_profile(state, profile, local, time)
        if i == chosen:
            weight = weight_of(state, profile)
            offset, factor = applied(0.0, 1.0, additive, relative, weight, is_multiplicative(state, i))
            in_use = weight * additive
            usual = least_error(state, profile.competition)
        elif i > chosen and _is_exception(state, profile, additive - in_use, usual):
            offset, factor = applied(0.0, 1.0, additive, relative, 1.0, is_multiplicative(state, i))
            in_use = additive
    return offset, factor


@kernel
def _is_exception(state: NDArray[np.float64], profile: Any, apart: float, usual: float) -> bool:
    """Whether cycles agree on a slot that is ``apart`` from the forecast in use by over 6 usual errors."""
    return bool(abs(apart) > _FAR * usual and state[profile.head + DISAGREEMENT] < _AGREE * abs(apart))


@kernel
def learn(
    state: NDArray[np.float64],
    seasons: Seasons,
    number: int,
    time: float,
    value: float,
    entering: float,
    found: Adjustment,
) -> float:
    """Learn a value, after ``adjust`` for its time.

    ``entering`` is the clipped value, which updates level and trend. Profiles are medians, so they learn the
    value itself: otherwise a first weekend would be clipped to weekdays and never be learned.

    If a season came into use or went out of use, returns the mean distance from the anchor to which the
    window's values must be scaled; else 0.
    """
    season = seasons.compiled[number]
    value = max(-_LARGEST, min(_LARGEST, value))
    wait = max(0.0, time - state[LAST]) if state[SEEN] > 0.0 else 0.0
    local = local_time(seasons.calendar, season.zone, time)
    if not found.taught:
        return 0.0
    if season.holiday >= 0 and state[HOLIDAY_DAY] == day_of(local) and state[HOLIDAYS] > 0.0:
        learn_holiday(state, seasons.profiles[season.holiday], season.level_time_constant, value, wait)
        return 0.0
    follow_interval(state, wait)
    distance = value - found.offset - found.factor * state[ANCHOR]
    learn_spread(state, season, local, found.lift, distance, found.factor)
    learn_level(state, found, entering, wait, season.level_time_constant)
    rest = value
    rival = 0.0
    for i in range(season.civil):
        profile = seasons.profiles[season.first + i]
        additive, relative = advance_profile(state, profile, local, time)
        rival = learn_profile(state, profile, value, additive, relative, wait, rival)
        if state[CHOSEN] == i + 1:
            offset, factor = applied(
                0.0, 1.0, additive, relative, weight_of(state, profile), is_multiplicative(state, i)
            )
            rest = (value - offset) / factor
        prefer(state, profile, i)
    if season.detected >= 0:
        learn_detected(state, seasons, season, rest, local, time, wait)
    state[SEEN] += 1.0
    state[LAST] = time
    return choose(state, seasons, season)


@kernel
def maturity(state: NDArray[np.float64], seasons: Seasons, number: int) -> float:
    """Fraction of the entries of the profile in use that are known, from 0 to 1; 0 without one."""
    season = seasons.compiled[number]
    if state[CHOSEN] > 0.0:
        return float(state[seasons.profiles[season.first + int(state[CHOSEN]) - 1].head + FILLED])
    if state[DETECTED_ON] > 0.0:
        return float(state[seasons.profiles[season.detected].head + FILLED])
    return 0.0
