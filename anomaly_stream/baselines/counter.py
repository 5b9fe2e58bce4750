"""Counters: totals that rise and restart at 0. Their increase per second is judged.

The rate is the increase per second since the previous reading. The first reading has no rate. If the total
fell, the counter has restarted, and increments between the last reading and the restart are lost: the new
total is a lower bound of the increase and no measurement, so this reading has no rate either.

State: whether there was a reading, its time, its total.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

WORDS = 3
_BEGUN, _TIME, _TOTAL = range(WORDS)


@kernel
def rate(state: NDArray[np.float64], time: float, total: float) -> float:
    """Increase of the total per second; NaN at the first reading and at one after a restart."""
    if state[_BEGUN] == 0.0 or total < state[_TOTAL]:
        return np.nan
    return float((total - state[_TOTAL]) / (time - state[_TIME]))


@kernel
def learn(state: NDArray[np.float64], time: float, total: float) -> None:
    """Store a reading."""
    state[_BEGUN] = 1.0
    state[_TIME] = time
    state[_TOTAL] = total
