"""Days unlike others of their weekday: a profile of holidays alone, as distances from the level."""

from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.calendar import day_of, second_of_day
from anomaly_stream.baselines.profile import add, centred, fit_width
from anomaly_stream.baselines.profile.layout import DAILY, MEANS, ROOM, WIDTH
from anomaly_stream.baselines.season.adjustment import Adjustment, applied
from anomaly_stream.baselines.season.candidate import look
from anomaly_stream.baselines.season.chain import (
    ANCHOR,
    CHOSEN,
    HOLIDAY_DAY,
    HOLIDAYS,
    INTERVAL,
    forecast_level,
)
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

SUNDAY = 6.0 * 86400.0


@kernel
def adjust_holiday(
    memory: NDArray[np.float64], seasons: Seasons, season: Any, local: float, time: float, level: float
) -> Adjustment:
    """As the holidays before it; the first one as a Sunday, where a profile of the week is in use."""
    if memory[HOLIDAY_DAY] != day_of(local):
        memory[HOLIDAY_DAY] = day_of(local)
        memory[HOLIDAYS] += 1.0
    added, _ = look(memory, seasons.profiles[season.holiday], local, time)
    chosen = int(memory[CHOSEN]) - 1
    judged = not isnan(added)
    if not judged and chosen >= 0 and seasons.profiles[season.first + chosen].kind != DAILY:
        profile = seasons.profiles[season.first + chosen]
        slot = int((SUNDAY + second_of_day(local)) / memory[profile.head + WIDTH])
        room = np.empty(ROOM)
        added = centred(memory, profile, slot, 0, room)
        judged = not isnan(added)
    offset, factor = applied(0.0, 1.0, added, nan, 1.0, False)
    return Adjustment(offset + factor * (level - memory[ANCHOR]), factor, judged, True)


@kernel
def learn_holiday(memory: NDArray[np.float64], profile: Any, speed: float, value: float, wait: float) -> None:
    """Holidays are kept as distances from the level, which they do not move."""
    level = forecast_level(memory, speed, wait)
    add(memory, profile, value - level)
    memory[profile.head + MEANS + int(memory[HOLIDAYS]) % profile.cycles] = level
    fit_width(memory, profile, memory[INTERVAL])
