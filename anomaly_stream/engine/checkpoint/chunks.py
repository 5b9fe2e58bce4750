"""What of a window a checkpoint writes: which points go into chunks, which into the head.

A row's state is a *head*, written whenever the row changed, and *chunks*, each of which holds the points of
up to ``CHUNK`` serial numbers: chunk c those from ``c * CHUNK`` on, under slot ``c % slot_count``. The head
carries the points that no chunk holds yet. A chunk is written as often as ``GRAIN`` more points belong into
it; so a value is written a few times, not at every checkpoint as long as it is in the window.

Chunks are written before the head. Should only some of a checkpoint's records be written, then each
row is read back as of one head, the old or the new one. For the old one that needs no more than this:
nothing that it needs is overwritten. A chunk that grew holds all that it held before; where it would not
(points have expired), or where another chunk's slot comes round again, the head takes all points
(*whole*), and needs no chunk. That is also what is cheapest for a row that is all but new at every
checkpoint.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.arrays import Records
from anomaly_stream.kernels.jit import kernel

CHUNK = 48
"""Serial numbers a chunk: a longer one is written more often until it is full, shorter ones are more keys."""
GRAIN = 8
"""From so many points on the head hands them to a chunk."""


@kernel
def slot_count(capacity: int) -> int:
    """Slots of a window: for all the chunks that it can lie in, and one that the old head still needs."""
    return int((capacity - 1) // CHUNK + 3)


@kernel
def _keeps_old_head(row: Any, begin: int, end: int, slots: int) -> bool:
    """Whether chunks of the points from ``begin`` to ``end`` leave all that the last head needs."""
    if row.needed < 0:
        return False
    if row.needed >= row.chunked:
        return True
    chunk = begin // CHUNK
    if max(chunk * CHUNK, row.needed) < min(row.first, row.chunked):
        return False
    return bool((end - 1) // CHUNK - row.needed // CHUNK < slots)


@kernel
def _chunked_to(row: Any, slots: int, begin: int) -> int:
    """Up to which serial number chunks shall hold the points; -1: the head takes them all."""
    end = row.first + row.count
    if row.needed < 0:
        return -1
    if end - begin < GRAIN:
        return begin
    if 2 * (end - begin) >= row.count and 2 * (end - row.headed) >= row.count:
        return -1
    upto = int(end - end % GRAIN)
    return upto if _keeps_old_head(row, begin, upto, slots) else -1


@kernel
def choose(
    rows: Records, configs: Records, numbers: NDArray[np.int64], whole: bool, begins: Any, ends: Any
) -> None:
    """For each of the rows: points from serial ``begins`` to ``ends`` go into chunks; the rest is the head's.

    ``ends`` is -1 where the head takes all. ``whole``: every head does.
    """
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        begins[i] = max(row.first, row.chunked)
        ends[i] = -1 if whole else _chunked_to(row, slot_count(configs[row.config].capacity), begins[i])


@kernel
def count_as_saved(
    rows: Records, configs: Records, numbers: NDArray[np.int64], begins: Any, ends: Any
) -> None:
    """Note in the rows what has been written as ``choose`` said."""
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        row.chunked = ends[i] if ends[i] >= 0 else row.first
        row.needed = row.first
        row.headed = row.first + row.count
        if ends[i] > begins[i]:
            slots = slot_count(configs[row.config].capacity)
            for chunk in range(begins[i] // CHUNK, (ends[i] - 1) // CHUNK + 1):
                row.slots = max(row.slots, chunk % slots + 1)
