"""The evaluation of one value, before it is learned."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.detectors.models.reasons import DISTANCE, FLAT_LINE
from anomaly_stream.detectors.models.views.clock import DAY_S, normalise, unit_of
from anomaly_stream.detectors.models.views.forecasts import FEWEST, Forecasts, forecast
from anomaly_stream.detectors.models.views.ranks import ranks_of
from anomaly_stream.detectors.models.views.state import (
    ALERT_STRENGTH,
    ALERT_TIME,
    ERROR,
    ROWS,
    ModelState,
)
from anomaly_stream.detectors.models.views.strength import NONE, Vote, confirm, score_of, stillness, vote
from anomaly_stream.detectors.models.views.views import SixFloats, Views, views_of
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

_MORE, _FADE_PER_DAY = 0.3, 8.0
"""A further alert needs this much more strength than the last one, which fades at this rate."""


class Seen(NamedTuple):
    """The figures of an evaluation that ``band`` and ``learn`` need."""

    forecasts: Forecasts
    views: Views
    ranks: SixFloats
    strength: float
    """S, before it is confirmed."""
    confirmed: float
    """The strength that counts."""


@leaf_kernel
def voted(state: ModelState, time: float, x: float, found: Forecasts) -> tuple[Views, SixFloats, Vote]:
    """The views of a normalised value, their ranks, and their vote."""
    views = views_of(state, time, x, found)
    ranks = ranks_of(state, views.z)
    return views, ranks, vote(state, views.z, ranks)


@leaf_kernel
def nothing_seen(x: float) -> Seen:
    """What is seen of the first value."""
    zeros = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Seen(Forecasts(x, x, x, x, x, False), Views(zeros, zeros), zeros, NONE, NONE)


@leaf_kernel
def _is_repeated(state: ModelState, time: float, strength: float) -> bool:
    """Whether the last alert told it already."""
    doubles = state.doubles
    if doubles[ALERT_TIME] == 0.0:
        return False
    faded = doubles[ALERT_STRENGTH] - _FADE_PER_DAY * (time - doubles[ALERT_TIME]) / DAY_S
    return bool(strength < faded + _MORE)


@leaf_kernel
def evaluate(state: ModelState, time: float, value: float) -> Evaluation:
    """Evaluate a value; the scores of the first 20 are NaN."""
    x = normalise(state, value)
    if state.doubles[ROWS] == 0:
        return Evaluation(np.nan, np.nan, value, 0.0, DISTANCE, 0.0, nothing_seen(x))
    found = forecast(state, time)
    views, ranks, by_views = voted(state, time, x, found)
    confirmed, reason = confirm(state, time, by_views.strength), by_views.reason
    still = stillness(state, x)
    if still > confirmed:
        confirmed, reason = still, FLAT_LINE
    expected = found.expected / unit_of(state, value)
    seen = Seen(found, views, ranks, by_views.strength, confirmed)
    if state.doubles[ROWS] < FEWEST:
        return Evaluation(np.nan, np.nan, expected, views.z[ERROR], reason, by_views.side, seen)
    score = score_of(confirmed)
    alert_score = 0.0 if _is_repeated(state, time, confirmed) else score
    return Evaluation(score, alert_score, expected, views.z[ERROR], reason, by_views.side, seen)
