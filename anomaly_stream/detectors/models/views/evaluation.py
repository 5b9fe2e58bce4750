"""The evaluation of one value, before it is learned."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.detectors.models.reasons import DISTANCE, FLAT_LINE, MEAN_SHIFT, REASON_OF_VIEW
from anomaly_stream.detectors.models.views.clock import normalise, unit_of
from anomaly_stream.detectors.models.views.drift import (
    alerted_of_excursion,
    drift,
    expected_before,
    learn_alerted,
)
from anomaly_stream.detectors.models.views.forecasts import FEWEST, Forecasts, forecast, target
from anomaly_stream.detectors.models.views.incident import before_incident, goes_on
from anomaly_stream.detectors.models.views.known import limited
from anomaly_stream.detectors.models.views.ranks import ranks_of
from anomaly_stream.detectors.models.views.remembered import continued
from anomaly_stream.detectors.models.views.state import (
    ALERT_STRENGTH,
    ALERT_TIME,
    AWAY_REPORTED,
    CHANGE,
    ERROR,
    INCIDENT,
    LAST_ERROR,
    ROWS,
    ModelState,
)
from anomaly_stream.detectors.models.views.strength import (
    ALERT,
    ANOMALY,
    NONE,
    Vote,
    confirm,
    reported_strength,
    score_of,
    stillness,
    vote,
)
from anomaly_stream.detectors.models.views.tail import probability_of
from anomaly_stream.detectors.models.views.views import SixFloats, Views, views_of
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

_MORE = 0.3
"""A further alert needs this much more strength than what was reported."""
_RETURNED = 0.02
"""A value has returned if its error is below this share of the one before."""


class Seen(NamedTuple):
    """The figures of an evaluation that ``band`` and ``learn`` need."""

    forecasts: Forecasts
    views: Views
    ranks: SixFloats
    strength: float
    """S, before it is confirmed."""
    confirmed: float
    """The strength that counts."""
    expected: float
    """The expected value, normalised: what was expected before while the level is away or an incident lasts,
    else the forecast."""
    drifting: bool
    lasts: bool
    """Whether the value goes on with the incident of an alert."""
    side: float
    """Positive if the evidence is above what is usual, negative if below."""


@leaf_kernel
def voted(state: ModelState, time: float, x: float, found: Forecasts) -> tuple[Views, SixFloats, Vote]:
    """The views of a normalised value, their ranks, and their vote.

    A value that has returned to the expected one from far away is no anomaly.
    """
    views = views_of(state, time, x, found)
    ranks = limited(state, x, ranks_of(state, views.z))
    by_views = vote(state, x, views, ranks)
    if abs(x - target(x, found)) < _RETURNED * abs(state.doubles[LAST_ERROR]):
        return views, ranks, Vote(min(by_views.strength, 0.0), by_views.highest, by_views.side)
    return views, ranks, by_views


@leaf_kernel
def nothing_seen(x: float) -> Seen:
    """What is seen of the first value."""
    zeros = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Seen(
        Forecasts(x, x, x, x, x, x, x, False), Views(zeros, zeros), zeros, NONE, NONE, x, False, False, 0.0
    )


@leaf_kernel
def learn_reported(state: ModelState, time: float, seen: Seen, alerted: bool) -> None:
    """Update the strength that was reported with a value that counts, before the value is learned.

    That is the strength of an alert; an anomaly that is not reported again belongs to the last one, and
    sustains it.
    """
    doubles = state.doubles
    reported = reported_strength(state, time)
    if alerted or ANOMALY <= seen.confirmed < reported + _MORE:
        doubles[ALERT_TIME] = time
        doubles[ALERT_STRENGTH] = seen.confirmed if alerted else max(reported, seen.confirmed)
    if alerted and seen.drifting:
        doubles[AWAY_REPORTED] = 1.0
    elif alerted:
        learn_alerted(state, seen.side, seen.confirmed)


@leaf_kernel
def _reason_of(view: int, views: Views, distance: float, certain: bool) -> tuple[int, int]:
    """The reason that a view gives, and its side; that of a distance is the side of the expected value.

    At an hour of a certain exception the change is one of errors: a job that does not run changes nothing.
    """
    reason = DISTANCE if certain and view == CHANGE else REASON_OF_VIEW[view]
    found = distance if reason == DISTANCE else views.z[view]
    return reason, 1 if found > 0.0 else -1


@leaf_kernel
def _scores(state: ModelState, time: float, seen: Seen, lasting: float) -> tuple[float, float]:
    """The score and the alert score; ``lasting`` is the strength of the drift."""
    score = score_of(seen.confirmed)
    before = reported_strength(state, time)
    if lasting < ANOMALY:  # else the alert lasts
        before = max(before, alerted_of_excursion(state, seen.side))
    is_told = state.doubles[AWAY_REPORTED] > 0.0 if seen.drifting else seen.confirmed < before + _MORE
    alert_score = 0.0 if is_told else score
    return max(score, score_of(ALERT)) if seen.lasts else score, alert_score


@leaf_kernel
def evaluate(state: ModelState, time: float, value: float) -> Evaluation:
    """Evaluate a value; the scores of the first 20 are NaN."""
    x = normalise(state, value)
    if state.doubles[ROWS] == 0:
        return Evaluation(np.nan, np.nan, np.nan, value, 0.0, DISTANCE, 1, 0.0, nothing_seen(x))
    found = forecast(state, time)
    views, ranks, by_views = voted(state, time, x, found)
    confirmed = confirm(state, time, by_views.strength, x - target(x, found))
    reason, reason_side = _reason_of(by_views.highest, views, x - found.expected, found.certain)
    still = stillness(state, x)
    if still > confirmed:
        confirmed, reason = still, FLAT_LINE
    side, expected = by_views.side, found.expected
    lasting = drift(state, time, x)
    drifting = lasting > confirmed and lasting >= ANOMALY
    confirmed = max(confirmed, lasting)
    lasts = goes_on(state, time, x, found)
    if lasts:
        reason, expected = DISTANCE, continued(state, INCIDENT, time, found)
    elif drifting:
        reason, expected = MEAN_SHIFT, expected_before(state, time)
    elif confirmed < ANOMALY:
        before = before_incident(state, time, found)
        expected = before if abs(x - before) < abs(x - expected) else expected
    if drifting or lasts:
        side = x - expected
        reason_side = 1 if side > 0.0 else -1
    seen = Seen(found, views, ranks, by_views.strength, confirmed, expected, drifting, lasts, side)
    shown = expected / unit_of(state, value)
    if state.doubles[ROWS] < FEWEST:
        return Evaluation(np.nan, np.nan, np.nan, shown, views.z[ERROR], reason, reason_side, side, seen)
    score, alert_score = _scores(state, time, seen, lasting)
    p = probability_of(state, confirmed)
    return Evaluation(score, alert_score, p, shown, views.z[ERROR], reason, reason_side, side, seen)
