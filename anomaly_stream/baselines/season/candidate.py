"""A candidate: one profile that learns the values, in use or not, and whose forecasts are tested."""

from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import forecast_competition as competition
from anomaly_stream.baselines.calendar import day_of, second_of_day, second_of_week, week_of
from anomaly_stream.baselines.forecast_competition import compete, prefers_multiplicative
from anomaly_stream.baselines.profile.advance import advance
from anomaly_stream.baselines.profile.layout import (
    DAILY,
    FILLED,
    HOLIDAY,
    PERIOD,
    READY,
    WIDTH,
    clear_profile,
)
from anomaly_stream.baselines.profile.learning import add
from anomaly_stream.baselines.profile.widths import fit_width
from anomaly_stream.baselines.season.level_trend import HOLIDAYS, INTERVAL, MULTIPLICATIVE, SEEN
from anomaly_stream.kernels.jit import kernel

_WHOLE_CYCLE = 0.7
"""Forecasts are tested once this fraction of one cycle is known."""
_LEAST_TEST = 0.5
"""A profile may be used after this many cycles of tested forecasts."""


@kernel
def cycle_at(kind: int, period_s: float, local: float, time: float) -> tuple[float, float]:
    """Number of the cycle at a time, and the seconds into it."""
    if kind == DAILY:
        return float(day_of(local)), second_of_day(local)
    if kind <= 2:
        return float(week_of(local)), second_of_week(local)
    number = np.floor(time / period_s)
    return float(number), max(0.0, time - number * period_s)


@kernel
def advance_profile(
    state: NDArray[np.float64], profile: Any, local: float, time: float
) -> tuple[float, float]:
    """Forecast of a profile at a time, as in ``advance``; (NaN, NaN) while its period is unknown."""
    if state[profile.head + PERIOD] == 0.0:
        if profile.period == 0.0:
            return nan, nan
        clear_profile(state, profile, profile.period, profile.width)
    if profile.kind == HOLIDAY:
        return advance(state, profile, state[HOLIDAYS], second_of_day(local))
    cycle, position = cycle_at(profile.kind, state[profile.head + PERIOD], local, time)
    return advance(state, profile, cycle, position)


@kernel
def learn_profile(
    state: NDArray[np.float64],
    profile: Any,
    value: float,
    additive: float,
    relative: float,
    wait: float,
    rival: float,
) -> float:
    """Add a value to its slot and to the competition; returns the error of the forecast.

    A value counts for at most one slot, because a value after a gap contains little about the season.
    """
    if not is_whole(state, profile):
        additive = nan
    period_s = state[profile.head + PERIOD]
    part = min(wait, state[profile.head + WIDTH]) / period_s
    error = compete(
        state, profile.competition, value, additive, relative, wait, part, period_s, state[SEEN], rival
    )
    add(state, profile, value)
    if profile.period > 0.0:
        fit_width(state, profile, state[INTERVAL])
    return error


@kernel
def prefer(state: NDArray[np.float64], profile: Any, bit: int) -> None:
    """Store whether the season is additive or multiplicative."""
    flags = int(state[MULTIPLICATIVE])
    multiplicative = prefers_multiplicative(state, profile.competition, flags >> bit & 1 == 1)
    state[MULTIPLICATIVE] = float(flags | 1 << bit if multiplicative else flags & ~(1 << bit))


@kernel
def is_whole(state: NDArray[np.float64], profile: Any) -> bool:
    """Whether a whole cycle is known; before that, forecasts are not comparable."""
    head = profile.head
    if state[head + PERIOD] < 2.0 * state[head + WIDTH]:
        return False
    return bool(state[head + READY] >= 2.0 or state[head + FILLED] * (profile.cycles - 1) >= _WHOLE_CYCLE)


@kernel
def is_ready(state: NDArray[np.float64], profile: Any) -> bool:
    """Whether a profile was tested for long enough."""
    tested = state[profile.competition + competition.TESTED] >= _LEAST_TEST
    return bool(tested and state[profile.head + PERIOD] > 0.0)
