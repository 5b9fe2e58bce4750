"""Windows thinned to 168 entries of the last ten days, with their order: quantiles without a sort.

A window is a ring of float32 and, as bytes, the places of its entries from the lowest to the highest.
"""

import numpy as np

from anomaly_stream.detectors.models.parts.layout import (
    FIRST_TIME,
    KEPT,
    PUSH_TIME,
    PUSHED,
    RESIDUAL_ORDER,
    RESIDUALS,
    VALUE_ORDER,
    VALUES,
    Memory,
)
from anomaly_stream.kernels.jit import leaf_kernel

SPAN_S = 1.5 * 7 * 86_400.0
"""What a full window spans: a week and a half."""
FEWEST_VALUES = 5
"""Values from which on there is a median; residuals from it are kept from there on."""
_SPREAD_AT_FIRST = 64.0
"""While the series is younger than its window, an entry is kept for each 64th of its life."""
_CLOSE = 0.999


@leaf_kernel
def values_kept(memory: Memory) -> int:
    """Entries of the window of values."""
    return int(min(memory.words[PUSHED], KEPT))


@leaf_kernel
def residuals_kept(memory: Memory) -> int:
    """Entries of the window of residuals, which begins later."""
    return int(min(max(0.0, memory.words[PUSHED] - FEWEST_VALUES), KEPT))


@leaf_kernel
def _ranked(memory: Memory, ring: int, order: int, rank: int) -> np.float32:
    found: np.float32 = memory.floats[ring + int(memory.bytes[order + rank])]
    return found


@leaf_kernel
def _middle(memory: Memory, ring: int, order: int, count: int) -> float:
    low = _ranked(memory, ring, order, (count - 1) // 2)
    return float(0.5 * (low + _ranked(memory, ring, order, count // 2)))


@leaf_kernel
def median_value(memory: Memory) -> float:
    """Of the window of values, which has some."""
    return _middle(memory, VALUES, VALUE_ORDER, values_kept(memory))


@leaf_kernel
def median_residual(memory: Memory) -> float:
    """Of the window of absolute residuals, which has some: MAD where the baseline is a median."""
    return _middle(memory, RESIDUALS, RESIDUAL_ORDER, residuals_kept(memory))


@leaf_kernel
def high_residual(memory: Memory) -> float:
    """The 95% quantile of the window of absolute residuals, which has some."""
    return float(_ranked(memory, RESIDUALS, RESIDUAL_ORDER, int(0.95 * (residuals_kept(memory) - 1))))


@leaf_kernel
def _push(memory: Memory, ring: int, order: int, pushed: int, entry: float) -> None:
    """Take the entry in that is number ``pushed``, for the oldest where the window is full."""
    places = memory.bytes
    count = min(pushed, KEPT)
    at = pushed % KEPT
    if count == KEPT:
        j = 0
        count -= 1
        while places[order + j] != at:
            j += 1
        for i in range(j, count):
            places[order + i] = places[order + i + 1]
    memory.floats[ring + at] = entry
    rounded = memory.floats[ring + at]
    low = 0
    high = count
    while low < high:
        middle = (low + high) >> 1
        if memory.floats[ring + int(places[order + middle])] < rounded:
            low = middle + 1
        else:
            high = middle
    for i in range(count, low, -1):
        places[order + i] = places[order + i - 1]
    places[order + low] = at


@leaf_kernel
def scale_residuals(memory: Memory, factor: float) -> None:
    """Make all residuals kept smaller or larger; their order stays."""
    for j in range(KEPT):
        memory.floats[RESIDUALS + j] *= factor


@leaf_kernel
def push(memory: Memory, time: float, u: float, baseline: float) -> None:
    """Take a value and its residual in, where it is time again; each one until the windows are half full."""
    words = memory.words
    interval = min(SPAN_S / KEPT, (time - words[FIRST_TIME]) / _SPREAD_AT_FIRST)
    if words[PUSHED] >= KEPT / 2 and time - words[PUSH_TIME] < _CLOSE * interval:
        return
    words[PUSH_TIME] = time
    if baseline == baseline:
        _push(memory, RESIDUALS, RESIDUAL_ORDER, int(words[PUSHED]) - FEWEST_VALUES, abs(u - baseline))
    _push(memory, VALUES, VALUE_ORDER, int(words[PUSHED]), u)
    words[PUSHED] += 1
