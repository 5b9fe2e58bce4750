"""EWMA control chart: the exponentially weighted mean has moved away from the baseline's median.

Roberts, Control chart tests based on geometric moving averages (Technometrics 1, 1959); Lucas and Saccucci,
Exponentially weighted moving average control schemes (Technometrics 32, 1990). With weight l = 0.05 the mean
``E = E + l (x - E)`` of n independent values has the variance ``s^2 l / (2 - l) (1 - (1 - l)^(2n))``. In the
long run its standard deviation is s/6. So a lasting shift by s, which no single value shows, is six standard
deviations of the mean.

Robust: s is that of the MAD, the centre is the median, and values are clipped to 2 s. For autocorrelated
series the variance is inflated (``chart``). The signal lasts until ``chart`` adopts the new level.
"""

from math import sqrt

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful import chart
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import student_deviate
from anomaly_stream.model import reasons
from anomaly_stream.model.baseline import Baseline

WORDS = chart.WORDS
"""The state: the chart."""
NUMBER = 4
DETECTOR = Detector(
    "ewma",
    NUMBER,
    "Small lasting shifts: the exponentially weighted mean's distance from the median.",
    kind="pattern",
    words=WORDS,
    reasons=(reasons.MEAN_SHIFT,),
)


@kernel
def evaluate(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """Distance of the mean from the known levels (0 between them) in standard deviations of the mean, and its
    deviate.

    The tail is Student's t; its degrees of freedom reflect how well the spread is known.
    """
    if baseline.count < 2.0:
        return np.nan, np.nan
    baseline = chart.held(state, 0, baseline)
    low, high = chart.levels(state, 0, baseline)
    sd = chart.spread(baseline)
    mean = chart.mean_with(state, 0, chart.clipped(value, low, high, sd), baseline)
    variance = chart.variance_of_mean(state[chart.COUNT] + 1.0) + chart.error_of_median(baseline)
    scale = sqrt(variance * chart.inflation(state, 0))
    statistic = (max(0.0, mean - high) - max(0.0, low - mean)) / sd / scale
    return statistic, student_deviate(statistic, chart.freedom(state, 0, baseline))


@kernel
def learn(state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Update the mean; adopt its level once the signal has lasted and the level has settled."""
    if baseline.count < 2.0:
        return
    deviate = evaluate(state, time, value, baseline)[1]
    baseline = chart.held(state, 0, baseline)
    chart.learn_value(state, 0, value, baseline)
    chart.take_signal(state, 0, deviate, baseline)
