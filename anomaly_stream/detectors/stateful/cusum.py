"""CUSUM: deviations to one side add up faster than chance allows.

Page, Continuous inspection schemes (Biometrika 41, 1954), two-sided and tabular: ``C+ = max(0, C+ + d - k)``,
``C- = max(0, C- - d - k)``, with d the value in standard deviations from the known level and k = 1/2, which
is tuned to shifts of one standard deviation. The statistic is the larger sum, with its sign.

Its probability is one over the average run length to a sum this high, by Siegmund's approximation (Sequential
Analysis, 1985) ``ARL = (exp(2 k b) - 2 k b - 1) / (2 k^2)``, b = C + 1.166: by chance alone, a sum this high
is reached once in ARL values. This holds for reaching it; the sum then stays high for some values.

Robust: the spread is that of the MAD, and d is at most 2. For autocorrelated series the spread is inflated
(``chart``). Sums are at most 15, a score of 70, so that they fall soon after the series has returned. The
signal lasts until ``chart`` adopts the new level; then both sums restart.
"""

from math import exp, log, log1p, sqrt

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful import chart
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model import reasons
from anomaly_stream.model.baseline import Baseline

_UPPER, _LOWER, _CHART = range(3)
WORDS = _CHART + chart.WORDS
"""The state: both sums, the chart."""
NUMBER = 5
DETECTOR = Detector(
    "cusum",
    NUMBER,
    "Small lasting shifts, earlier than `ewma`: the cumulative sum of deviations to one side.",
    kind="pattern",
    words=WORDS,
    reasons=(reasons.MEAN_SHIFT,),
)
SLACK = 0.5
"""k: deviations up to this size do not increase the sum."""

_LARGEST = 15.0
_OVERSHOOT = 1.166


@kernel
def log_chance(total: float) -> float:
    """``-ln`` of the two-sided average run length to this sum; at most 0."""
    reach = 2.0 * SLACK * (total + _OVERSHOOT)
    run = log(exp(reach) - reach - 1.0) if reach < 30.0 else reach + log1p(-(reach + 1.0) * exp(-reach))
    return min(0.0, log(4.0 * SLACK * SLACK) - run)


@kernel
def _sums(state: Floats, value: float, baseline: Baseline) -> tuple[float, float]:
    """Upper and lower sum including ``value``."""
    low, high = chart.levels(state, _CHART, baseline)
    sd = chart.spread(baseline) * sqrt(chart.inflation(state, _CHART))
    above = max(-chart.CLIP, min(chart.CLIP, (value - high) / sd))
    below = max(-chart.CLIP, min(chart.CLIP, (low - value) / sd))
    upper, lower = state[_UPPER] + above - SLACK, state[_LOWER] + below - SLACK
    return max(0.0, min(_LARGEST, upper)), max(0.0, min(_LARGEST, lower))


@kernel
def evaluate(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The larger sum including this value, negative if it is the lower one, and its deviate."""
    if baseline.count < 2.0:
        return np.nan, np.nan
    baseline = chart.held(state, _CHART, baseline)
    upper, lower = _sums(state, value, baseline)
    if upper >= lower:
        return upper, deviate_of(log_chance(upper)) if upper > 0.0 else 0.0
    return -lower, -deviate_of(log_chance(lower))


@kernel
def learn(state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Add the value; restart both sums when the chart adopts a new level."""
    if baseline.count < 2.0:
        return
    baseline = chart.held(state, _CHART, baseline)
    upper, lower = _sums(state, value, baseline)
    state[_UPPER] = upper
    state[_LOWER] = lower
    chart.learn_value(state, _CHART, value, baseline)
    if chart.take_signal(state, _CHART, deviate_of(log_chance(max(upper, lower))), baseline):
        state[:_CHART] = 0.0
