"""One value evaluated and learned, by one route or both."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.detectors.models.parts.baseline import (
    OF_HOUR,
    OF_LEVEL,
    OF_WEEK,
    Forecasts,
    choose,
    deviate,
    follow,
    level_of,
    take_size,
    usual_range,
)
from anomaly_stream.detectors.models.parts.clock import denormalise, normalise, take_time_and_unit
from anomaly_stream.detectors.models.parts.evidence import (
    NEVER,
    lasting_deviate,
    residual_left,
    residual_route,
    score_of,
    surprise_left,
)
from anomaly_stream.detectors.models.parts.seasons import (
    NO_SEASON,
    WEEKLY,
    compare,
    day_forecast,
    fill_half_hour,
    fill_hour,
    hour_median,
    season_of,
    week_forecast,
)
from anomaly_stream.detectors.models.parts.state import (
    DAY_ERROR,
    HOUR_ERROR,
    LASTING,
    MEAN,
    RESIDUAL_EPISODE,
    RESIDUAL_PEAKS,
    ROWS,
    SURPRISE_EPISODE,
    SURPRISE_PEAKS,
    WEEK_ERROR,
    WEEK_OVER_LEVEL_ERROR,
    ModelState,
)
from anomaly_stream.detectors.models.parts.suppression import novelty, record_cooldown, record_peak
from anomaly_stream.detectors.models.parts.views import RouteEvidence, learn_views, score_views
from anomaly_stream.detectors.models.parts.window import push
from anomaly_stream.detectors.models.reasons import DISTANCE
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation


class Carried(NamedTuple):
    """The figures of an evaluation that ``band`` and ``learn`` need."""

    forecasts: Forecasts
    z: float
    evidence: float
    """The evidence of both routes together."""
    surprise: float
    """The evidence of the surprise route before suppression."""
    residual: float
    """The same of the residual route."""


@leaf_kernel
def forecast(state: ModelState, time: float, with_day: bool) -> Forecasts:
    """All forecasts for ``time``; the daily one only on request."""
    day = day_forecast(state, time) if with_day else np.nan
    week = week_forecast(state, time)
    level = level_of(state)
    hour = hour_median(state, time)
    season = season_of(state, day, week)
    choice = choose(state, hour, week)
    baseline = week if choice == OF_WEEK else hour if choice == OF_HOUR else level
    lowest, highest = usual_range(state, baseline, week, season)
    return Forecasts(level, hour, day, week, season, choice, baseline, lowest, highest)


@leaf_kernel
def assess(
    state: ModelState,
    time: float,
    value: float,
    forecasts: Forecasts,
    z: float,
    surprise: RouteEvidence,
    residual: RouteEvidence,
    ready: bool,
) -> Evaluation:
    """Combine the routes. A route with evidence ``NEVER`` is not used."""
    by_surprise = surprise_left(state, time, surprise.decades)
    by_residual = residual_left(state, time, residual.decades)
    reason = residual.reason if by_residual > by_surprise else surprise.reason
    evidence = max(0.0, by_surprise, by_residual)
    carried = Carried(forecasts, z, evidence, surprise.decades, residual.decades)
    known = forecasts.baseline == forecasts.baseline
    expected = denormalise(state, forecasts.baseline) if known else value
    if not ready:
        return Evaluation(np.nan, np.nan, expected, z, reason, carried)
    alert_score = score_of(novelty(state, time, evidence))
    return Evaluation(score_of(evidence), alert_score, expected, z, reason, carried)


@leaf_kernel
def no_evaluation(value: float) -> Evaluation:
    """The evaluation of a value that cannot be judged yet."""
    nothing = Forecasts(np.nan, np.nan, np.nan, np.nan, NO_SEASON, OF_LEVEL, np.nan, np.nan, np.nan)
    return Evaluation(np.nan, np.nan, value, 0.0, DISTANCE, Carried(nothing, 0.0, 0.0, 0.0, 0.0))


@leaf_kernel
def evaluate(
    state: ModelState, time: float, value: float, least: int, by_surprise: bool, by_residual: bool
) -> Evaluation:
    """Evaluate a value by one route or both; the score of the first ``least`` values is NaN."""
    if state.doubles[ROWS] < 1:
        return no_evaluation(value)
    x_norm = normalise(state, value)
    forecasts = forecast(state, time, by_surprise)
    z = deviate(state, x_norm, forecasts)
    surprise = RouteEvidence(NEVER, DISTANCE)
    residual = RouteEvidence(NEVER, DISTANCE)
    if by_surprise:
        season, day, week = forecasts.season, forecasts.day, forecasts.week
        surprise = score_views(state, value, x_norm, z, season, day, week)
    if by_residual:
        residual = residual_route(state, z)
    ready = state.doubles[ROWS] >= least
    return assess(state, time, value, forecasts, z, surprise, residual, ready)


@leaf_kernel
def learn(
    state: ModelState,
    time: float,
    value: float,
    carried: Carried,
    counted: bool,
    alerted: bool,
    by_surprise: bool,
    by_residual: bool,
) -> None:
    """Learn a value; ``counted`` and ``alerted`` as in ``models.dispatch``."""
    doubles = state.doubles
    take_time_and_unit(state, time, value)
    x_norm = normalise(state, value)
    expected = carried.forecasts
    if by_surprise:
        mean = doubles[MEAN]
        season = season_of(state, expected.day, expected.week)
        learn_views(state, value, x_norm, expected.week if season == WEEKLY else expected.day)
        if expected.day == expected.day:
            compare(state, DAY_ERROR, abs(x_norm - expected.day), abs(x_norm - mean))
        if expected.week == expected.week:
            compare(state, WEEK_ERROR, abs(x_norm - expected.week), abs(x_norm - mean))
        fill_half_hour(state, time, x_norm)
    if expected.baseline == expected.baseline:
        follow(state, expected.choice)
    if expected.level == expected.level:
        if expected.hour == expected.hour:
            compare(state, HOUR_ERROR, abs(x_norm - expected.hour), abs(x_norm - expected.level))
        if expected.week == expected.week:
            compare(state, WEEK_OVER_LEVEL_ERROR, abs(x_norm - expected.week), abs(x_norm - expected.level))
    fill_hour(state, time, x_norm)
    push(state, time, x_norm, expected.baseline)
    take_size(state, x_norm)
    if doubles[ROWS] > 0:
        if by_surprise:
            record_peak(state, SURPRISE_EPISODE, SURPRISE_PEAKS, time, carried.surprise)
        if by_residual:
            doubles[LASTING] = lasting_deviate(state, carried.z)
            record_peak(state, RESIDUAL_EPISODE, RESIDUAL_PEAKS, time, carried.residual)
        record_cooldown(state, time, carried.evidence if counted else 0.0, alerted)
    doubles[ROWS] += 1
