"""Mean and variance of a window, kept at every event and exact again at intervals.

Welford's method (Technometrics 4, 1962), adding and removing. Its rounding errors pile up, so an exact
pass replaces the result once as many points were replaced as the window holds, and at once where removing a
large value cancels nearly all of the sum of squares. Magnitudes whose squares would overflow or
underflow are ``stale`` for as long as they are in the window: each use passes over it, scaled.
"""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

MOMENTS: list[tuple[str, str]] = [
    ("replaced", "i4"),
    ("mean", "f8"),
    ("m2", "f8"),
    ("m2_largest", "f8"),
    ("stale", "u1"),
]
"""Fields of a record with moments: ``m2`` is the sum of squared deviations from ``mean``, ``m2_largest`` its
largest since the last exact pass, ``replaced`` the points removed since."""

LARGE = 1e150
SMALL = 1e-130
_CANCELLED = 1e-6


@kernel
def add_moment(row: Any, x: float) -> None:
    """Add ``x``, which ``row.count`` already counts."""
    if row.stale:
        return
    if abs(x) > LARGE:
        row.stale = 1
        return
    deviation = x - row.mean
    row.mean += deviation / row.count
    row.m2 += deviation * (x - row.mean)
    row.m2_largest = max(row.m2_largest, row.m2)


@kernel
def remove_moment(row: Any, x: float) -> None:
    """Take ``x`` out, which ``row.count``, at least 1, no longer counts."""
    if row.stale:
        return
    deviation = x - row.mean
    row.mean -= deviation / row.count
    row.m2 -= deviation * (x - row.mean)
    row.replaced += 1
    if row.replaced >= row.count or row.m2 < _CANCELLED * row.m2_largest:
        row.stale = 1


@kernel
def scaled_moments(values: NDArray[np.float64], start: int, count: int, scale: float) -> tuple[float, float]:
    """Mean and sum of squared deviations of the run divided by ``scale``: two passes, the first corrected."""
    total = 0.0
    for i in range(start, start + count):
        total += values[i] / scale
    mean = total / count
    rest = 0.0
    m2 = 0.0
    for i in range(start, start + count):
        deviation = values[i] / scale - mean
        rest += deviation
        m2 += deviation * deviation
    return mean + rest / count, max(0.0, m2 - rest * rest / count)


@kernel
def refresh(row: Any, values: NDArray[np.float64]) -> None:
    """Make the moments exact from the sorted values; they stay stale where squares would not be safe."""
    low = values[row.start]
    high = values[row.start + row.count - 1]
    row.replaced = 0
    row.stale = 0
    if max(abs(low), abs(high)) > LARGE:
        row.mean = 0.0
        row.m2 = 0.0
        row.stale = 1
    elif low == high:
        row.mean = low
        row.m2 = 0.0
    else:
        row.mean, row.m2 = scaled_moments(values, row.start, row.count, 1.0)
    row.m2_largest = row.m2


@kernel
def mean_and_sd(row: Any, values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and sample standard deviation; 0 exactly where all values are equal. At least 2 points."""
    low = values[row.start]
    high = values[row.start + row.count - 1]
    if low == high:
        return low, 0.0
    largest = max(abs(low), abs(high))
    if not row.stale and largest > SMALL:
        return row.mean, sqrt(row.m2 / (row.count - 1))
    mean, m2 = scaled_moments(values, row.start, row.count, largest)
    return mean * largest, sqrt(m2 / (row.count - 1)) * largest
