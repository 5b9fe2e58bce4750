"""SPOT: the tail measured on the series itself, by peaks over a threshold.

Siffer, Fouque, Termier and Largouet, Anomaly detection in streams with extreme value theory (KDD 2017): what
exceeds a high threshold follows a generalised Pareto distribution (``kernels.pareto``); fitted to past peaks
it says how probable a value is that is further out than any before. It takes the place of the level
detectors' scores: with a tail of its own, which of their statistics is taken matters no more.

What is calibrated is the **surprise** x: ``-ln p`` of a normal model by median and MAD, up to 5 standard
deviations, and straight on from there. Were the model true, x would be exponential with mean 1 beyond every
threshold: shape 0, scale 1, and calibration would change nothing. On heavy-tailed series the fit is wider,
and scores fall to what the series itself promises.

Departures from the paper: memory is bounded (the last 56 peaks); the threshold follows the quantile that 1
value in 20 exceeds on its side (Robbins and Monro, Annals of Mathematical Statistics 22, 1951) and is not
fixed after a first batch; Hosking and Wallis's weighted moments take the place of Grimshaw's root search,
since they are a closed formula; the fit starts from the exponential, worth 10 peaks, so that it works from
the first value. Values beyond the threshold in a row are one event, whose highest is its peak once it is
over (declustering by runs, Davison and Smith, Journal of the Royal Statistical Society B 52, 1990), and
count as at most 12: so a drift does not make itself a tail. The two sides have a tail each. The shape is
never less than that of the exponential whose scale is known from so few peaks: an end of the tail is not
believed in.
"""

from math import erfc, log, sqrt

import numpy as np

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
"""Words of memory. A side: values so far, threshold, share of values beyond it, peaks so far, shape, scale,
values of the run beyond the threshold that goes on, the highest of them, and a ring of peaks; first the
upper, then the lower side."""

SHARE = 0.05
"""Of the values on one side so many are to be peaks."""
LEAST_POINTS = 50.0
"""With fewer in the window its spread says too little for what exceeds it to be a tail."""
BELIEF = 10.0
"""The exponential tail that one starts from is worth so many peaks."""

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
    """``-ln p`` of the normal model, both sides together; linear from 5 standard deviations on."""
    size = min(_FURTHEST, abs(value - baseline.median) / spread(baseline))
    if size > _NORMAL_TO:
        return _SURPRISE_THERE + _SLOPE * (size - _NORMAL_TO)
    return -log(erfc(size / sqrt(2.0)))


@kernel
def calibrated(memory: Floats, surprise: float, side: int) -> float:
    """``-ln p`` by the series' own tail on ``side`` (1, -1), doubled for both; never falls as ``surprise``
    rises."""
    at = _side_at(side)
    fresh = memory[at + _COUNT] == 0.0
    threshold = _FIRST_THRESHOLD if fresh else memory[at + _THRESHOLD]
    there = max(0.0, -log(2.0 * (SHARE if fresh else memory[at + _SHARE])))
    if surprise <= threshold:
        return float(surprise / threshold * there)
    if memory[at + _PEAKS] == 0.0:
        return float(there - log_survival(surprise - threshold, 1.0 / BELIEF, 1.0))
    return float(there - log_survival(surprise - threshold, memory[at + _SHAPE], memory[at + _SCALE]))


@kernel
def evaluate(memory: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """Distance from the median in the standard deviations of MAD, and the calibrated deviate."""
    if baseline.count < 2.0:
        return np.nan, np.nan
    statistic = (value - baseline.median) / spread(baseline)
    side = 1 if statistic > 0.0 else -1
    return statistic, side * deviate_of(-calibrated(memory, surprise_of(value, baseline), side))


@kernel
def learn(memory: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Learn from what enters the window of a value, so that an outage makes no tail."""
    if baseline.count < LEAST_POINTS:
        return
    surprise = surprise_of(entering, baseline)
    _learn_side(memory, 0, surprise if entering > baseline.median else 0.0)
    _learn_side(memory, _SIDE_WORDS, surprise if entering < baseline.median else 0.0)


@kernel
def _learn_side(memory: Floats, at: int, surprise: float) -> None:
    """Move the threshold of a side, and follow its runs; 0 stands for a value on the other side."""
    if memory[at + _COUNT] == 0.0:
        memory[at + _THRESHOLD] = _FIRST_THRESHOLD
        memory[at + _SHARE] = SHARE
    peak = surprise > memory[at + _THRESHOLD]
    if peak:
        memory[at + _RUN] += 1.0
        memory[at + _HIGHEST] = max(memory[at + _HIGHEST], surprise)
    elif memory[at + _RUN] > 0.0:
        _end_run(memory, at)
    if memory[at + _RUN] > _LONGEST_RUN:
        return
    memory[at + _COUNT] = min(memory[at + _COUNT] + 1.0, _REMEMBERED)
    rate = 1.0 / (memory[at + _COUNT] + _CAUTION)
    beyond = 1.0 if peak else 0.0
    memory[at + _SHARE] += rate * (beyond - memory[at + _SHARE])
    threshold = memory[at + _THRESHOLD] + rate * (beyond - SHARE) / SHARE
    memory[at + _THRESHOLD] = max(_LEAST_THRESHOLD, threshold)


@kernel
def _end_run(memory: Floats, at: int) -> None:
    """Count the highest value of a run beyond the threshold as a peak, and fit anew."""
    memory[at + _RING + int(memory[at + _PEAKS]) % PEAKS] = memory[at + _HIGHEST]
    memory[at + _PEAKS] += 1.0
    if memory[at + _PEAKS] >= 2.0 * PEAKS:
        memory[at + _PEAKS] -= PEAKS
    memory[at + _RUN] = 0.0
    memory[at + _HIGHEST] = 0.0
    _fit(memory, at)


@kernel
def _fit(memory: Floats, at: int) -> None:
    """Shape and scale from the peaks that are still beyond the threshold."""
    held = int(min(memory[at + _PEAKS], PEAKS))
    count, mean, weighted = weighted_moments(memory, at + _RING, held, memory[at + _THRESHOLD])
    fitted = shape_of(mean, weighted) if count > 1 else 0.0
    shape = max(1.0 / (count + BELIEF), fitted * count / (count + BELIEF))
    memory[at + _SHAPE] = shape
    memory[at + _SCALE] = (count * mean * (1.0 - shape) + BELIEF) / (count + BELIEF)
