"""Rate of change: the series has changed faster from one value to the next than it usually does.

The statistic is the difference to the previous value, divided by the gap in usual intervals if that is more
than 1, over a robust standard deviation of the series' differences: 1.2735 times their winsorised mean size
(Huber, Robust Statistics, 1981: sizes count as at most three means).

The tail is Student's t, with a lower bound: if k of n past differences were at least as large, the
probability is at least k / (n + 1). So steps and bursts that are usual for a series are not reported.

Differences are counted once the mean size of the first ones is known. Until then a small first difference
would make all later ones look usual.

After a jump, a value is also compared with the value before the jump, and the smaller difference counts: a
spike is one event, and not two. This holds for usual jumps too.
"""

from math import log, log2

import numpy as np

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.stateful.interval import WORDS as INTERVAL_WORDS
from anomaly_stream.detectors.stateful.interval import interval, learn_gap
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION
from anomaly_stream.kernels.tails import deviate_of, student_deviate
from anomaly_stream.model import reasons
from anomaly_stream.model.baseline import Baseline

_COUNT, _LAST_TIME, _LAST, _BEFORE, _SIZE, _SEEN, _INTERVAL = range(7)
_BINS = _INTERVAL + INTERVAL_WORDS
_BIN_COUNT = 35
WORDS = _BINS + _BIN_COUNT
"""The state: number of values, time and value of the last one, the value before the last jump, mean size of
differences, number of binned differences, the interval, and the bins: differences by size in half octaves of
the mean size, from 1 to 2^17 times it."""
NUMBER = 8
DETECTOR = Detector(
    "rate_of_change",
    NUMBER,
    "A larger change from one value to the next than is usual for the series.",
    kind="pattern",
    words=WORDS,
    reasons=(reasons.RATE_OF_CHANGE,),
)

NORMAL_SIZE = 1.2735
"""The standard deviation of normal differences is this multiple of their winsorised mean size."""
LEAST_DIFFERENCES = 20.0
"""A difference is judged after this many."""
JUMP = 3.89
"""A deviate of this size is a jump."""

_WINSOR = 3.0
_REMEMBERED = 500.0
_BINNED = 4096.0
_EFFICIENCY = 0.5


@kernel
def _difference(state: Floats, time: float, value: float) -> float:
    """The difference to the last value, or to that before the jump if it is smaller; per usual interval."""
    found = value - state[_LAST]
    if abs(value - state[_BEFORE]) < abs(found):
        found = value - state[_BEFORE]
    usual = interval(state, _INTERVAL)
    gap = time - state[_LAST_TIME]
    return float(found / (gap / usual)) if gap > usual > 0.0 else float(found)


@kernel
def _bin(size: float, mean: float) -> int:
    """The bin of a difference; -1 up to the mean size."""
    if size <= mean:
        return -1
    return int(min(_BIN_COUNT - 1.0, 2.0 * log2(min(1e9, size / mean))))


@kernel
def _log_seen(state: Floats, size: float) -> float:
    """``ln`` of the share of past differences as large as this one, by its bin; -1000 if there were none."""
    number = _bin(size, state[_SIZE])
    if number < 0:
        return 0.0
    beyond = 0.0
    for i in range(_BINS + number, _BINS + _BIN_COUNT):
        beyond += state[i]
    return log(beyond / (state[_SEEN] + 1.0)) if beyond >= 1.0 else -1e3


@kernel
def _uncapped(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float, float]:
    """The difference, the same in robust standard deviations, and its deviate by Student's t."""
    found = _difference(state, time, value)
    scale = NORMAL_SIZE * state[_SIZE] if state[_SIZE] > 0.0 else baseline.sd
    scale = max(scale, RESOLUTION * max(abs(value), abs(state[_LAST])))
    deviate = student_deviate(found / scale, _EFFICIENCY * min(state[_COUNT], _REMEMBERED))
    return found, found / scale, deviate


@kernel
def evaluate(state: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The difference per interval in robust standard deviations, and its deviate."""
    if state[_COUNT] <= LEAST_DIFFERENCES or baseline.count < 2.0:
        return np.nan, np.nan
    found, statistic, deviate = _uncapped(state, time, value, baseline)
    seen = deviate_of(_log_seen(state, abs(found)))
    return statistic, max(-seen, min(seen, deviate))


@kernel
def learn(state: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Learn the difference to the last value, also of an anomaly."""
    jumped = False
    if state[_COUNT] > 0.0:
        if state[_COUNT] > LEAST_DIFFERENCES and baseline.count >= 2.0:
            jumped = abs(_uncapped(state, time, value, baseline)[2]) >= JUMP
        size = abs(_difference(state, time, value))
        if state[_COUNT] > LEAST_DIFFERENCES and state[_SIZE] > 0.0:
            _count(state, _bin(size, state[_SIZE]))
        _learn_size(state, size)
        learn_gap(state, _INTERVAL, time - state[_LAST_TIME])
    state[_BEFORE] = state[_LAST] if jumped else value
    state[_COUNT] += 1.0
    state[_LAST_TIME] = time
    state[_LAST] = value


@kernel
def _count(state: Floats, number: int) -> None:
    """Count a difference in its bin; -1 has none."""
    if state[_SEEN] >= _BINNED:
        state[_SEEN] *= 0.5
        for i in range(_BINS, _BINS + _BIN_COUNT):
            state[i] *= 0.5
    state[_SEEN] += 1.0
    if number >= 0:
        state[_BINS + number] += 1.0


@kernel
def _learn_size(state: Floats, size: float) -> None:
    """Update the mean size, a plain mean of the first differences, a winsorised one after that."""
    count = min(state[_COUNT], _REMEMBERED)
    if state[_COUNT] > LEAST_DIFFERENCES and state[_SIZE] > 0.0:
        size = min(size, _WINSOR * state[_SIZE])
    state[_SIZE] += (size - state[_SIZE]) / count
