"""SPOT: the tail of the series itself, by peaks over a threshold.

Siffer, Fouque, Termier and Largouet, Anomaly detection in streams with extreme value theory (KDD 2017):
excesses over a high threshold follow a generalised Pareto distribution (``kernels.pareto``). Fitted to past
peaks, it gives the probability of a value that is further out than any before. This score replaces those of
the point detectors: with a tail of the series' own, the choice of statistic is not important.

The calibrated quantity is the **surprise** x: ``-ln p`` of a normal model by median and MAD, linear beyond 5
standard deviations. If the normal model were true, x would be exponential with mean 1 above every threshold
(shape 0, scale 1), and calibration would change nothing. On heavy-tailed series the fit is wider and scores
are lower.

Differences from the paper:

- The state is bounded: the last 56 peaks.
- The threshold follows the 95 % quantile of the values on its side (Robbins and Monro, Annals of
  Mathematical Statistics 22, 1951); the paper fixes it after a first batch.
- Hosking and Wallis's weighted moments, a closed formula, replace Grimshaw's root search.
- The fit starts from the exponential distribution with the weight of 10 peaks, so that it works from the
  first value.
- Consecutive values beyond the threshold are one event. Its highest value becomes a peak once the event is
  over (runs declustering, Davison and Smith, Journal of the Royal Statistical Society B 52, 1990), and it
  counts as at most 12 values, so a drift does not become a tail.
- Each side has its own tail.
- The shape is at least ``1 / (peaks + 10)``: the tail has no upper end.
"""

from math import erfc, log, sqrt

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful.chart import spread
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.pareto import log_survival, shape_of, weighted_moments
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model.baseline import Baseline

_COUNT, _THRESHOLD, _SHARE, _PEAKS, _SHAPE, _SCALE, _RUN, _HIGHEST, _RING = range(9)
PEAKS = 56
_SIDE_WORDS = 64
WORDS = 2 * _SIDE_WORDS
"""The state, first of the upper, then of the lower side: number of values, threshold, share of values beyond
it, number of peaks, shape, scale, length of the current run beyond the threshold, its highest value, ring of
peaks."""
NUMBER = 9
DETECTOR = Detector(
    "spot",
    NUMBER,
    "Scores by the series' own tail (peaks over threshold), in place of the point detectors' scores.",
    kind="calibrator",
    words=WORDS,
)

SHARE = 0.05
"""This share of the values on one side should exceed the threshold."""
LEAST_POINTS = 50.0
"""The tail is learned once the window has this many points: with fewer, its spread is too uncertain."""
BELIEF = 10.0
"""The initial exponential tail has the weight of this many peaks."""

_REMEMBERED = 2000.0
_CAUTION = 100.0
_LONGEST_RUN = 12.0
_LEAST_THRESHOLD = 0.05
_FIRST_THRESHOLD = -log(2.0 * SHARE)
_NORMAL_TO = 5.0
_SURPRISE_THERE = -log(erfc(_NORMAL_TO / sqrt(2.0)))
_SLOPE = 5.1865
_FURTHEST = 1e9


@kernel
def _side_at(side: int) -> int:
    return 0 if side > 0 else _SIDE_WORDS


@kernel
def surprise_of(value: float, baseline: Baseline) -> float:
    """``-ln p`` of the normal model, two-sided; linear beyond 5 standard deviations."""
    size = min(_FURTHEST, abs(value - baseline.median) / spread(baseline))
    if size > _NORMAL_TO:
        return _SURPRISE_THERE + _SLOPE * (size - _NORMAL_TO)
    return -log(erfc(size / sqrt(2.0)))


@kernel
def calibrated(state: Floats, surprise: float, side: int) -> float:
    """``-ln p`` by the series' own tail on ``side`` (1, -1), two-sided; monotone in ``surprise``."""
    at = _side_at(side)
    fresh = state[at + _COUNT] == 0.0
    threshold = _FIRST_THRESHOLD if fresh else state[at + _THRESHOLD]
    there = max(0.0, -log(2.0 * (SHARE if fresh else state[at + _SHARE])))
    if surprise <= threshold:
        return float(surprise / threshold * there)
    if state[at + _PEAKS] == 0.0:
        return float(there - log_survival(surprise - threshold, 1.0 / BELIEF, 1.0))
    return float(there - log_survival(surprise - threshold, state[at + _SHAPE], state[at + _SCALE]))


@kernel
def evaluate(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """Distance from the median in standard deviations by the MAD, and the calibrated deviate."""
    if baseline.count < 2.0:
        return np.nan, np.nan
    statistic = (value - baseline.median) / spread(baseline)
    side = 1 if statistic > 0.0 else -1
    return statistic, side * deviate_of(-calibrated(state, surprise_of(value, baseline), side))


@kernel
def learn(state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Learn the value as it enters the window, clipped, so that an outage does not become a tail."""
    if baseline.count < LEAST_POINTS:
        return
    surprise = surprise_of(entering, baseline)
    _learn_side(state, 0, surprise if entering > baseline.median else 0.0)
    _learn_side(state, _SIDE_WORDS, surprise if entering < baseline.median else 0.0)


@kernel
def _learn_side(state: Floats, at: int, surprise: float) -> None:
    """Update threshold and run of a side; ``surprise`` is 0 for a value on the other side."""
    if state[at + _COUNT] == 0.0:
        state[at + _THRESHOLD] = _FIRST_THRESHOLD
        state[at + _SHARE] = SHARE
    peak = surprise > state[at + _THRESHOLD]
    if peak:
        state[at + _RUN] += 1.0
        state[at + _HIGHEST] = max(state[at + _HIGHEST], surprise)
    elif state[at + _RUN] > 0.0:
        _end_run(state, at)
    if state[at + _RUN] > _LONGEST_RUN:
        return
    state[at + _COUNT] = min(state[at + _COUNT] + 1.0, _REMEMBERED)
    rate = 1.0 / (state[at + _COUNT] + _CAUTION)
    beyond = 1.0 if peak else 0.0
    state[at + _SHARE] += rate * (beyond - state[at + _SHARE])
    threshold = state[at + _THRESHOLD] + rate * (beyond - SHARE) / SHARE
    state[at + _THRESHOLD] = max(_LEAST_THRESHOLD, threshold)


@kernel
def _end_run(state: Floats, at: int) -> None:
    """Add the highest value of the run to the peaks, and fit again."""
    state[at + _RING + int(state[at + _PEAKS]) % PEAKS] = state[at + _HIGHEST]
    state[at + _PEAKS] += 1.0
    if state[at + _PEAKS] >= 2.0 * PEAKS:
        state[at + _PEAKS] -= PEAKS
    state[at + _RUN] = 0.0
    state[at + _HIGHEST] = 0.0
    _fit(state, at)


@kernel
def _fit(state: Floats, at: int) -> None:
    """Fit shape and scale to the peaks above the present threshold."""
    held = int(min(state[at + _PEAKS], PEAKS))
    count, mean, weighted = weighted_moments(state, at + _RING, held, state[at + _THRESHOLD])
    fitted = shape_of(mean, weighted) if count > 1 else 0.0
    shape = max(1.0 / (count + BELIEF), fitted * count / (count + BELIEF))
    state[at + _SHAPE] = shape
    state[at + _SCALE] = (count * mean * (1.0 - shape) + BELIEF) / (count + BELIEF)
