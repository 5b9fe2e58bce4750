"""Blocks of a pool: each window owns one block, and moves to a larger one as it fills.

A pool is three float64 arrays of equal length (times and values in order of arrival, and values in ascending
order) and a short int64 array ``free``. ``free[0]`` is the number of places allocated so far, and
``free[1 + k]`` the start of the first free block of size ``SIZES[k]`` (-1: there is none). A free block holds
the start of the next one in its first time, which is exact because no machine has 2**53 places.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

SMALLEST = 16
_OCTAVES = 17
SIZES = np.array(
    [(4 + quarter) * (SMALLEST // 4) << octave for octave in range(_OCTAVES) for quarter in range(4)],
    dtype=np.int64,
)
"""There are four block sizes per octave, from 16 to 1,835,008 places: a block is at most 25 % too large."""


class Pool(NamedTuple):
    """The arrays of a pool, as kernels take them."""

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    sorted: NDArray[np.float64]
    free: NDArray[np.int64]


def empty_pool(places: int) -> Pool:
    """A pool of ``places`` places without blocks."""
    free = np.full(1 + len(SIZES), -1, dtype=np.int64)
    free[0] = 0
    return Pool(np.empty(places), np.empty(places), np.empty(places), free)


def extended(pool: Pool, places: int) -> Pool:
    """The same pool with at least ``places`` unallocated places; if it grows, its length at least doubles."""
    used = int(pool.free[0])
    if len(pool.time) - used >= places:
        return pool
    length = max(2 * len(pool.time), used + places)
    arrays = []
    for old in pool[:3]:
        new = np.empty(length)
        new[:used] = old[:used]
        arrays.append(new)
    return Pool(arrays[0], arrays[1], arrays[2], pool.free)


@kernel
def size_class(places: int) -> int:
    """The number of the smallest block size that has ``places`` places."""
    for number in range(len(SIZES)):
        if SIZES[number] >= places:
            return number
    return len(SIZES) - 1


@kernel
def allocate_block(pool: Pool, number: int) -> int:
    """Allocate a block of size ``SIZES[number]`` and return its start; the pool must have room at its end."""
    start = pool.free[1 + number]
    if start >= 0:
        pool.free[1 + number] = int(pool.time[start])
        return int(start)
    start = pool.free[0]
    pool.free[0] += SIZES[number]
    return int(start)


@kernel
def free_block(pool: Pool, start: int, number: int) -> None:
    """Free the block at ``start`` of size ``SIZES[number]``."""
    pool.time[start] = pool.free[1 + number]
    pool.free[1 + number] = start
