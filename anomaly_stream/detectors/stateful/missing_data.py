"""Missing data: a gap longer than the series' own rhythm makes plausible.

The statistic is the gap that ends with this observation, in usual intervals (``interval``: the median of
the last gaps, so it follows a series that changes its rate). A gap of L intervals is a run of L; its
probability is that of a run this long by the life table of the gaps the series has had (``runs``). So a
series that often misses a value, comes at random, or rests every weekend is left alone once that is known,
and one that came like clockwork is reported after a few missed intervals.
"""

from math import ceil

import numpy as np

from anomaly_stream.detectors.stateful import runs
from anomaly_stream.detectors.stateful.interval import WORDS as INTERVAL_WORDS
from anomaly_stream.detectors.stateful.interval import interval, learn_gap
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.tails import deviate_of
from anomaly_stream.model.baseline import Baseline

_BEGUN, _LAST, _INTERVAL = 0, 1, 2
_TABLE = _INTERVAL + INTERVAL_WORDS
WORDS = _TABLE + runs.WORDS
"""Words of memory: whether there was an observation, its time, the interval, a life table."""
LEAST_GAPS = 20.0
"""With fewer gaps nothing is said."""


@kernel
def _length(gap: float, usual: float) -> float:
    """A gap in whole intervals: 1 up to one and a half, 2 where one observation is missing."""
    return max(1.0, min(float(ceil(gap / usual - 0.5)), runs.LONGEST))


@kernel
def evaluate(memory: Floats, time: float, value: float, baseline: Baseline) -> tuple[float, float]:
    """The gap up to ``time`` in usual intervals, and the deviate of its probability; it is never negative."""
    usual = interval(memory, _INTERVAL)
    if usual == 0.0:
        return np.nan, np.nan
    gap = time - memory[_LAST]
    length = _length(gap, usual)
    return gap / usual, deviate_of(runs.log_chance(memory, _TABLE, length, LEAST_GAPS))


@kernel
def learn(memory: Floats, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Take in the gap that ends now."""
    if memory[_BEGUN] != 0.0:
        gap = time - memory[_LAST]
        usual = interval(memory, _INTERVAL)
        if usual > 0.0:
            runs.learn_run(memory, _TABLE, _length(gap, usual))
        learn_gap(memory, _INTERVAL, gap)
    memory[_BEGUN] = 1.0
    memory[_LAST] = time
