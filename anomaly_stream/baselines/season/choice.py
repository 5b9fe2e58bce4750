"""Choice of the profiles in use: one civil profile, and in addition the one with a detected period."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import forecast_competition as competition
from anomaly_stream.baselines.forecast_competition import error_ratio, least_error
from anomaly_stream.baselines.profile.layout import PERIOD
from anomaly_stream.baselines.season.candidate import is_ready
from anomaly_stream.baselines.season.detected_period import choose_detected, forget_detected
from anomaly_stream.baselines.season.hourly_spread import forget_spreads
from anomaly_stream.baselines.season.level_trend import (
    CHOSEN,
    DETECTED_ON,
    LEVEL,
    is_multiplicative,
    restart_trend,
)
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

_BETTER, _FAR_BETTER = 0.9, 0.4
"""A finer profile comes into use below this fraction of the coarser one's error; the second applies until a
whole cycle was tested."""
_WORSE, _PROVEN = 3.0, 3.0
"""A finer profile that was tested for ``_PROVEN`` cycles stays in use up to this multiple of the coarser
one's error: a holiday is no reason to give a week up, and the coarser one's level follows it in hours."""
_MARGIN = 1.25
"""After a change, the spread of the window is this multiple of the mean error of the forecasts."""


@kernel
def choose(state: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Choose the profiles in use; the result is that of ``seasonal_baseline.learn``."""
    chosen = 0
    for i in range(season.civil):
        at = seasons.profiles[season.first + i].competition
        on = state[CHOSEN] == i + 1
        if not is_ready(state, seasons.profiles[season.first + i]):
            continue
        if error_ratio(state, at) >= (season.leave if on else season.enter):
            continue
        if not on and state[at + competition.WON] < season.won:
            continue
        rival = state[at + competition.RIVAL_ERROR]
        better = _FAR_BETTER if state[at + competition.TESTED] < 1.0 else _BETTER
        if on:
            better = _WORSE if state[at + competition.TESTED] >= _PROVEN else 1.0
        if chosen == 0 or least_error(state, at) < rival * better:
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
def _begin_anew(state: NDArray[np.float64], seasons: Seasons, season: Any) -> float:
    """Set the level to that of the profile now in use; returns the expected error of its forecasts."""
    forget_spreads(state, season)
    profile = seasons.profiles[season.first]
    number = -1
    if state[DETECTED_ON] > 0.0:
        number = season.detected - season.first
    elif state[CHOSEN] > 0.0:
        number = int(state[CHOSEN]) - 1
    in_use = seasons.profiles[season.first + max(0, number)]
    restart_trend(state, state[in_use.head + PERIOD])
    if number < 0:
        state[LEVEL] = state[profile.competition + competition.FLAT_LEVEL]
        return float(_MARGIN * state[profile.competition + competition.FLAT_ERROR])
    at = seasons.profiles[season.first + number].competition
    multiplicative = is_multiplicative(state, number)
    state[LEVEL] = state[
        at + (competition.MULTIPLICATIVE_LEVEL if multiplicative else competition.ADDITIVE_LEVEL)
    ]
    return float(_MARGIN * least_error(state, at))
