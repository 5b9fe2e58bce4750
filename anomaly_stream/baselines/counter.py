"""Counters: totals that rise and restart at 0. Their increase per second is judged.

The rate is the increase per second since the previous reading. If the total fell, the counter has restarted,
and the increase is the new total (as in Prometheus' ``rate``), so that a restart is not an anomaly.
Increments between the last reading and the restart are lost. The first reading has no rate.

State: whether there was a reading, its time, its total.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

WORDS = 3
_BEGUN, _TIME, _TOTAL = range(WORDS)


@kernel
def rate(state: NDArray[np.float64], time: float, total: float) -> float:
    """Increase of the total per second; NaN at the first reading."""
    if state[_BEGUN] == 0.0:
        return np.nan
    risen = total - state[_TOTAL] if total >= state[_TOTAL] else total
    return float(risen / (time - state[_TIME]))


@kernel
def learn(state: NDArray[np.float64], time: float, total: float) -> None:
    """Store a reading."""
    state[_BEGUN] = 1.0
    state[_TIME] = time
    state[_TOTAL] = total
