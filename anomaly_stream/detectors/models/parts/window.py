"""Windows of values and of residuals: 168 entries spread over the last ten days, with their sort order.

Each window is a ring of float32 and, in bytes, the places of its entries from lowest to highest. So quantiles
need no sort.
"""

import numpy as np

from anomaly_stream.detectors.models.parts.state import (
    FIRST_TIME,
    KEPT,
    PUSH_TIME,
    PUSHED,
    RESIDUAL_ORDER,
    RESIDUALS,
    VALUE_ORDER,
    VALUES,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

SPAN_S = 1.5 * 7 * 86_400.0
"""A full window covers ten and a half days."""
FEWEST_VALUES = 5
"""The median is known after this many values; residuals are kept from then on."""
_SPREAD_AT_FIRST = 64.0
"""While the series is younger than the window, entries are 1/64 of its age apart."""
_CLOSE = 0.999


@leaf_kernel
def values_kept(state: ModelState) -> int:
    """Number of entries in the window of values."""
    return int(min(state.doubles[PUSHED], KEPT))


@leaf_kernel
def residuals_kept(state: ModelState) -> int:
    """Number of entries in the window of residuals, which begins later."""
    return int(min(max(0.0, state.doubles[PUSHED] - FEWEST_VALUES), KEPT))


@leaf_kernel
def _ranked(state: ModelState, ring: int, order: int, rank: int) -> np.float32:
    found: np.float32 = state.floats[ring + int(state.bytes[order + rank])]
    return found


@leaf_kernel
def _middle(state: ModelState, ring: int, order: int, count: int) -> float:
    low = _ranked(state, ring, order, (count - 1) // 2)
    return float(0.5 * (low + _ranked(state, ring, order, count // 2)))


@leaf_kernel
def median_value(state: ModelState) -> float:
    """Median of the window of values, which must not be empty."""
    return _middle(state, VALUES, VALUE_ORDER, values_kept(state))


@leaf_kernel
def median_residual(state: ModelState) -> float:
    """Median of the window of absolute residuals, which must not be empty."""
    return _middle(state, RESIDUALS, RESIDUAL_ORDER, residuals_kept(state))


@leaf_kernel
def high_residual(state: ModelState) -> float:
    """95% quantile of the window of absolute residuals, which must not be empty."""
    return float(_ranked(state, RESIDUALS, RESIDUAL_ORDER, int(0.95 * (residuals_kept(state) - 1))))


@leaf_kernel
def _push(state: ModelState, ring: int, order: int, pushed: int, entry: float) -> None:
    """Add entry number ``pushed``; in a full window it replaces the oldest."""
    places = state.bytes
    count = min(pushed, KEPT)
    at = pushed % KEPT
    if count == KEPT:
        j = 0
        count -= 1
        while places[order + j] != at:
            j += 1
        for i in range(j, count):
            places[order + i] = places[order + i + 1]
    state.floats[ring + at] = entry
    rounded = state.floats[ring + at]
    low = 0
    high = count
    while low < high:
        middle = (low + high) >> 1
        if state.floats[ring + int(places[order + middle])] < rounded:
            low = middle + 1
        else:
            high = middle
    for i in range(count, low, -1):
        places[order + i] = places[order + i - 1]
    places[order + low] = at


@leaf_kernel
def scale_residuals(state: ModelState, factor: float) -> None:
    """Multiply all residuals by a factor; their order stays the same."""
    for j in range(KEPT):
        state.floats[RESIDUALS + j] *= factor


@leaf_kernel
def push(state: ModelState, time: float, x_norm: float, baseline: float) -> None:
    """Add a value and its residual if the last entry is old enough; until the window is half full, always."""
    doubles = state.doubles
    interval = min(SPAN_S / KEPT, (time - doubles[FIRST_TIME]) / _SPREAD_AT_FIRST)
    if doubles[PUSHED] >= KEPT / 2 and time - doubles[PUSH_TIME] < _CLOSE * interval:
        return
    doubles[PUSH_TIME] = time
    if baseline == baseline:
        _push(state, RESIDUALS, RESIDUAL_ORDER, int(doubles[PUSHED]) - FEWEST_VALUES, abs(x_norm - baseline))
    _push(state, VALUES, VALUE_ORDER, int(doubles[PUSHED]), x_norm)
    doubles[PUSHED] += 1
