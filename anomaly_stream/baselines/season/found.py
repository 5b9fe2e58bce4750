"""The found profile: a period that no calendar has, looked for, rehearsed, and used while it pays."""

from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import contest, period
from anomaly_stream.baselines.contest import compete, error_ratio
from anomaly_stream.baselines.profile import add, arrive, clear_profile
from anomaly_stream.baselines.profile.layout import PERIOD
from anomaly_stream.baselines.season.candidate import (
    cycle_at,
    is_ready,
    is_whole,
    learn_profile,
    look,
    prefer,
)
from anomaly_stream.baselines.season.chain import FOUND_ON, INTERVAL, SEEN
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

_FOUND_WON, _FOUND_LEAVE = 0.5, 0.85
_LONGEST_FOUND = 45000.0


@kernel
def learn_found(
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
        added, share = look(memory, profile, local, time)
        learn_profile(memory, profile, rest, added, share, wait, 0.0)
        prefer(memory, profile, season.found - season.first)
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
        cycle, position = cycle_at(profile.kind, found, time, time)
        added, share = arrive(memory, profile, cycle, position)
        wait = step if i > 0 else 0.0
        if not is_whole(memory, profile):
            added = nan
        compete(memory, profile.contest, value, added, share, wait, wait / found, found, float(i), 0.0)
        add(memory, profile, value)
    memory[profile.contest + contest.WON] = 0.0
    prefer(memory, profile, bit)


@kernel
def choose_found(memory: NDArray[np.float64], profile: Any, season: Any) -> bool:
    """Whether the found profile is used from now on; True where that changes."""
    at = profile.contest
    on = memory[FOUND_ON] > 0.0
    ahead = memory[at + contest.WON] >= _FOUND_WON and is_ready(memory, profile)
    good = error_ratio(memory, at) < _FOUND_LEAVE and (on or ahead)
    if good == on:
        return False
    memory[FOUND_ON] = 1.0 if good else 0.0
    if not good:
        forget_found(memory, profile, season)
    return True


@kernel
def forget_found(memory: NDArray[np.float64], profile: Any, season: Any) -> None:
    """Drop the found period, and the record it was found in."""
    clear_profile(memory, profile, 0.0, 0.0)
    memory[profile.contest : profile.contest + contest.WORDS] = 0.0
    memory[FOUND_ON] = 0.0
    memory[season.record : season.record + period.WORDS] = 0.0
