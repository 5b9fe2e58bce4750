"""The profile with a detected period: the search, the training on the record, and the decision on its use."""

from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines import forecast_competition as competition
from anomaly_stream.baselines import period_search
from anomaly_stream.baselines.forecast_competition import compete, error_ratio
from anomaly_stream.baselines.profile.advance import advance
from anomaly_stream.baselines.profile.layout import PERIOD, clear_profile
from anomaly_stream.baselines.profile.learning import add
from anomaly_stream.baselines.season.candidate import (
    advance_profile,
    cycle_at,
    is_ready,
    is_whole,
    learn_profile,
    prefer,
)
from anomaly_stream.baselines.season.level_trend import DETECTED_ON, INTERVAL, SEEN
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.kernels.jit import kernel

_MIN_WON, _MAX_RATIO = 0.5, 0.85
"""The profile comes into use after it has been ahead for this many cycles, and goes out of use at this error
ratio."""
_LONGEST_PERIOD = 45000.0
"""Detected periods are at most this long, in seconds."""


@kernel
def learn_detected(
    state: NDArray[np.float64],
    seasons: Seasons,
    season: Any,
    rest: float,
    local: float,
    time: float,
    wait: float,
) -> None:
    """Learn ``rest``, the value without the civil season; search for a period while none is in use."""
    profile = seasons.profiles[season.detected]
    if state[profile.head + PERIOD] > 0.0:
        additive, relative = advance_profile(state, profile, local, time)
        learn_profile(state, profile, rest, additive, relative, wait, 0.0)
        prefer(state, profile, season.detected - season.first)
    if state[DETECTED_ON] > 0.0 or state[SEEN] < 8.0:
        return
    step = state[season.record + period_search.STEP]
    proposed = period_search.push(state, season.record, time, rest, state[INTERVAL])
    if proposed > 0.0:
        record = period_search.FILL + season.record
        proposed = period_search.rounded(proposed, step, state[record] * step / proposed)
        known = state[profile.head + PERIOD]
        if proposed <= _LONGEST_PERIOD and abs(proposed - known) > 0.01 * proposed:
            _rehearse(state, profile, season.record, proposed, season.detected - season.first)


@kernel
def _rehearse(state: NDArray[np.float64], profile: Any, at: int, period_s: float, bit: int) -> None:
    """Start a profile of this period, and let it learn the record as if it had existed before."""
    step = state[at + period_search.STEP]
    slots = min(float(profile.slots), np.floor(period_s / state[INTERVAL]))
    if slots < 3.0:
        return
    clear_profile(state, profile, period_s, period_s / slots)
    state[profile.competition : profile.competition + competition.WORDS] = 0.0
    for i in range(int(state[at + period_search.FILL])):
        time = (state[at + period_search.FIRST] + i + 0.5) * step
        value = state[at + period_search.RECORD + i]
        cycle, position = cycle_at(profile.kind, period_s, time, time)
        additive, relative = advance(state, profile, cycle, position)
        wait = step if i > 0 else 0.0
        if not is_whole(state, profile):
            additive = nan
        compete(
            state,
            profile.competition,
            value,
            additive,
            relative,
            wait,
            wait / period_s,
            period_s,
            float(i),
            0.0,
        )
        add(state, profile, value)
    state[profile.competition + competition.WON] = 0.0
    prefer(state, profile, bit)


@kernel
def choose_detected(state: NDArray[np.float64], profile: Any, season: Any) -> bool:
    """Decide whether the detected period is in use; True if that changes."""
    at = profile.competition
    on = state[DETECTED_ON] > 0.0
    ahead = state[at + competition.WON] >= _MIN_WON and is_ready(state, profile)
    good = error_ratio(state, at) < _MAX_RATIO and (on or ahead)
    if good == on:
        return False
    state[DETECTED_ON] = 1.0 if good else 0.0
    if not good:
        forget_detected(state, profile, season)
    return True


@kernel
def forget_detected(state: NDArray[np.float64], profile: Any, season: Any) -> None:
    """Drop the detected period, and the record that it was found in."""
    clear_profile(state, profile, 0.0, 0.0)
    state[profile.competition : profile.competition + competition.WORDS] = 0.0
    state[DETECTED_ON] = 0.0
    state[season.record : season.record + period_search.WORDS] = 0.0
