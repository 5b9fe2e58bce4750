"""A rolling window of points, bounded in age and in number.

A window is a record with the fields ``WINDOW`` and a block of a ``Pool``, which holds a ring of (time, value)
with the oldest point at ``head``, and the same values in ascending order. The period bounds the age of
points (see ``horizon.py``), the capacity their number. When a period has more points than the capacity, the
window is thinned evenly: it keeps one point of each pair of neighbours, and from then on one of each 2, 4,
8, ... observations (``stride``) enters. A hash of the time selects which one, because a fixed position would
see an alternating series as a constant one.
"""

from typing import Any

import numpy as np

from anomaly_stream.kernels.blocks import SIZES, Pool, allocate_block, free_block, size_class
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.memory import move_run
from anomaly_stream.kernels.moments import MOMENTS, add_moment, refresh, remove_moment
from anomaly_stream.kernels.order import count_below, insert, median, replace, sort

WINDOW: list[tuple[str, str]] = [
    ("start", "i8"),
    ("first", "i8"),
    ("size", "i4"),
    ("head", "i4"),
    ("count", "i4"),
    ("stride", "i4"),
    ("position", "i4"),
    ("turn", "i4"),
    ("block", "i4"),
    *MOMENTS,
]
"""A window record has these fields. ``block`` is the number of its block's size, -1 without a block. Of each
``stride`` observations, number ``turn`` enters; ``position`` of the current ones have arrived. ``first`` is
the serial number of the oldest point: serial numbers rise by one from point to point and are never reused in
a window, so each always identifies the same time and value."""

NOBODY = -1
"""This place means that no value is leaving."""
_FEW = 8


def fresh_windows(count: int, kind: np.dtype[np.void]) -> np.ndarray[Any, np.dtype[np.void]]:
    """``count`` empty windows as records of ``kind``, with the fields ``WINDOW`` among others."""
    records = np.zeros(count, dtype=kind)
    records["stride"] = 1
    records["block"] = -1
    return records


@kernel
def place_of(row: Any, i: int) -> int:
    """Place in the pool of the ``i``-th oldest point."""
    place = row.head + i
    if place >= row.size:
        place -= row.size
    return int(row.start + place)


@kernel
def release(row: Any, pool: Pool) -> None:
    """Empty the window and free its block."""
    if row.block >= 0:
        free_block(pool, row.start, row.block)
    row.block = -1
    row.size = 0
    clear(row)


@kernel
def clear(row: Any) -> None:
    """Empty the window; it keeps its block."""
    row.first += row.count
    row.head = 0
    row.count = 0
    row.stride = 1
    row.position = 0
    row.turn = 0
    row.mean = 0.0
    row.m2 = 0.0
    row.m2_largest = 0.0
    row.replaced = 0
    row.stale = 0


@kernel
def claim(row: Any, pool: Pool, places: int) -> None:
    """Move the window to a block of at least ``places`` places, the oldest point first."""
    number = size_class(places)
    start = allocate_block(pool, number)
    for i in range(row.count):
        old = place_of(row, i)
        pool.time[start + i] = pool.time[old]
        pool.value[start + i] = pool.value[old]
        pool.sorted[start + i] = pool.sorted[row.start + i]
    if row.block >= 0:
        free_block(pool, row.start, row.block)
    row.block = number
    row.start = start
    row.size = SIZES[number]
    row.head = 0


@kernel
def sort_again(row: Any, pool: Pool) -> None:
    """Sort the values of the ring again, and compute the moments from them."""
    for i in range(row.count):
        pool.sorted[row.start + i] = pool.value[place_of(row, i)]
    sort(pool.sorted, row.start, row.count)
    refresh(row, pool.sorted)


@kernel
def expire(row: Any, pool: Pool, until: float, capacity: int) -> int:
    """Drop the points up to time ``until``. A window that falls below a quarter full halves its stride.

    In the usual case that one point leaves, its value stays among the sorted values, and its place there is
    returned: ``enter`` replaces it by the new value in one move, or ``settle`` removes it. Otherwise returns
    ``NOBODY``.
    """
    count = row.count
    if count == 0 or pool.time[row.start + row.head] > until:
        return NOBODY
    gone = 1
    while gone < count and pool.time[place_of(row, gone)] <= until:
        gone += 1
    if gone == count:
        clear(row)
        return NOBODY
    leaving = NOBODY
    if gone <= _FEW:
        for _ in range(gone):
            settle(row, pool, leaving)
            leaving = _leave(row, pool)
    else:
        row.head = place_of(row, gone) - row.start
        row.first += gone
        row.count -= gone
        sort_again(row, pool)
    if row.stride > 1 and 4 * row.count < capacity:
        row.stride >>= 1
        row.position = 0
    if not row.stale:
        return leaving
    settle(row, pool, leaving)
    refresh(row, pool.sorted)
    return NOBODY


@kernel
def _leave(row: Any, pool: Pool) -> int:
    """Drop the oldest point; returns the place of its value among the sorted values."""
    x = pool.value[row.start + row.head]
    place = count_below(pool.sorted, row.start, row.count, x)
    row.count -= 1
    row.first += 1
    row.head = row.head + 1 if row.head + 1 < row.size else 0
    remove_moment(row, x)
    return place


@kernel
def settle(row: Any, pool: Pool, leaving: int) -> None:
    """Remove the leaving value from the sorted values. They must not be read before that."""
    if leaving != NOBODY:
        place = row.start + leaving
        move_run(pool.sorted, place + 1, place, row.count - leaving)


@kernel
def draw(time: float, choices: int) -> int:
    """A number from 0 to ``choices - 1`` (a power of two): a hash of the time (SplitMix64, Steele 2014)."""
    bits = np.uint64(np.float64(time).view(np.int64)) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int((bits ^ (bits >> np.uint64(31))) & np.uint64(choices - 1))


@kernel
def thin(row: Any, pool: Pool) -> None:
    """Keep one point of each pair of neighbours (drop an unpaired oldest one), and double the stride."""
    kept = row.count // 2
    first = row.count % 2
    for i in range(kept):
        pair = first + 2 * i
        old = place_of(row, pair + draw(pool.time[place_of(row, pair)], 2))
        new = place_of(row, i)
        pool.time[new] = pool.time[old]
        pool.value[new] = pool.value[old]
    row.first += row.count
    row.count = kept
    row.stride *= 2
    sort_again(row, pool)


@kernel
def bring_to(row: Any, pool: Pool, centre: float, spread: float) -> None:
    """Shift to the median ``centre``, and scale to the mean deviation ``spread`` unless this or that is 0."""
    middle = median(pool.sorted, row.start, row.count)
    total = 0.0
    for place in range(row.start, row.start + row.count):
        total += abs(pool.sorted[place] - middle)
    factor = spread * row.count / total if spread > 0.0 and 0.0 < total < np.inf else 1.0
    for i in range(row.count):
        place = place_of(row, i)
        pool.value[place] = centre + (pool.value[place] - middle) * factor
    row.first += row.count
    sort_again(row, pool)


@kernel
def _next_size(size: int, capacity: int) -> int:
    """Places of the block that follows one of ``size`` places.

    Steps are few and large. If all series of a bank grow together, the blocks that they leave are not reused,
    and doubling would waste as many places as it fills.
    """
    if size == 0:
        return int(min(capacity, SIZES[0]))
    return capacity if 8 * size >= capacity else 4 * size


@kernel
def enter(row: Any, pool: Pool, time: float, x: float, capacity: int, leaving: int) -> None:
    """Add a point if the stride selects it; ``leaving`` is from ``expire``. The pool needs room for a
    block."""
    if row.position == 0:
        row.turn = draw(time, row.stride)
    row.position += 1
    mine = row.position == row.turn + 1
    if mine and row.count >= capacity:
        thin(row, pool)
    if row.position >= row.stride:
        row.position = 0
    if not mine:
        settle(row, pool, leaving)
        return
    if row.count == row.size:
        claim(row, pool, _next_size(row.size, capacity))
    place = place_of(row, row.count)
    pool.time[place] = time
    pool.value[place] = x
    if leaving == NOBODY:
        insert(pool.sorted, row.start, row.count, x)
    else:
        replace(pool.sorted, row.start, row.count + 1, leaving, x)
    row.count += 1
    add_moment(row, x)
    if row.stale:
        refresh(row, pool.sorted)
