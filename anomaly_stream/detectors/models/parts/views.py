"""Five views of a series, each with a sketch; the most surprising one counts.

The views: the value; the value less its season; the mean of the last 24 of each; the log spread of the last
12. In decades:

    G = max(value + proximity(|z|/3) - 0.25 (if there is a season),
            value less season + proximity(|z|/3),
            mean + proximity(|mean - m|/s) - 0.75,
            spread - 0.75) - multiplicity

*Proximity penalty*: ``proximity(x) = 3 max(-1, min(0, log10 x))``. A new value close to its forecast is not
surprising. z is the deviate of ``baseline``; m and s are mean and standard deviation of the averaged view.

*Multiplicity penalty*: ``0.35 |log10(step / 300 s)| + max(0, log10(60 s / step))``, with the step clipped to
10 seconds to 1 hour. A series with many values per hour has more surprising ones by chance (the second term
is Bonferroni's correction); a slow series has fewer values to compare with.

*Run*: the n-th equal value in a row counts as at least ``2.7 + 2 log10(n / (2 longest + 6))``, with
``longest`` the longest run before. This needs 20 changes of value, and 8 n values in all.
"""

from math import log, log10, sqrt
from typing import NamedTuple

from anomaly_stream.detectors.models.parts.clock import HOUR_S, step_of
from anomaly_stream.detectors.models.parts.seasons import NO_SEASON, WEEKLY
from anomaly_stream.detectors.models.parts.sketch import FEWEST, SPREAD_VIEW, count, enter, sd_of, surprise
from anomaly_stream.detectors.models.parts.state import (
    CHANGES,
    LAST_VALUES,
    LATEST,
    LONGEST_RUN,
    MEAN,
    ROWS,
    RUN,
    RUN_VALUE,
    SKETCHED,
    SQUARES,
    ModelState,
)
from anomaly_stream.detectors.models.reasons import (
    FLAT_LINE,
    MEAN_SHIFT,
    NOVEL_FOR_SEASON,
    NOVEL_VALUE,
    VARIANCE_CHANGE,
)
from anomaly_stream.kernels.jit import leaf_kernel

ALARM = 2.7
"""By default, this evidence in decades opens an alert: it has the score 60."""
VALUE_VIEW, SEASON_VIEW, MEAN_VIEW, SEASON_MEAN_VIEW = range(4)
_SPREAD_OF = 12
_OF_LIFE = 0.1
_TINY = 1e-30
_NEAR, _NEAR_MEAN = 3.0, 1.0
"""The proximity penalty is 0 from this deviate on, for a value and for a mean."""
_PROXIMITY, _MOST_PROXIMITY = 3.0, 1.0
"""The decades of penalty per decade of the deviate, and the maximum number of decades that count."""
_LEAST_Z = 0.1
_RAW, _OTHER = 0.25, 0.75
_MULTIPLICITY, _USUAL_STEP_S, _FAST_STEP_S, _LEAST_STEP_S = 0.35, 300.0, 60.0, 10.0
_CHANGES_KNOWN, _ROWS_A_RUN = 20, 8
_RUN_FACTOR, _RUN_EXTRA, _RUN_SLOPE = 2, 6, 2.0


class RouteEvidence(NamedTuple):
    """The evidence of a route and its reason."""

    decades: float
    reason: int


@leaf_kernel
def magnitude(z: float) -> float:
    """``log10 |z|``, at least -1."""
    return log10(max(abs(z), _LEAST_Z))


@leaf_kernel
def _penalty_near(z: float, near: float) -> float:
    return _PROXIMITY * max(-_MOST_PROXIMITY, min(0.0, magnitude(z) - log10(near)))


@leaf_kernel
def proximity_penalty(z: float) -> float:
    """Penalty (0 or less) on a single value for being near its forecast."""
    return _penalty_near(z, _NEAR)


@leaf_kernel
def multiplicity_penalty(state: ModelState) -> float:
    """Penalty on all views by the series' step, as the module describes it."""
    step = min(max(step_of(state), _LEAST_STEP_S), HOUR_S)
    return _MULTIPLICITY * abs(log10(step / _USUAL_STEP_S)) + max(0.0, log10(_FAST_STEP_S / step))


@leaf_kernel
def raw_loss(season: int) -> float:
    """Penalty on the raw value if there is also a seasonal view."""
    return 0.0 if season == NO_SEASON else _RAW


@leaf_kernel
def _mean_with(state: ModelState, which: int, x_norm: float) -> float:
    """Mean of the last 24 values (``which`` 0) or deseasonalised values (1), including ``x_norm``."""
    rows = int(state.doubles[ROWS])
    before = int(min(state.doubles[ROWS], LATEST - 1))
    total = x_norm
    for j in range(before):
        total += state.floats[LAST_VALUES + which * LATEST + (rows - 1 - j) % LATEST]
    return total / (before + 1)


@leaf_kernel
def _log_spread_with(state: ModelState, x_norm: float) -> float:
    """``ln(sd of the last 12 + 0.1 sd of all values)``, with ``x_norm`` among the 12."""
    rows = int(state.doubles[ROWS])
    before = int(min(state.doubles[ROWS], _SPREAD_OF - 1))
    mean = x_norm
    for j in range(before):
        mean += state.floats[LAST_VALUES + (rows - 1 - j) % LATEST]
    mean /= before + 1
    squares = (x_norm - mean) ** 2
    for j in range(before):
        squares += (state.floats[LAST_VALUES + (rows - 1 - j) % LATEST] - mean) ** 2
    known = state.doubles[SKETCHED]
    life = sqrt(state.doubles[SQUARES] / known) if known > 0 else 0.0
    return log(sqrt(squares / (before + 1)) + _OF_LIFE * life + _TINY)


@leaf_kernel
def _level(state: ModelState, mean_view: int, view: int, mean: float) -> float:
    """Evidence of a mean, in decades."""
    if state.doubles[SKETCHED] < FEWEST:
        return -_OTHER
    deviate = (mean - state.doubles[MEAN + view]) / sd_of(state, view)
    return surprise(state, mean_view, mean) + _penalty_near(deviate, _NEAR_MEAN) - _OTHER


@leaf_kernel
def score_views(
    state: ModelState, value: float, x_norm: float, z: float, season: int, day: float, week: float
) -> RouteEvidence:
    """G and its reason. ``value`` is the raw value; ``x_norm`` and the forecasts are normalised."""
    penalty = proximity_penalty(z)
    reason = NOVEL_VALUE
    found = surprise(state, VALUE_VIEW, x_norm) + penalty
    if season == NO_SEASON:
        mean = _level(state, MEAN_VIEW, VALUE_VIEW, _mean_with(state, 0, x_norm))
    else:
        y = x_norm - (week if season == WEEKLY else day)
        found -= raw_loss(season)
        seasonal = surprise(state, SEASON_VIEW, y) + penalty
        mean = _level(state, SEASON_MEAN_VIEW, SEASON_VIEW, _mean_with(state, 1, y))
        if seasonal > found:
            found = seasonal
            reason = NOVEL_FOR_SEASON
    if mean > found:
        found = mean
        reason = MEAN_SHIFT
    spread = surprise(state, SPREAD_VIEW, _log_spread_with(state, x_norm)) - _OTHER
    if spread > found:
        found = spread
        reason = VARIANCE_CHANGE
    found -= multiplicity_penalty(state)
    still = _stillness(state, value)
    if still > found:
        found = still
        reason = FLAT_LINE
    return RouteEvidence(found, reason)


@leaf_kernel
def _stillness(state: ModelState, value: float) -> float:
    """Evidence of a run of equal values, in decades; -100 if there is none."""
    doubles = state.doubles
    run = doubles[RUN] + 1
    if value != doubles[RUN_VALUE] or doubles[CHANGES] < _CHANGES_KNOWN or doubles[ROWS] < _ROWS_A_RUN * run:
        return -100.0
    return ALARM + _RUN_SLOPE * log10(run / (_RUN_FACTOR * doubles[LONGEST_RUN] + _RUN_EXTRA))


@leaf_kernel
def learn_views(state: ModelState, value: float, x_norm: float, seasonal: float) -> None:
    """Update all views with a value; ``seasonal`` is its seasonal forecast or NaN."""
    doubles = state.doubles
    y = x_norm - seasonal if seasonal == seasonal else x_norm - doubles[MEAN]
    spread = _log_spread_with(state, x_norm)
    mean = _mean_with(state, 0, x_norm)
    seasonal_mean = _mean_with(state, 1, y)
    enter(state, VALUE_VIEW, x_norm)
    enter(state, SEASON_VIEW, y)
    enter(state, MEAN_VIEW, mean)
    enter(state, SEASON_MEAN_VIEW, seasonal_mean)
    enter(state, SPREAD_VIEW, spread)
    count(state)
    if value == doubles[RUN_VALUE]:
        doubles[RUN] += 1
    else:
        doubles[LONGEST_RUN] = max(doubles[LONGEST_RUN], doubles[RUN])
        doubles[RUN] = 1
        doubles[RUN_VALUE] = value
        doubles[CHANGES] += 1
    at = int(doubles[ROWS]) % LATEST
    state.floats[LAST_VALUES + at] = x_norm
    state.floats[LAST_VALUES + LATEST + at] = y
