"""Kernels that read a window back from its head and its chunks; a part of ``restoring``."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.checkpoint.chunks import CHUNK, slot_count
from anomaly_stream.engine.checkpoint.head_writer import CHUNK_WORDS, SERIAL_BITS
from anomaly_stream.engine.checkpoint.point_encoding import SHORT_MS, Words, read_run, run_words
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import clear, sort_again

_LOW_32 = np.int64(0xFFFFFFFF)
_SERIAL = np.int64((1 << SERIAL_BITS) - 1)


class Found(NamedTuple):
    """Records to read: heads, each with its chunks and pages, in one buffer; places and lengths in words."""

    head: NDArray[np.int64]
    head_length: NDArray[np.int64]
    first_chunk: NDArray[np.int64]
    """By head, and one more: where its chunks begin in the columns below."""
    chunk: NDArray[np.int64]
    chunk_length: NDArray[np.int64]
    slot: NDArray[np.int64]
    first_page: NDArray[np.int64]
    """As ``first_chunk``, for its pages."""
    page: NDArray[np.int64]
    page_length: NDArray[np.int64]
    page_slot: NDArray[np.int64]


@kernel
def restart_window(row: Any, source: Words, at: int) -> None:
    """An empty window whose serial numbers go on."""
    clear(row)
    row.first = (source.words[at + 10] & _SERIAL) + (source.words[at + 2] >> 32)
    row.slots = source.words[at + 10] >> SERIAL_BITS & 0xFFFF
    row.needed = -1


@kernel
def begin_window(row: Any, source: Words, at: int) -> None:
    """Take over what has to be known before the points are."""
    clear(row)
    row.first = source.words[at + 10] & _SERIAL
    row.slots = source.words[at + 10] >> SERIAL_BITS & 0xFFFF
    row.anomaly_streak = source.words[at + 12] & _LOW_32
    row.adoption_left = source.words[at + 12] >> 32


@kernel
def read_chunks(row: Any, pool: Pool, config: Any, held: int, source: Words, found: Found, head: int) -> bool:
    """Take the ``held`` points of chunks over; whether all of them were there."""
    read = 0
    end = row.first + held
    for k in range(found.first_chunk[head], found.first_chunk[head + 1]):
        at = found.chunk[k]
        if found.chunk_length[k] < CHUNK_WORDS:
            return False
        first = source.words[at + 1] & _SERIAL
        count = source.words[at + 1] >> SERIAL_BITS & 0xFF
        kind = source.words[at + 1] >> (SERIAL_BITS + 8) & 0xFF
        low = max(first, row.first)
        high = min(first + count, end)
        mine = first // CHUNK % slot_count(config.capacity) == found.slot[k]
        if low >= high or not mine:  # left over from before
            continue
        if (first + count - 1) // CHUNK != first // CHUNK or kind > SHORT_MS:
            return False
        if CHUNK_WORDS + run_words(count, kind) != found.chunk_length[k]:
            return False
        place = row.start + low - row.first
        read_run(source, at + CHUNK_WORDS, count, kind, pool, place, low - first, high - first)
        read += high - low
    return bool(read == held)


@kernel
def finish_window(row: Any, pool: Pool, count: int, held: int, source: Words, at: int) -> None:
    """Sort the points that are in the ring now, and take the rest of the window's fields over."""
    row.count = count
    if count > 0:
        sort_again(row, pool)
    row.stride = source.words[at + 3] & _LOW_32
    row.position = source.words[at + 3] >> 32
    row.turn = source.words[at + 4] & _LOW_32
    row.mean = source.floats[at + 6]
    row.m2 = source.floats[at + 7]
    row.m2_largest = source.floats[at + 8]
    row.replaced = source.words[at + 9] & _LOW_32
    row.stale = source.words[at + 9] >> 32 & 0xFF
    row.needed = row.first
    row.chunked = row.first + held
    row.headed = row.first + count
