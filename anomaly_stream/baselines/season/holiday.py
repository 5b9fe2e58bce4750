"""Special days: a profile learned from holidays alone, as distances from the level."""

from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.calendar import day_of, second_of_day
from anomaly_stream.baselines.profile.forecast import centred
from anomaly_stream.baselines.profile.layout import DAILY, MEANS, ROOM, WIDTH
from anomaly_stream.baselines.profile.learning import add
from anomaly_stream.baselines.profile.widths import fit_width
from anomaly_stream.baselines.season.adjustment import Adjustment, applied
from anomaly_stream.baselines.season.candidate import advance_profile
from anomaly_stream.baselines.season.level_trend import (
    ANCHOR,
    CHOSEN,
    HOLIDAY_DAY,
    HOLIDAYS,
    INTERVAL,
    SEEN,
    forecast_level,
)
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

SUNDAY = 6.0 * 86400.0
"""This is the time from Monday 00:00 to Sunday 00:00 in seconds."""


@kernel
def begins_on(state: NDArray[np.float64], day: int) -> bool:
    """Whether the series begins on this special day. Then it is learned as any other: there is no level yet
    from which its distances could be."""
    if state[SEEN] == 0.0 and state[HOLIDAYS] == 0.0:
        state[HOLIDAY_DAY] = day
    return bool(state[HOLIDAYS] == 0.0 and state[HOLIDAY_DAY] == day)


@kernel
def adjust_holiday(
    state: NDArray[np.float64], seasons: Seasons, season: Any, local: float, time: float, level: float
) -> Adjustment:
    """Adjust by earlier holidays; on the first holiday by Sunday, if a weekly profile is in use."""
    if state[HOLIDAY_DAY] != day_of(local):
        state[HOLIDAY_DAY] = day_of(local)
        state[HOLIDAYS] += 1.0
    additive, _ = advance_profile(state, seasons.profiles[season.holiday], local, time)
    chosen = int(state[CHOSEN]) - 1
    judged = not isnan(additive)
    if not judged and chosen >= 0 and seasons.profiles[season.first + chosen].kind != DAILY:
        profile = seasons.profiles[season.first + chosen]
        slot = int((SUNDAY + second_of_day(local)) / state[profile.head + WIDTH])
        room = np.empty(ROOM)
        additive = centred(state, profile, slot, 0, room)
        judged = not isnan(additive)
    offset, factor = applied(0.0, 1.0, additive, nan, 1.0, False)
    base = level - state[ANCHOR]
    return Adjustment(offset + factor * base, factor, judged, True, 1.0, base, 0.0, True, False)


@kernel
def learn_holiday(
    state: NDArray[np.float64], profile: Any, time_constant: float, value: float, wait: float
) -> None:
    """Learn the distance from the level; the level stays unchanged."""
    level = forecast_level(state, time_constant, wait)
    add(state, profile, value - level)
    state[profile.head + MEANS + int(state[HOLIDAYS]) % profile.cycles] = level
    fit_width(state, profile, state[INTERVAL])
