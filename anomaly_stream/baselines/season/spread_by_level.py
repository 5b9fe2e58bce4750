"""The spread of a seasonal series, which may rise and fall with its expected value.

A count of 200 by day varies more than one of 20 by night. So a line is fitted to the sizes of errors over the
expected values, by running moments. The spread at an expected value is the value of that line over its mean:
1 on the average, and 1 everywhere if the line is flat.
"""

from math import exp

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.season.level_trend import (
    CHOSEN,
    DETECTED_ON,
    EXPECTED_MEAN,
    EXPECTED_SQUARE,
    SEEN,
    SIZE_MEAN,
    SIZE_PRODUCT,
)
from anomaly_stream.kernels.jit import kernel

_MEMORY_S = 14 * 86400.0
_KNOWN = 200.0
"""The spread is 1 before this many values."""
_LEAST, _MOST = 0.2, 5.0
_FAR = 3.0
"""An error counts as at most this many mean sizes."""


@kernel
def spread_at(state: NDArray[np.float64], expected: float) -> float:
    """The spread at an expected value, relative to the mean one; 1 without a season in use."""
    in_use = state[CHOSEN] > 0.0 or state[DETECTED_ON] > 0.0
    if not in_use or state[SEEN] < _KNOWN or state[EXPECTED_SQUARE] <= 0.0 or state[SIZE_MEAN] <= 0.0:
        return 1.0
    slope = state[SIZE_PRODUCT] / state[EXPECTED_SQUARE]
    spread = 1.0 + slope * (expected - state[EXPECTED_MEAN]) / state[SIZE_MEAN]
    return float(max(_LEAST, min(_MOST, spread)))


@kernel
def learn_spread(state: NDArray[np.float64], expected: float, value: float, wait: float) -> None:
    """Update the moments with a value."""
    if state[SEEN] == 0.0:
        return
    size = abs(value - expected)
    if state[SEEN] > _KNOWN:
        size = min(size, _FAR * state[SIZE_MEAN] * spread_at(state, expected))
    rate = max(1.0 / state[SEEN], 1.0 - exp(-wait / _MEMORY_S))
    away, more = expected - state[EXPECTED_MEAN], size - state[SIZE_MEAN]
    state[EXPECTED_MEAN] += rate * away
    state[SIZE_MEAN] += rate * more
    state[EXPECTED_SQUARE] += rate * ((1.0 - rate) * away * away - state[EXPECTED_SQUARE])
    state[SIZE_PRODUCT] += rate * ((1.0 - rate) * away * more - state[SIZE_PRODUCT])
