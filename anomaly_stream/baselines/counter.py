"""Counters: totals that only rise, and begin again at 0 when their process does. Their rate is judged.
judged.

The rate of a reading is what the total has risen by since the reading before, a second. A total that fell
has begun again: it is all risen since then (as Prometheus' ``rate`` has it), so that a restart is no
anomaly of its own. What was counted between the last reading and the restart is lost. The first reading has
no rate.

``WORDS`` words: whether there was a reading, its time, its total.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

WORDS = 3
_BEGUN, _TIME, _TOTAL = range(WORDS)


@kernel
def rate(memory: NDArray[np.float64], time: float, total: float) -> float:
    """What the total has risen by, a second; NaN at the first reading."""
    if memory[_BEGUN] == 0.0:
        return np.nan
    risen = total - memory[_TOTAL] if total >= memory[_TOTAL] else total
    return float(risen / (time - memory[_TIME]))


@kernel
def learn(memory: NDArray[np.float64], time: float, total: float) -> None:
    """Take in a reading."""
    memory[_BEGUN] = 1.0
    memory[_TIME] = time
    memory[_TOTAL] = total
