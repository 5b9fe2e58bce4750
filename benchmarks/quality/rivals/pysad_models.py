"""Streaming detectors of PySAD, with their default parameters if they have any.

A value is scored before it is learned.
"""

import math
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pysad import models

from benchmarks.quality.rivals.streaming import Step, detector_of
from benchmarks.quality.series import Detector

_PROBATION = 300
_LEARN_FIRST = 25
"""This many values are learned before the first is scored, because some models need them."""
_SEED = 1


def _of(make: Callable[[], Any]) -> Callable[[NDArray[np.float64]], Step]:
    def fresh(times: NDArray[np.float64]) -> Step:
        np.random.seed(_SEED)
        model, seen = make(), 0

        def step(value: float) -> float:
            nonlocal seen
            seen += 1
            row = np.array([value])
            try:
                score = float(model.score_partial(row)) if seen > _LEARN_FIRST else math.nan
                model.fit_partial(row)
            except np.linalg.LinAlgError:  # a constant stretch: KNN-CAD cannot invert its windows
                return math.nan
            return score

        return step

    return fresh


def _quiet(detector: Detector) -> Detector:
    """Suppress the output of the model."""

    def detect(
        times: NDArray[np.float64], values: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        with redirect_stdout(StringIO()):
            return detector(times, values)

    return detect


standard_absolute_deviation = detector_of(_of(models.StandardAbsoluteDeviation))
median_absolute_deviation = detector_of(_of(models.MedianAbsoluteDeviation))
loda = detector_of(_of(models.LODA))
knn_cad = _quiet(detector_of(_of(lambda: models.KNNCAD(probationary_period=_PROBATION))))
exact_storm = detector_of(_of(models.ExactStorm))
xstream = detector_of(_of(models.xStream))
