"""Two routes to one strength, in decades; and its scale from 0 to 100.

*Surprise* G (``views``): nothing like it was seen here before.

*Residual* R = 1.25 + 2 log10 max(|z| (3600/step)^-1.25, |mean of z over the last hour|): far out of what the
last ten days let expect, in one value or in an hour of them. The more values an hour has, the further out
some of them are by chance. The step counts as 1 minute to 1 hour, in the mean (exponentially weighted by
step/3600) a deviate as 15 at most.

    strength S = max(0, G - 0.9 log10(1 + c_G), R - 0.25 log10(1 + c_R) - log10(1 + 50/n))

c the repeats of ``repeats``, n the number of values so far: a scale that few of them gave may be too small

*Scale*: score = 100 - 200 / (3 q + 2), q = (S/2.7)^4, so that 2.7 decades are 60. It rises with S, and
that is all: it ranks evidence, and is not -10 log10 of a probability.
"""

from math import log10, sqrt
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
from anomaly_stream.detectors.models.parts.clock import (
    HOUR_S,
    inside,
    outside,
    take_time_and_unit,
    usual_step,
)
from anomaly_stream.detectors.models.parts.layout import (
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
    Memory,
)
from anomaly_stream.detectors.models.parts.repeats import discounted, hold, news, remember
from anomaly_stream.detectors.models.parts.slots import (
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
from anomaly_stream.detectors.models.parts.views import ALARM, FAR, OFF, Finding, learn_views, look, magnitude
from anomaly_stream.detectors.models.parts.window import push
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

_OFFSET, _SLOPE, _LOOKS = 1.25, 2.0, 2.5
_SURPRISE_REPEATS, _RESIDUAL_REPEATS = 0.9, 0.25
_MOST_Z = 15.0
_FEW = 50.0
NEVER = -100.0
"""A strength below all others, of a route that is not taken."""


class Carried(NamedTuple):
    """What was found of a value, for learning it."""

    forecasts: Forecasts
    z: float
    strength: float
    surprise: float
    residual: float
    """Strength of the routes before discounts."""


@leaf_kernel
def score_of(strength: float) -> float:
    """0 to 100."""
    square = (strength / ALARM) ** 2
    return 100.0 - 200.0 / (3.0 * (square * square) + 2.0)


@leaf_kernel
def strength_of(score: float) -> float:
    """The strength that has this score."""
    return ALARM * sqrt(sqrt(2.0 * score / (3.0 * (100.0 - score))))


@leaf_kernel
def forecast(memory: Memory, time: float, with_day: bool) -> Forecasts:
    """All forecasts for ``time``; that by half hours where it is asked for."""
    day = day_forecast(memory, time) if with_day else np.nan
    week = week_forecast(memory, time)
    level = level_of(memory)
    hour = hour_median(memory, time)
    season = season_of(memory, day, week)
    choice = choose(memory, hour, week)
    baseline = week if choice == OF_WEEK else hour if choice == OF_HOUR else level
    lowest, highest = usual_range(memory, baseline, week, season)
    return Forecasts(level, hour, day, week, season, choice, baseline, lowest, highest)


@leaf_kernel
def surprise_route(memory: Memory, value: float, u: float, z: float, forecasts: Forecasts) -> Finding:
    """G and its reason."""
    return look(memory, value, u, z, forecasts.season, forecasts.day, forecasts.week)


@leaf_kernel
def residual_of(memory: Memory, z: float) -> float:
    """R of one value by itself."""
    return _OFFSET + _SLOPE * magnitude(z) - _LOOKS * log10(HOUR_S / usual_step(memory))


@leaf_kernel
def _lasting(memory: Memory, z: float) -> float:
    """The mean of deviates over the last hour, this one among them."""
    before = float(memory.words[LASTING])
    return before + usual_step(memory) / HOUR_S * (max(-_MOST_Z, min(_MOST_Z, z)) - before)


@leaf_kernel
def residual_route(memory: Memory, z: float) -> Finding:
    """R and its reason."""
    alone = residual_of(memory, z)
    lasting = _OFFSET + _SLOPE * magnitude(_lasting(memory, z))
    return Finding(lasting, OFF) if lasting > alone else Finding(alone, FAR)


@leaf_kernel
def surprise_left(memory: Memory, time: float, strength: float) -> float:
    """G less its repeats."""
    return discounted(memory, SURPRISE_EPISODE, SURPRISE_PEAKS, time, strength, _SURPRISE_REPEATS)


@leaf_kernel
def residual_left(memory: Memory, time: float, strength: float) -> float:
    """R less its repeats, and less what few values can say of a scale."""
    left = discounted(memory, RESIDUAL_EPISODE, RESIDUAL_PEAKS, time, strength, _RESIDUAL_REPEATS)
    return left - log10(1 + _FEW / memory.words[ROWS])


@leaf_kernel
def assess(
    memory: Memory,
    time: float,
    value: float,
    forecasts: Forecasts,
    z: float,
    surprise: Finding,
    residual: Finding,
    ready: bool,
) -> Evaluation:
    """Put the routes together; one of ``NEVER`` is not taken."""
    by_surprise = surprise_left(memory, time, surprise.decades)
    by_residual = residual_left(memory, time, residual.decades)
    reason = residual.reason if by_residual > by_surprise else surprise.reason
    strength = max(0.0, by_surprise, by_residual)
    carried = Carried(forecasts, z, strength, surprise.decades, residual.decades)
    known = forecasts.baseline == forecasts.baseline
    expected = outside(memory, forecasts.baseline) if known else value
    if not ready:
        return Evaluation(np.nan, np.nan, expected, z, reason, carried)
    alert_score = score_of(news(memory, time, strength))
    return Evaluation(score_of(strength), alert_score, expected, z, reason, carried)


@leaf_kernel
def evaluate(
    memory: Memory, time: float, value: float, least: int, by_surprise: bool, by_residual: bool
) -> Evaluation:
    """By one route or both; nothing is said of the first ``least`` values."""
    if memory.words[ROWS] < 1:
        nothing = Forecasts(np.nan, np.nan, np.nan, np.nan, NO_SEASON, OF_LEVEL, np.nan, np.nan, np.nan)
        return Evaluation(np.nan, np.nan, value, 0.0, FAR, Carried(nothing, 0.0, 0.0, 0.0, 0.0))
    u = inside(memory, value)
    forecasts = forecast(memory, time, by_surprise)
    z = deviate(memory, u, forecasts)
    surprise = Finding(NEVER, FAR)
    residual = Finding(NEVER, FAR)
    if by_surprise:
        surprise = surprise_route(memory, value, u, z, forecasts)
    if by_residual:
        residual = residual_route(memory, z)
    ready = memory.words[ROWS] >= least
    return assess(memory, time, value, forecasts, z, surprise, residual, ready)


@leaf_kernel
def learn(
    memory: Memory,
    time: float,
    value: float,
    carried: Carried,
    counted: bool,
    alerted: bool,
    by_surprise: bool,
    by_residual: bool,
) -> None:
    """Let a value enter; ``counted``: its strength was reported, ``alerted``: and reached the threshold."""
    words = memory.words
    take_time_and_unit(memory, time, value)
    u = inside(memory, value)
    expected = carried.forecasts
    if by_surprise:
        mean = words[MEAN]
        season = season_of(memory, expected.day, expected.week)
        learn_views(memory, value, u, expected.week if season == WEEKLY else expected.day)
        if expected.day == expected.day:
            compare(memory, DAY_ERROR, abs(u - expected.day), abs(u - mean))
        if expected.week == expected.week:
            compare(memory, WEEK_ERROR, abs(u - expected.week), abs(u - mean))
        fill_half_hour(memory, time, u)
    if expected.baseline == expected.baseline:
        follow(memory, expected.choice)
    if expected.level == expected.level:
        if expected.hour == expected.hour:
            compare(memory, HOUR_ERROR, abs(u - expected.hour), abs(u - expected.level))
        if expected.week == expected.week:
            compare(memory, WEEK_OVER_LEVEL_ERROR, abs(u - expected.week), abs(u - expected.level))
    fill_hour(memory, time, u)
    push(memory, time, u, expected.baseline)
    take_size(memory, u)
    if words[ROWS] > 0:
        if by_surprise:
            remember(memory, SURPRISE_EPISODE, SURPRISE_PEAKS, time, carried.surprise)
        if by_residual:
            words[LASTING] = _lasting(memory, carried.z)
            remember(memory, RESIDUAL_EPISODE, RESIDUAL_PEAKS, time, carried.residual)
        hold(memory, time, carried.strength if counted else 0.0, alerted)
    words[ROWS] += 1
