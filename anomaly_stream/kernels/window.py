"""A rolling window bounded in time and in points, kept in order of arrival and in order of size.

A window is a record with the fields ``WINDOW`` and a block of a ``Pool``: a ring of (time, value), the
oldest at ``head``, and the same values sorted. A capacity bounds its points, a period their age. Where the
period holds more points than the capacity, the window is thinned evenly: one of each two neighbours stays,
and from then on one of each two, four, eight ... observations enters (``stride``). Which one is drawn
by a hash of its time, since a fixed turn would see a series that alternates as a constant one.
"""

from typing import Any

import numpy as np

from anomaly_stream.kernels.blocks import SIZES, Pool, give_block, size_class, take_block
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
"""Fields of a window record. ``block``: the number of its block's size, -1 while it has none; ``position``:
observations so far of the current ``stride`` of them, of which number ``turn`` enters; ``first``: the serial
number of the oldest point. Serials rise by one from point to point and never come twice in the life of a
window, so that one stands for the same time and value for ever."""

NOBODY = -1
"""In place of a leaving value's place: none leaves."""
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
def expire(row: Any, pool: Pool, until: float, capacity: int) -> int:
    """Drop the points up to time ``until``; a window that falls below a quarter full halves its stride.

    Where one point leaves, as it mostly does, its value still stands among the sorted ones: its place
    there is returned (else ``NOBODY``), for ``enter`` to put the new value in by one move, or for
    ``settle``.
    """
    count = row.count
    if count == 0 or pool.time[row.start + row.head] > until:
        return NOBODY
    gone = 1
    while gone < count and pool.time[_index(row, gone)] <= until:
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
        row.head = _index(row, gone) - row.start
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
    """Let the oldest point go; returns the place of its value among the sorted ones."""
    x = pool.value[row.start + row.head]
    place = count_below(pool.sorted, row.start, row.count, x)
    row.count -= 1
    row.first += 1
    row.head = row.head + 1 if row.head + 1 < row.size else 0
    remove_moment(row, x)
    return place


@kernel
def settle(row: Any, pool: Pool, leaving: int) -> None:
    """Close the gap that a leaving value makes among the sorted ones; needed before they are looked at."""
    if leaving != NOBODY:
        place = row.start + leaving
        move_run(pool.sorted, place + 1, place, row.count - leaving)


@kernel
def draw(time: float, choices: int) -> int:
    """One of 0 to ``choices - 1`` (a power of two) by a hash of the time (SplitMix64, Steele 2014)."""
    bits = np.uint64(np.float64(time).view(np.int64)) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int((bits ^ (bits >> np.uint64(31))) & np.uint64(choices - 1))


@kernel
def thin(row: Any, pool: Pool) -> None:
    """Keep one of each two neighbours (of an odd number not the oldest), and double the stride."""
    kept = row.count // 2
    first = row.count % 2
    for i in range(kept):
        pair = first + 2 * i
        old = _index(row, pair + draw(pool.time[_index(row, pair)], 2))
        new = _index(row, i)
        pool.time[new] = pool.time[old]
        pool.value[new] = pool.value[old]
    row.first += row.count
    row.count = kept
    row.stride *= 2
    sort_again(row, pool)


@kernel
def bring_to(row: Any, pool: Pool, centre: float, spread: float) -> None:
    """Move and stretch the values so that their median is ``centre``, and their mean distance from it
    ``spread``.

    Values that are all the same only move.
    """
    middle = median(pool.sorted, row.start, row.count)
    total = 0.0
    for place in range(row.start, row.start + row.count):
        total += abs(pool.sorted[place] - middle)
    factor = spread * row.count / total if 0.0 < total < np.inf else 1.0
    for i in range(row.count):
        place = _index(row, i)
        pool.value[place] = centre + (pool.value[place] - middle) * factor
    row.first += row.count
    sort_again(row, pool)


@kernel
def _next_size(size: int, capacity: int) -> int:
    """Places of the block after one of ``size``: few steps, since blocks left behind may never be used again.

    Where all series of a bank grow together, doubling would leave as many places behind as it fills.
    """
    if size == 0:
        return int(min(capacity, SIZES[0]))
    return capacity if 8 * size >= capacity else 4 * size


@kernel
def enter(row: Any, pool: Pool, time: float, x: float, capacity: int, leaving: int) -> None:
    """Let an observation in, if it is its turn; ``leaving`` is what ``expire`` returned.

    The pool must have room for a larger block.
    """
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
    place = _index(row, row.count)
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
