"""The way back: after an excursion to the side that a config does not watch, usual values are no news.

An outage moves level and line, so the first usual values after it are far above what is expected. To a config
that asks for values above, they are the way back. So what was expected as the excursion began is remembered
for three days, the time in which the level follows: the level as it was, the line with its slope, or that the
season was expected. In this time a value is news only if it is also beyond that, by more than three of the
deviations that were usual then.

An excursion begins with a value whose vote would open an alert, three usual deviations from what is expected
or more. What lasts, such as a level that has moved away, begins none: after three days it is what is usual.
"""

from anomaly_stream.detectors.models.views.evaluation import Seen
from anomaly_stream.detectors.models.views.forecasts import LEVEL_S, Forecasts, slope_of, usual_deviation
from anomaly_stream.detectors.models.views.state import (
    BACK_BEGUN,
    BACK_DEVIATION,
    BACK_EXPECTED,
    BACK_SEASON,
    BACK_SLOPE,
    ModelState,
)
from anomaly_stream.detectors.models.views.strength import ALERT
from anomaly_stream.kernels.jit import leaf_kernel

_DEVIATIONS = 3.0
_NO_SEASON, _DAY, _WEEK = range(3)


@leaf_kernel
def _is_remembered(state: ModelState, time: float) -> bool:
    begun = state.doubles[BACK_BEGUN]
    return bool(begun != 0.0 and time - begun < LEVEL_S)


@leaf_kernel
def _continued(state: ModelState, time: float, found: Forecasts) -> float:
    """What the forecast that was expected as the excursion began expects now, but for the excursion."""
    doubles = state.doubles
    if doubles[BACK_SEASON] == _DAY:
        return found.day
    if doubles[BACK_SEASON] == _WEEK:
        return found.week
    return float(doubles[BACK_EXPECTED] + doubles[BACK_SLOPE] * (time - doubles[BACK_BEGUN]))


@leaf_kernel
def is_way_back(state: ModelState, time: float, x: float, found: Forecasts, direction: int) -> bool:
    """Whether a normalised value on the side of ``direction`` is only back from the other side."""
    if not _is_remembered(state, time):
        return False
    beyond = (x - _continued(state, time, found)) * direction
    return bool(beyond <= _DEVIATIONS * state.doubles[BACK_DEVIATION])


@leaf_kernel
def remember(state: ModelState, time: float, x: float, seen: Seen, direction: int) -> None:
    """Remember what is expected if this value begins an excursion, before the value is learned."""
    doubles, found = state.doubles, seen.forecasts
    deviation = usual_deviation(state)
    is_far = (found.expected - x) * direction > _DEVIATIONS * deviation
    if seen.strength < ALERT or not is_far or _is_remembered(state, time):
        return
    season, slope = _WEEK, 0.0
    if found.expected == found.level:
        season = _NO_SEASON
    elif found.expected == found.line:
        season, slope = _NO_SEASON, slope_of(state)
    elif found.expected == found.day:
        season = _DAY
    doubles[BACK_BEGUN], doubles[BACK_EXPECTED], doubles[BACK_SLOPE] = time, found.expected, slope
    doubles[BACK_DEVIATION], doubles[BACK_SEASON] = deviation, season
