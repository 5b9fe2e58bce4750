"""Streaming detectors of river, with their default parameters if they have any."""

import math

import numpy as np
from numpy.typing import NDArray
from river import anomaly, preprocessing, stats, time_series

from benchmarks.quality.rivals.streaming import Step, detector_of, rows_a_day

_WARM_UP = 50
"""The first residual is judged after this many."""


def _gaussian_scorer(times: NDArray[np.float64]) -> Step:
    model = anomaly.GaussianScorer()

    def step(value: float) -> float:
        score = model.score_one(None, value)
        model.learn_one(None, value)
        return float(score)

    return step


def _half_space_trees(times: NDArray[np.float64]) -> Step:
    scaler, model = preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=1)

    def step(value: float) -> float:
        scaler.learn_one({"value": value})
        scaled = scaler.transform_one({"value": value})
        score = model.score_one(scaled)
        model.learn_one(scaled)
        return float(score)

    return step


def _holt_winters(times: NDArray[np.float64]) -> Step:
    """The error of the forecast for the next row, in running standard deviations of such errors.

    If the mean of the first day is zero, river's model fails with a division by zero: it is restarted.
    """
    season = rows_a_day(times)
    model, seen = _forecaster(season), 0
    errors = stats.Var()

    def step(value: float) -> float:
        nonlocal model, seen
        score = math.nan
        if seen > season + 2:
            error = value - model.forecast(horizon=1)[0]
            if errors.mean.n > _WARM_UP:
                score = abs(error) / (math.sqrt(errors.get()) + 1e-9 * (1 + abs(value)))
            errors.update(error)
        try:
            model.learn_one(value)
            seen += 1
        except ZeroDivisionError:
            model, seen = _forecaster(season), 0
        return score

    return step


def _forecaster(season: int) -> time_series.HoltWinters:
    if season == 1:
        return time_series.HoltWinters(alpha=0.3, beta=0.01)
    return time_series.HoltWinters(alpha=0.3, beta=0.01, gamma=0.3, seasonality=season)


gaussian_scorer = detector_of(_gaussian_scorer)
half_space_trees = detector_of(_half_space_trees)
holt_winters = detector_of(_holt_winters)
