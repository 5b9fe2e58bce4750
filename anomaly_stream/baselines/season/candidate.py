"""A candidate: one profile that runs along with the values, used or not, and is tested by its forecasts."""

from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import contest
from anomaly_stream.baselines.calendar import day_of, second_of_day, second_of_week, week_of
from anomaly_stream.baselines.contest import compete, prefers_shares
from anomaly_stream.baselines.profile import add, arrive, clear_profile, fit_width
from anomaly_stream.baselines.profile.layout import DAILY, FILLED, HOLIDAY, PERIOD, READY, WIDTH
from anomaly_stream.baselines.season.chain import HOLIDAYS, INTERVAL, SEEN, SHARES
from anomaly_stream.kernels.jit import kernel

_WHOLE_CYCLE = 0.7
_LEAST_TEST = 0.5


@kernel
def cycle_at(kind: int, period_s: float, local: float, time: float) -> tuple[float, float]:
    """Number of the cycle that a time lies in, and the seconds into it."""
    if kind == DAILY:
        return float(day_of(local)), second_of_day(local)
    if kind <= 2:
        return float(week_of(local)), second_of_week(local)
    number = np.floor(time / period_s)
    return float(number), max(0.0, time - number * period_s)


@kernel
def look(memory: NDArray[np.float64], profile: Any, local: float, time: float) -> tuple[float, float]:
    """What a profile says of a time; (NaN, NaN) while it has no period."""
    if memory[profile.head + PERIOD] == 0.0:
        if profile.period == 0.0:
            return nan, nan
        clear_profile(memory, profile, profile.period, profile.width)
    if profile.kind == HOLIDAY:
        return arrive(memory, profile, memory[HOLIDAYS], second_of_day(local))
    cycle, position = cycle_at(profile.kind, memory[profile.head + PERIOD], local, time)
    return arrive(memory, profile, cycle, position)


@kernel
def learn_profile(
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
    if not is_whole(memory, profile):
        added = nan
    period_s = memory[profile.head + PERIOD]
    part = min(wait, memory[profile.head + WIDTH]) / period_s
    error = compete(memory, profile.contest, value, added, share, wait, part, period_s, memory[SEEN], rival)
    add(memory, profile, value)
    if profile.period > 0.0:
        fit_width(memory, profile, memory[INTERVAL])
    return error


@kernel
def prefer(memory: NDArray[np.float64], profile: Any, bit: int) -> None:
    """Note whether the season adds to the level or scales it."""
    flags = int(memory[SHARES])
    scaled = prefers_shares(memory, profile.contest, flags >> bit & 1 == 1)
    memory[SHARES] = float(flags | 1 << bit if scaled else flags & ~(1 << bit))


@kernel
def is_whole(memory: NDArray[np.float64], profile: Any) -> bool:
    """Whether a whole cycle is known: before, forecasts say nothing of the others."""
    head = profile.head
    if memory[head + PERIOD] < 3.0 * memory[head + WIDTH]:
        return False
    return bool(memory[head + READY] >= 2.0 or memory[head + FILLED] * (profile.cycles - 1) >= _WHOLE_CYCLE)


@kernel
def is_ready(memory: NDArray[np.float64], profile: Any) -> bool:
    """Whether a profile was tested for long enough."""
    tested = memory[profile.contest + contest.TESTED] >= _LEAST_TEST
    return bool(tested and memory[profile.head + PERIOD] > 0.0)
