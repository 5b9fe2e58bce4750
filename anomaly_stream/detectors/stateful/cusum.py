"""CUSUM: departures on one side add up faster than chance lets them.

Page, Continuous inspection schemes (Biometrika 41, 1954), two-sided and tabular: ``C+ = max(0, C+ + u - k)``,
``C- = max(0, C- - u - k)``, u the value in standard deviations from the known level, k = 1/2: tuned to shifts
by one standard deviation. The statistic is the larger sum, with its sign.

Its probability is one over the average run length to a sum this high, by Siegmund's approximation
(Sequential Analysis, 1985) ``ARL = (exp(2 k b) - 2 k b - 1) / (2 k^2)``, b = C + 1.166: chance alone brings
a sum this high once in so many values. It holds for the sum's climb; a sum that is high stays so for some
values.

Robust: the spread comes from MAD, and u is at most 2. For series that remember, the spread is inflated as
learned (``chart``). A sum that reaches a score of 70 signals: the new level (that of the values since the
sum was 0, Montgomery's estimate ``k + C / N``) is adopted, and both sums begin again.
"""

from math import exp, log, log1p, sqrt

import numpy as np

from anomaly_stream.detectors.stateful import chart
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model.baseline import Baseline

_UPPER, _LOWER, _UPPER_COUNT, _LOWER_COUNT, _CHART = range(5)
WORDS = _CHART + chart.WORDS
"""Words of memory: both sums, the values since each was 0, the chart."""
SLACK = 0.5
"""k: what a value may depart without adding to the sum."""
SIGNAL = 15.0
"""A sum from here on signals."""

_OVERSHOOT = 1.166


@kernel
def log_chance(total: float) -> float:
    """Natural logarithm of one over the two-sided average run length to this sum; 0 at most."""
    reach = 2.0 * SLACK * (total + _OVERSHOOT)
    run = log(exp(reach) - reach - 1.0) if reach < 30.0 else reach + log1p(-(reach + 1.0) * exp(-reach))
    return min(0.0, log(4.0 * SLACK * SLACK) - run)


@kernel
def _sums(memory: Floats, value: float, baseline: Baseline) -> tuple[float, float]:
    """Both sums with ``value``."""
    low, high = chart.levels(memory, _CHART, baseline)
    sd = chart.spread(baseline) * sqrt(chart.inflation(memory, _CHART))
    above = max(-chart.CLIP, min(chart.CLIP, (value - high) / sd))
    below = max(-chart.CLIP, min(chart.CLIP, (low - value) / sd))
    return max(0.0, memory[_UPPER] + above - SLACK), max(0.0, memory[_LOWER] + below - SLACK)


@kernel
def evaluate(memory: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The larger of both sums with this value, negative below, and the deviate of its probability."""
    if baseline.count < 2.0:
        return np.nan, np.nan
    upper, lower = _sums(memory, value, baseline)
    if upper >= lower:
        return upper, deviate_of(log_chance(upper)) if upper > 0.0 else 0.0
    return -lower, -deviate_of(log_chance(lower))


@kernel
def learn(memory: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Add the value; at a signal adopt the new level and begin again."""
    if baseline.count < 2.0:
        return
    upper, lower = _sums(memory, value, baseline)
    memory[_UPPER_COUNT] = memory[_UPPER_COUNT] + 1.0 if upper > 0.0 else 0.0
    memory[_LOWER_COUNT] = memory[_LOWER_COUNT] + 1.0 if lower > 0.0 else 0.0
    memory[_UPPER] = upper
    memory[_LOWER] = lower
    sd = chart.spread(baseline) * sqrt(chart.inflation(memory, _CHART))
    low, high = chart.levels(memory, _CHART, baseline)
    chart.learn_value(memory, _CHART, value, baseline)
    if max(upper, lower) < SIGNAL:
        return
    if upper >= lower:
        chart.adopt(memory, _CHART, high + sd * (SLACK + upper / memory[_UPPER_COUNT]), baseline)
    else:
        chart.adopt(memory, _CHART, low - sd * (SLACK + lower / memory[_LOWER_COUNT]), baseline)
    memory[:_CHART] = 0.0
