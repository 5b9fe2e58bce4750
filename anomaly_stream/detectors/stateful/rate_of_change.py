"""Rate of change: from one value to the next the series has moved faster than it does.

The statistic is the difference to the value before, per usual interval (a longer gap may bring a larger
difference, and is divided by), over a robust standard deviation of the series' own differences: 1.2539 times
their winsorised mean size (Huber, Robust Statistics, 1981: sizes count as at most three means).

The tail is Student's t, but never beyond what was seen: of n past differences, k at least as large put the
probability at k / (n + 1) at least. That keeps series that step or burst quiet.

After a jump, a value is compared with the value before the jump as well, and the smaller difference counts:
a spike is one event and not two.
"""

from math import log, log2

import numpy as np

from anomaly_stream.detectors.stateful.interval import WORDS as INTERVAL_WORDS
from anomaly_stream.detectors.stateful.interval import interval, learn_gap
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of, student_deviate
from anomaly_stream.model.baseline import Baseline

_COUNT, _LAST_TIME, _LAST, _BEFORE, _SIZE, _SEEN, _INTERVAL = range(7)
_BINS = _INTERVAL + INTERVAL_WORDS
_BIN_COUNT = 35
WORDS = _BINS + _BIN_COUNT
"""Words of memory: values so far, time and value of the last, the value before the last jump, mean size of
differences, differences counted in bins, the interval, and the bins: differences by size in half octaves of
the mean size, from 1 to 2^17 of it."""

NORMAL_SIZE = 1.2735
"""Standard deviations of normal differences in their winsorised mean size."""
LEAST_DIFFERENCES = 20.0
"""With fewer differences nothing is said."""
JUMP = 3.89
"""A deviate from here on is a jump."""

_WINSOR = 3.0
_REMEMBERED = 500.0
_BINNED = 4096.0
_EFFICIENCY = 0.5


@kernel
def _difference(memory: Floats, time: float, value: float) -> float:
    """The difference to the last value or, where it is smaller, to that before the jump; per interval."""
    found = value - memory[_LAST]
    if abs(value - memory[_BEFORE]) < abs(found):
        found = value - memory[_BEFORE]
    usual = interval(memory, _INTERVAL)
    gap = time - memory[_LAST_TIME]
    return float(found / (gap / usual)) if gap > usual > 0.0 else float(found)


@kernel
def _bin(size: float, mean: float) -> int:
    """The bin of a difference; -1 for those below the mean size."""
    if size < mean or mean <= 0.0:
        return -1
    return int(min(_BIN_COUNT - 1.0, 2.0 * log2(min(1e9, size / mean))))


@kernel
def _log_seen(memory: Floats, size: float) -> float:
    """Logarithm of the share of past differences as large, by the bin of this one; far below 0 where none
    was."""
    number = _bin(size, memory[_SIZE])
    if number < 0:
        return 0.0
    beyond = 0.0
    for i in range(_BINS + number, _BINS + _BIN_COUNT):
        beyond += memory[i]
    return log(beyond / (memory[_SEEN] + 1.0)) if beyond >= 1.0 else -1e3


@kernel
def evaluate(memory: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The difference per interval in its robust standard deviations, and its deviate."""
    if memory[_COUNT] <= LEAST_DIFFERENCES or baseline.count < 2.0:
        return np.nan, np.nan
    found = _difference(memory, time, value)
    scale = NORMAL_SIZE * memory[_SIZE] if memory[_SIZE] > 0.0 else baseline.sd
    statistic = found / scale
    deviate = student_deviate(statistic, _EFFICIENCY * min(memory[_COUNT], _REMEMBERED))
    seen = deviate_of(_log_seen(memory, abs(found)))
    return statistic, max(-seen, min(seen, deviate))


@kernel
def learn(memory: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Take in the difference to the last value, whatever it was called."""
    jumped = abs(evaluate(memory, time, value, baseline)[1]) >= JUMP
    if memory[_COUNT] > 0.0:
        size = abs(_difference(memory, time, value))
        number = _bin(size, memory[_SIZE])
        if memory[_SEEN] >= _BINNED:
            memory[_SEEN] *= 0.5
            for i in range(_BINS, _BINS + _BIN_COUNT):
                memory[i] *= 0.5
        memory[_SEEN] += 1.0
        if number >= 0:
            memory[_BINS + number] += 1.0
        _learn_size(memory, size)
        learn_gap(memory, _INTERVAL, time - memory[_LAST_TIME])
    memory[_BEFORE] = memory[_LAST] if jumped else value
    memory[_COUNT] += 1.0
    memory[_LAST_TIME] = time
    memory[_LAST] = value


@kernel
def _learn_size(memory: Floats, size: float) -> None:
    """Move the mean size towards ``size``; of the first few no more than a plain mean."""
    count = min(memory[_COUNT], _REMEMBERED)
    if memory[_COUNT] > LEAST_DIFFERENCES and memory[_SIZE] > 0.0:
        size = min(size, _WINSOR * memory[_SIZE])
    memory[_SIZE] += (size - memory[_SIZE]) / count
