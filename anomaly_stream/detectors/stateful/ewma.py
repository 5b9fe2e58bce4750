"""EWMA control chart: the exponentially weighted mean has moved away from the baseline's median.

Roberts, Control chart tests based on geometric moving averages (Technometrics 1, 1959); Lucas and Saccucci,
Exponentially weighted moving average control schemes (Technometrics 32, 1990). With weight l = 0.05 the mean
``E = E + l (x - E)`` of n independent values has the variance ``s^2 l / (2 - l) (1 - (1 - l)^(2n))``, a sixth
of s in the long run, so a lasting shift by one s, which no single value shows, becomes six of its own.

Robust: s comes from MAD, the centre is the median, and a value counts as at most 2 s away. For series that
remember, the variance is inflated as learned (``chart``). After 100 signals the new level is adopted.
"""

from math import sqrt

import numpy as np

from anomaly_stream.detectors.stateful import chart
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model.baseline import Baseline

_STREAK = 0
_CHART = 1
WORDS = _CHART + chart.WORDS
"""Words of memory: signals (less the other values since), the chart."""
SIGNAL = 3.89
"""A deviate from here on is a signal: a score of 40."""
ADOPT_AFTER = 100.0
"""Signals after which the level is adopted."""


@kernel
def evaluate(memory: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The mean's distance from the known levels in its own standard deviations (0 between them).

    The deviate is that of Student's t, whose degrees of freedom stand for how well the spread is known.
    """
    if baseline.count < 2.0:
        return np.nan, np.nan
    low, high = chart.levels(memory, _CHART, baseline)
    sd = chart.spread(baseline)
    mean = chart.mean_with(memory, _CHART, chart.clipped(value, low, high, sd), baseline)
    variance = chart.variance_of_mean(memory[_CHART + chart.COUNT] + 1.0) + chart.error_of_median(baseline)
    scale = sqrt(variance * chart.inflation(memory, _CHART))
    statistic = (max(0.0, mean - high) - max(0.0, low - mean)) / sd / scale
    return statistic, student_deviate(statistic, chart.freedom(memory, _CHART, baseline))


@kernel
def learn(memory: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Move the mean on; a signal that lasts becomes a known level."""
    if baseline.count < 2.0:
        return
    deviate = evaluate(memory, time, value, baseline)[1]
    chart.learn_value(memory, _CHART, value, baseline)
    step = 1.0 if abs(deviate) >= SIGNAL else -1.0
    memory[_STREAK] = max(0.0, memory[_STREAK] + step)
    if memory[_STREAK] >= ADOPT_AFTER:
        memory[_STREAK] = 0.0
        chart.adopt(memory, _CHART, memory[_CHART + chart.LEVEL], baseline)
