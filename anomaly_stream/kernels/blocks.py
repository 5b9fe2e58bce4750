"""Blocks of a pool: every window owns one, and moves to a larger one as it fills.

A pool is three flat float64 arrays of one length (times and values in order of arrival, values in
order of size) and a short int64 array: the number of places handed out so far, then for each size of
block the start of the first free one (-1: none). A free block holds the start of the next in the
first place of its times: exact, since 2**53 places are more than any machine has.
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
"""The sizes of blocks, four an octave, so that none is more than a quarter too large: 16 to 1,835,008."""


class Pool(NamedTuple):
    """See the module; kernels take it as it is."""

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    sorted: NDArray[np.float64]
    free: NDArray[np.int64]


def empty_pool(places: int) -> Pool:
    """A pool of this length, all of it free."""
    free = np.full(1 + len(SIZES), -1, dtype=np.int64)
    free[0] = 0
    return Pool(np.empty(places), np.empty(places), np.empty(places), free)


def extended(pool: Pool, places: int) -> Pool:
    """The same pool with room for at least ``places`` more; its length doubles at least."""
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
    """Number of the smallest size that holds ``places``."""
    for number in range(len(SIZES)):
        if SIZES[number] >= places:
            return number
    return len(SIZES) - 1


@kernel
def take_block(pool: Pool, number: int) -> int:
    """Start of a free block of size ``SIZES[number]``; the pool must have room at its end."""
    start = pool.free[1 + number]
    if start >= 0:
        pool.free[1 + number] = int(pool.time[start])
        return int(start)
    start = pool.free[0]
    pool.free[0] += SIZES[number]
    return int(start)


@kernel
def give_block(pool: Pool, start: int, number: int) -> None:
    """Make a block free again."""
    pool.time[start] = pool.free[1 + number]
    pool.free[1 + number] = start
