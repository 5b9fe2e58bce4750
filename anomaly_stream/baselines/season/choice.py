"""Choice of the profiles in use: one civil profile, and in addition the one with a detected period."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import forecast_competition as competition
from anomaly_stream.baselines.forecast_competition import error_ratio, least_error
from anomaly_stream.baselines.season.candidate import is_ready
from anomaly_stream.baselines.season.detected_period import choose_detected, forget_detected
from anomaly_stream.baselines.season.hourly_spread import forget_spreads
from anomaly_stream.baselines.season.level_trend import BEHIND, CHOSEN, DETECTED_ON, LEVEL, is_multiplicative
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

_BETTER, _FAR_BETTER = 0.9, 0.4
"""A finer profile comes into use below this fraction of the coarser one's error; the second applies until a
whole cycle was tested."""
_MOSTLY = 0.67
"""A profile goes out of use only if the coarser one was nearer to at least this share of the values of a
cycle: the large errors of one holiday are no reason."""
_MARGIN = 1.25
"""After a change, the spread of the window is this multiple of the mean error of the forecasts."""


@kernel
def choose(state: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Choose the profiles in use; the result is that of ``seasonal_baseline.learn``."""
    chosen = 0
    for i in range(season.civil):
        profile = seasons.profiles[season.first + i]
        if not is_ready(state, profile):
            continue
        if _wins(state, profile, season, state[CHOSEN] == i + 1, chosen > 0):
            chosen = i + 1
    changed = chosen != state[CHOSEN]
    state[CHOSEN] = chosen
    if season.detected >= 0:
        if changed:
            forget_detected(state, seasons.profiles[season.detected], season)
        changed = choose_detected(state, seasons.profiles[season.detected], season) or changed
    if not changed:
        return 0.0
    return _begin_anew(state, seasons, season)


@kernel
def _wins(state: NDArray[np.float64], profile: Any, season: Any, on: bool, has_rival: bool) -> bool:
    """Whether a profile is better than none, and than the coarser one that is."""
    at = profile.competition
    if error_ratio(state, at) >= (season.leave if on else season.enter):
        return False
    if not on and state[at + competition.WON] < season.won:
        return False
    rival = state[at + competition.RIVAL_ERROR]
    if not has_rival:
        return True
    if on:
        return bool(least_error(state, at) < rival or state[BEHIND] < _MOSTLY)
    better = _FAR_BETTER if state[at + competition.TESTED] < 1.0 else _BETTER
    return bool(least_error(state, at) < rival * better)


@kernel
def _begin_anew(state: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Set the level to that of the profile now in use; returns the expected error of its forecasts."""
    forget_spreads(state, season)
    state[BEHIND] = 0.0
    profile = seasons.profiles[season.first]
    number = -1
    if state[DETECTED_ON] > 0.0:
        number = season.detected - season.first
    elif state[CHOSEN] > 0.0:
        number = int(state[CHOSEN]) - 1
    if number < 0:
        state[LEVEL] = state[profile.competition + competition.FLAT_LEVEL]
        return float(_MARGIN * state[profile.competition + competition.FLAT_ERROR])
    at = seasons.profiles[season.first + number].competition
    multiplicative = is_multiplicative(state, number)
    state[LEVEL] = state[
        at + (competition.MULTIPLICATIVE_LEVEL if multiplicative else competition.ADDITIVE_LEVEL)
    ]
    return float(_MARGIN * least_error(state, at))
