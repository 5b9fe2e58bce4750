"""Which profiles are used: the civil one that is ahead in its contest, and the found one beside it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import contest
from anomaly_stream.baselines.contest import error_ratio, least_error
from anomaly_stream.baselines.season.candidate import is_ready
from anomaly_stream.baselines.season.chain import CHOSEN, FOUND_ON, LEVEL, scales
from anomaly_stream.baselines.season.found import choose_found, forget_found
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

_BETTER, _FAR_BETTER = 0.9, 0.4
"""Of the error of a coarser profile; the second before a whole cycle was tested."""
_MARGIN = 1.25


@kernel
def choose(memory: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Which profiles are used from now on; returns as ``learn``."""
    chosen = 0
    for i in range(season.civil):
        at = seasons.profiles[season.first + i].contest
        on = memory[CHOSEN] == i + 1
        if not is_ready(memory, seasons.profiles[season.first + i]):
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
            forget_found(memory, seasons.profiles[season.found], season)
        changed = choose_found(memory, seasons.profiles[season.found], season) or changed
    if not changed:
        return 0.0
    return _begin_anew(memory, seasons, season)


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
    scaled = scales(memory, number)
    memory[LEVEL] = memory[at + (contest.WITH_SHARES if scaled else contest.WITH_SUMS)]
    return float(_MARGIN * least_error(memory, at))
