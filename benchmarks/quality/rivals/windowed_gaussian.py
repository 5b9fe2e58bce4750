"""NAB's windowed Gaussian: the tail probability of a value under the normal distribution of a sliding window.

It follows ``windowedGaussian_detector.py`` of NAB v1.1: 6400 values, and a window that advances by 100
values. NAB's published scores have 12 digits, so these are rounded to 12 digits too.
"""

import math

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.rivals.streaming import Step, detector_of

_WINDOW, _SLIDE = 6400, 100
_LEAST_DEVIATION = 1e-6
_DIGITS = 12


def _fresh(times: NDArray[np.float64]) -> Step:
    window: list[float] = []
    waiting: list[float] = []
    first, total, squares = 0.0, 0.0, 0.0
    mean, deviation = 0.0, 1.0

    def step(value: float) -> float:
        nonlocal window, waiting, first, total, squares, mean, deviation
        score = 1 - 0.5 * math.erfc(abs(value - mean) / deviation / math.sqrt(2)) if window else 0.0
        if len(window) < _WINDOW:
            first = first if window else value
            window.append(value)
            total += value - first
            squares += (value - first) ** 2
            shifted = total / len(window)
            mean = first + shifted
            deviation = math.sqrt(max(squares / len(window) - shifted**2, 0)) or _LEAST_DEVIATION
        else:
            waiting.append(value)
            if len(waiting) == _SLIDE:
                window, waiting = window[_SLIDE:] + waiting, []
                mean, deviation = float(np.mean(window)), float(np.std(window)) or _LEAST_DEVIATION
        return round(score, _DIGITS)

    return step


windowed_gaussian = detector_of(_fresh)
