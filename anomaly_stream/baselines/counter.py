"""Counters: totals that rise and restart at 0. Their increase per second is judged.

The rate is the increase per second since the previous reading. The first reading has no rate. If the total
fell, the counter has restarted, and increments between the last reading and the restart are lost: the new
total is a lower bound of the increase and no measurement, so this reading has no rate either.

A total that falls by at most a tenth is a *stale* reading, such as one of a replica that lags, because a
restart begins at 0. It has no rate, and the total before it stays the one that the next rate counts from. If
the next total is below that one too, the counter was set back, and counts from there.

State: what the last reading was, the time of the last one that counts, its total.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

WORDS = 3
_LAST, _TIME, _TOTAL = range(WORDS)
_NONE, _COUNTS, _STALE = 0.0, 1.0, 2.0
_STALE_SHARE = 0.9
"""A stale total is at least this share of the one before."""


@kernel
def rate(state: NDArray[np.float64], time: float, total: float) -> float:
    """Increase of the total per second; NaN at the first reading, at a stale one and after a restart."""
    if state[_LAST] == _NONE or total < state[_TOTAL]:
        return np.nan
    return float((total - state[_TOTAL]) / (time - state[_TIME]))


@kernel
def learn(state: NDArray[np.float64], time: float, total: float) -> None:
    """Store a reading, unless it is stale."""
    if state[_LAST] == _COUNTS and _STALE_SHARE * state[_TOTAL] <= total < state[_TOTAL]:
        state[_LAST] = _STALE
        return
    state[_LAST] = _COUNTS
    state[_TIME] = time
    state[_TOTAL] = total
