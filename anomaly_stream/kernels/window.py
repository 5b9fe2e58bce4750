"""A rolling window bounded in time and in points, kept in order of arrival and in order of size.

A window is a record with the fields ``WINDOW`` and a block of a ``Pool``: a ring of (time, value), the
oldest at ``head``, and the same values sorted. A capacity bounds its points, a period their age. Where the
period holds more points than the capacity, the window is thinned evenly: each other point stays, and
from then on each second, fourth, eighth ... observation enters (``stride``).
"""

from typing import Any

import numpy as np

from anomaly_stream.kernels.blocks import SIZES, Pool, give_block, size_class, take_block
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.moments import MOMENTS, add_moment, refresh, remove_moment
from anomaly_stream.kernels.order import insert, remove, sort

WINDOW: list[tuple[str, str]] = [
    ("start", "i8"),
    ("size", "i4"),
    ("head", "i4"),
    ("count", "i4"),
    ("stride", "i4"),
    ("skipped", "i4"),
    ("block", "i4"),
    *MOMENTS,
]
"""Fields of a window record. ``block`` is the number of its block's size, -1 while it has none."""

_FEW = 8


def fresh_windows(count: int, kind: np.dtype[np.void]) -> np.ndarray[Any, np.dtype[np.void]]:
    """``count`` empty windows as records of ``kind``, whose fields include ``WINDOW``."""
    records = np.zeros(count, dtype=kind)
    records["stride"] = 1
    records["block"] = -1
    return records


@kernel
def _index(row: Any, i: int) -> int:
    """Place in the pool of the ``i``-th oldest point."""
    place = row.head + i
    if place >= row.size:
        place -= row.size
    return int(row.start + place)


@kernel
def release(row: Any, pool: Pool) -> None:
    """Give the window's block back; the window is empty then."""
    if row.block >= 0:
        give_block(pool, row.start, row.block)
    row.block = -1
    row.size = 0
    clear(row)


@kernel
def clear(row: Any) -> None:
    """Empty the window; its block stays."""
    row.head = 0
    row.count = 0
    row.stride = 1
    row.skipped = 0
    row.mean = 0.0
    row.m2 = 0.0
    row.m2_largest = 0.0
    row.replaced = 0
    row.stale = 0


@kernel
def claim(row: Any, pool: Pool, places: int) -> None:
    """Move the window to a block of at least ``places``, the oldest point first."""
    number = size_class(places)
    start = take_block(pool, number)
    for i in range(row.count):
        old = _index(row, i)
        pool.time[start + i] = pool.time[old]
        pool.value[start + i] = pool.value[old]
        pool.sorted[start + i] = pool.sorted[row.start + i]
    if row.block >= 0:
        give_block(pool, row.start, row.block)
    row.block = number
    row.start = start
    row.size = SIZES[number]
    row.head = 0


@kernel
def sort_again(row: Any, pool: Pool) -> None:
    """Make the sorted values anew from the ring, and the moments with them."""
    for i in range(row.count):
        pool.sorted[row.start + i] = pool.value[_index(row, i)]
    sort(pool.sorted, row.start, row.count)
    refresh(row, pool.sorted)


@kernel
def expire(row: Any, pool: Pool, until: float, capacity: int) -> None:
    """Drop the points up to time ``until``; a window that falls below a quarter full halves its stride."""
    count = row.count
    if count == 0 or pool.time[row.start + row.head] > until:
        return
    gone = 1
    while gone < count and pool.time[_index(row, gone)] <= until:
        gone += 1
    if gone == count:
        clear(row)
        return
    if gone <= _FEW:
        for _ in range(gone):
            x = pool.value[row.start + row.head]
            remove(pool.sorted, row.start, row.count, x)
            row.count -= 1
            row.head = row.head + 1 if row.head + 1 < row.size else 0
            remove_moment(row, x)
        if row.stale:
            refresh(row, pool.sorted)
    else:
        row.head = _index(row, gone) - row.start
        row.count -= gone
        sort_again(row, pool)
    if row.stride > 1 and 4 * row.count < capacity:
        row.stride >>= 1


@kernel
def thin(row: Any, pool: Pool) -> None:
    """Keep each other point, counted back from the last but one, and double the stride.

    The observation that makes the window thin itself is then a stride from the newest kept one.
    """
    kept = row.count // 2
    first = row.count % 2
    for i in range(kept):
        old = _index(row, first + 2 * i)
        new = _index(row, i)
        pool.time[new] = pool.time[old]
        pool.value[new] = pool.value[old]
    row.count = kept
    row.stride *= 2
    sort_again(row, pool)


@kernel
def enter(row: Any, pool: Pool, time: float, x: float, capacity: int) -> None:
    """Let an observation in, if it is the stride's turn. The pool must have room for a larger block."""
    row.skipped += 1
    if row.skipped < row.stride:
        return
    row.skipped = 0
    if row.count >= capacity:
        thin(row, pool)
    if row.count == row.size:
        claim(row, pool, min(capacity, 2 * row.size) if row.size > 0 else min(capacity, SIZES[0]))
    place = _index(row, row.count)
    pool.time[place] = time
    pool.value[place] = x
    insert(pool.sorted, row.start, row.count, x)
    row.count += 1
    add_moment(row, x)
    if row.stale:
        refresh(row, pool.sorted)
