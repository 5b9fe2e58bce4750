"""Drift: the level is away from where it was, and stays there.

All of it is measured without the daily season, which is what an hour's mean adds to the mean of all hours: a
wave of the day neither hides a drift nor ends its alert at night.

*Away* is the distance of the level of one day from the reference, a running mean of 7 days. An excursion
lasts while away has one sign. With D the usual size of away, W that of the widest excursion before this one,
which fades over 12 weeks, and sigma the usual deviation of a value from the level of 3 days, the strength is

    0.75 + log10(|away| / max(3 sigma, 10 D, 1.5 W))

for a value that is at least half as far from the reference as away, on the same side. So a drift is reported
when the level is further away than in months. Then the reference, with the season, is what is expected. The
anomaly lasts until the level returns, or has settled: the level of one day is within 0.2 |away| of that of 3
days. This takes 5 to 8 days after a step. It never happens in a steady drift, where the ratio tends to a
third: (3 - 1) / (7 - 1). An excursion opens at most one alert.

Before that, |away| is beyond ``max(10 D, 1.5 W)`` while 3 sigma still hide it: the level moves away in
noise, and one value after the other is far out on that side. Of these, the first opens an alert, and a
further one only with more strength than any before it in this excursion.

In the first two weeks, away is learned as it is: a series that has always risen is not away from anywhere.
"""

from math import exp, log10

from anomaly_stream.detectors.models.views.clock import DAY_S, clipped, rate_of, step_of
from anomaly_stream.detectors.models.views.forecasts import CLIP, FEWEST, LEVEL_S, follow
from anomaly_stream.detectors.models.views.season import season_of
from anomaly_stream.detectors.models.views.state import (
    AWAY_ALERTED,
    AWAY_DEVIATION,
    AWAY_FURTHEST,
    AWAY_OF_DAY,
    AWAY_OF_DAYS,
    AWAY_REPORTED,
    AWAY_SIZE,
    AWAY_VARIANCE_OF_DAY,
    AWAY_VARIANCE_OF_DAYS,
    AWAY_WIDEST,
    LAST_TIME,
    REFERENCE,
    ROWS,
    ModelState,
)
from anomaly_stream.detectors.models.views.strength import ALERT, NONE
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION

_REFERENCE_S, _SIZE_S, _WIDEST_S = 7 * DAY_S, 28 * DAY_S, 84 * DAY_S
_KNOWN_S, _KNOWN_ROWS = 14 * DAY_S, 200
"""Drift is judged after this time and this many values."""
_DEVIATIONS, _SIZES, _WIDEST = 3.0, 10.0, 1.5
_SETTLED = 0.2
_SIZE_CLIP = 3.0


@leaf_kernel
def _is_known(state: ModelState) -> bool:
    rows = state.doubles[ROWS]
    return bool(rows >= _KNOWN_ROWS and rows * step_of(state) >= _KNOWN_S)


@leaf_kernel
def _away(state: ModelState) -> float:
    return float(state.doubles[AWAY_OF_DAY] - state.doubles[REFERENCE])


@leaf_kernel
def _usual_away(state: ModelState) -> float:
    return float(max(_SIZES * state.doubles[AWAY_SIZE], _WIDEST * state.doubles[AWAY_WIDEST]))


@leaf_kernel
def alerted_of_excursion(state: ModelState, side: float) -> float:
    """The largest strength that opened an alert on this side, if the level moves away there; or ``NONE``."""
    away = _away(state)
    if side * away <= 0.0 or abs(away) <= _usual_away(state) or not _is_known(state):
        return NONE
    return float(state.doubles[AWAY_ALERTED])


@leaf_kernel
def drift(state: ModelState, time: float, x: float) -> float:
    """The strength of a value while the level is away."""
    doubles = state.doubles
    away = _away(state)
    if away == 0.0 or not _is_known(state):
        return NONE
    if (x - expected_before(state, time)) / away < 0.5:
        return NONE
    if abs(doubles[AWAY_OF_DAY] - doubles[AWAY_OF_DAYS]) <= _SETTLED * abs(away):
        return NONE
    usual = max(_DEVIATIONS * doubles[AWAY_DEVIATION], _usual_away(state))
    return ALERT + log10(abs(away) / (usual + RESOLUTION * abs(x)))


@leaf_kernel
def expected_before(state: ModelState, time: float) -> float:
    """What was expected at this hour before the level moved away."""
    return float(state.doubles[REFERENCE]) + season_of(state, time)


@leaf_kernel
def learn_alerted(state: ModelState, side: float, strength: float) -> None:
    """Learn the strength of an alert on this side, before its value is learned."""
    if side * _away(state) > 0.0:
        state.doubles[AWAY_ALERTED] = max(state.doubles[AWAY_ALERTED], strength)


@leaf_kernel
def _learn_levels(state: ModelState, x: float) -> None:
    """Update levels, reference and usual deviation with a value without its season."""
    doubles = state.doubles
    distance, deviation = x - doubles[REFERENCE], abs(x - doubles[AWAY_OF_DAYS])
    if doubles[ROWS] > FEWEST and doubles[AWAY_DEVIATION] > 0.0:
        limit = CLIP * doubles[AWAY_DEVIATION]
        distance, deviation = clipped(distance, limit), min(deviation, limit)
    doubles[REFERENCE] += rate_of(state, _REFERENCE_S) * distance
    doubles[AWAY_DEVIATION] += rate_of(state, _SIZE_S) * (deviation - doubles[AWAY_DEVIATION])
    follow(state, AWAY_OF_DAY, AWAY_VARIANCE_OF_DAY, x, DAY_S)
    follow(state, AWAY_OF_DAYS, AWAY_VARIANCE_OF_DAYS, x, LEVEL_S)


@leaf_kernel
def learn_drift(state: ModelState, x: float) -> None:
    """Update levels and excursion with a value."""
    doubles = state.doubles
    _learn_levels(state, x - season_of(state, doubles[LAST_TIME]))
    away = _away(state)
    size = abs(away)
    if _is_known(state):
        size = min(size, _SIZE_CLIP * doubles[AWAY_SIZE])
    doubles[AWAY_SIZE] += rate_of(state, _SIZE_S) * (size - doubles[AWAY_SIZE])
    doubles[AWAY_WIDEST] *= exp(-step_of(state) / _WIDEST_S)
    if away * doubles[AWAY_FURTHEST] < 0.0:
        doubles[AWAY_WIDEST] = max(doubles[AWAY_WIDEST], abs(doubles[AWAY_FURTHEST]))
        doubles[AWAY_FURTHEST] = away
        doubles[AWAY_REPORTED] = 0.0
        doubles[AWAY_ALERTED] = 0.0
    elif abs(away) > abs(doubles[AWAY_FURTHEST]):
        doubles[AWAY_FURTHEST] = away
