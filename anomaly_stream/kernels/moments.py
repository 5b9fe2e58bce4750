"""Mean and variance of a window, updated with each point and computed exactly at intervals.

The updates are Welford's (Technometrics 4, 1962), for adding and for removing. Their rounding errors
accumulate. So an exact pass over the window replaces the result after as many removals as the window has
points, and at once if removing a large value cancels nearly all of the sum of squares. While the window holds
values whose squares would overflow or underflow, the moments are ``stale``, and each use computes them from
scaled values.
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
"""A record with moments has these fields. ``m2`` is the sum of squared deviations from ``mean``,
``m2_largest`` its maximum since the last exact pass, ``replaced`` the number of points removed since then."""

LARGE = 1e150
SMALL = 1e-130
_CANCELLED = 1e-6


@kernel
def add_moment(row: Any, x: float) -> None:
    """Add ``x``; ``row.count`` already includes it."""
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
    """Remove ``x``; ``row.count``, at least 1, no longer includes it."""
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
    """Mean and sum of squared deviations of ``values / scale``, by the corrected two-pass algorithm."""
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
    """Compute the moments exactly from the sorted values; they stay stale if squares could overflow."""
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
    """Mean and sample standard deviation of at least 2 points; the latter is exactly 0 if all are equal."""
    low = values[row.start]
    high = values[row.start + row.count - 1]
    if low == high:
        return low, 0.0
    largest = max(abs(low), abs(high))
    if not row.stale and largest > SMALL:
        return row.mean, sqrt(row.m2 / (row.count - 1))
    mean, m2 = scaled_moments(values, row.start, row.count, largest)
    return mean * largest, sqrt(m2 / (row.count - 1)) * largest
