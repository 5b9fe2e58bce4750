"""What was expected at one moment, and what the same forecast expects later.

It is remembered for three days, the time in which the level follows what happens: the level as it was, the
line with its slope, or that the season was expected, which follows more slowly.
"""

from anomaly_stream.detectors.models.views.forecasts import LEVEL_S, Forecasts, slope_of
from anomaly_stream.detectors.models.views.state import (
    BEGUN,
    EXPECTED,
    OF_SEASON,
    SLOPE,
    USUAL,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

DEVIATIONS = 3.0
"""A value further than this many of the deviations that were usual then is away."""
_NO_SEASON, _DAY, _WEEK = range(3)


@leaf_kernel
def is_remembered(state: ModelState, at: int, time: float) -> bool:
    """Whether what was expected is known at ``time``; ``at`` is the place in the state, as for all here."""
    begun = state.doubles[at + BEGUN]
    return bool(begun != 0.0 and time - begun < LEVEL_S)


@leaf_kernel
def continued(state: ModelState, at: int, time: float, found: Forecasts) -> float:
    """What the forecast that was expected then expects now."""
    doubles = state.doubles
    if doubles[at + OF_SEASON] == _DAY:
        return found.day
    if doubles[at + OF_SEASON] == _WEEK:
        return found.week
    return float(doubles[at + EXPECTED] + doubles[at + SLOPE] * (time - doubles[at + BEGUN]))


@leaf_kernel
def remember(state: ModelState, at: int, time: float, found: Forecasts, deviation: float) -> None:
    """Remember what is expected now, and the usual ``deviation`` from it."""
    doubles = state.doubles
    season, slope = _WEEK, 0.0
    if found.expected == found.level:
        season = _NO_SEASON
    elif found.expected == found.line:
        season, slope = _NO_SEASON, slope_of(state)
    elif found.expected == found.day:
        season = _DAY
    doubles[at + BEGUN], doubles[at + EXPECTED], doubles[at + SLOPE] = time, found.expected, slope
    doubles[at + USUAL], doubles[at + OF_SEASON] = deviation, season
