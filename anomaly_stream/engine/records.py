"""Kernels between a row of the bank and the words of its state record; ``codec`` has the layout."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.layout import Records, State
from anomaly_stream.kernels.blocks import SIZES, Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import claim, clear, sort_again

Words = NDArray[np.int64]
Floats = NDArray[np.float64]

FIXED_WORDS = 18
"""Words before the sources."""
TIMES_IN_MS = 1
"""Flag: times are an int64 of milliseconds, then uint32 differences."""
_MS = 1000.0
_MOST_MS = 1 << 32
_MOST_EXACT = 4.0e12


@kernel
def _place(row: Any, i: int) -> int:
    """Place in the pool of the ``i``-th oldest point."""
    place = row.head + i
    return int(row.start + (place - row.size if place >= row.size else place))


@kernel
def in_ms(row: Any, pool: Pool) -> bool:
    """True where each time is a whole number of milliseconds, and each step between two fits 32 bits."""
    last = np.int64(0)
    for i in range(row.count):
        time = pool.time[_place(row, i)]
        if abs(time) > _MOST_EXACT:
            return False
        now = np.int64(np.rint(time * _MS))
        if now / _MS != time or (i > 0 and now - last >= _MOST_MS):
            return False
        last = now
    return True


@kernel
def time_words(count: int, flags: int) -> int:
    """How many words the times take."""
    if count == 0 or not flags & TIMES_IN_MS:
        return count
    return 1 + count // 2


@kernel
def encode(
    state: State,
    pool: Pool,
    configs: Records,
    rows: NDArray[np.int64],
    template: Words,
    offset_words: NDArray[np.int64],
    words: Words,
    floats: Floats,
    halves: NDArray[np.uint32],
    ends: NDArray[np.int64],
) -> None:
    """Write the records of ``rows`` one behind the other; ``ends`` takes where each ends, in words.

    ``words``, ``floats`` and ``halves`` are one buffer, seen as int64, float64 and uint32. ``template``
    holds the words of the sources, ``offset_words`` the places in it that take the row's offsets.
    """
    at = 0
    for i in range(len(rows)):
        row = state.rows[rows[i]]
        flags = TIMES_IN_MS if in_ms(row, pool) else 0
        _encode_fixed(
            row, state.alerts[rows[i]], configs[row.config], flags, len(offset_words), words, floats, at
        )
        at += FIXED_WORDS
        words[at : at + len(template)] = template
        for source in range(len(offset_words)):
            words[at + offset_words[source]] = state.included[rows[i], source]
        at += len(template)
        _encode_points(row, pool, flags, words, floats, halves, at)
        at += time_words(row.count, flags) + row.count
        ends[i] = at


@kernel
def _encode_fixed(
    row: Any, alert: Any, config: Any, flags: int, sources: int, words: Words, floats: Floats, at: int
) -> None:
    words[at] = flags
    floats[at + 1] = config.period
    words[at + 2] = config.capacity
    words[at + 3] = row.count | (np.int64(row.stride) << 32)
    words[at + 4] = row.position | (np.int64(sources) << 32)
    words[at + 5] = row.turn | (np.int64(row.run) << 32)
    floats[at + 6] = row.last_time
    floats[at + 7] = row.mean
    floats[at + 8] = row.m2
    floats[at + 9] = row.m2_largest
    words[at + 10] = row.replaced | (np.int64(row.stale) << 32)
    words[at + 11] = alert.open | (alert.severity << 8) | (alert.worst << 16) | (np.int64(alert.quiet) << 32)
    words[at + 12] = alert.count
    floats[at + 13] = alert.start
    floats[at + 14] = alert.end
    floats[at + 15] = alert.peak_score
    floats[at + 16] = alert.peak_value
    floats[at + 17] = alert.peak_deviation


@kernel
def _encode_points(
    row: Any, pool: Pool, flags: int, words: Words, floats: Floats, halves: NDArray[np.uint32], at: int
) -> None:
    values = at + time_words(row.count, flags)
    last = np.int64(0)
    if flags & TIMES_IN_MS and row.count > 0:
        words[values - 1] = 0
        last = np.int64(np.rint(pool.time[_place(row, 0)] * _MS))
        words[at] = last
    for i in range(row.count):
        place = _place(row, i)
        floats[values + i] = pool.value[place]
        if not flags & TIMES_IN_MS:
            floats[at + i] = pool.time[place]
        elif i > 0:
            now = np.int64(np.rint(pool.time[place] * _MS))
            halves[2 * at + 1 + i] = now - last
            last = now


@kernel
def restore_window(
    row: Any,
    pool: Pool,
    flags: int,
    words: Words,
    floats: Floats,
    halves: NDArray[np.uint32],
    at: int,
    capacity: int,
) -> None:
    """Take over window and moments from a record whose points begin at word ``at``.

    The pool must have room.
    """
    clear(row)
    row.run = words[5] >> 32
    count = words[3] & 0xFFFFFFFF
    if count > row.size:
        claim(row, pool, max(min(capacity, SIZES[0]), count))
    values = at + time_words(count, flags)
    ms = words[at] if count > 0 else 0
    for i in range(count):
        if flags & TIMES_IN_MS:
            if i > 0:
                ms += halves[2 * at + 1 + i]
            pool.time[row.start + i] = ms / _MS
        else:
            pool.time[row.start + i] = floats[at + i]
        pool.value[row.start + i] = floats[values + i]
    row.count = count
    if count > 0:
        sort_again(row, pool)
    row.stride = words[3] >> 32
    row.position = words[4] & 0xFFFFFFFF
    row.turn = words[5] & 0xFFFFFFFF
    row.mean = floats[7]
    row.m2 = floats[8]
    row.m2_largest = floats[9]
    row.replaced = words[10] & 0xFFFFFFFF
    row.stale = words[10] >> 32


@kernel
def restore_alert(alert: Any, words: Words, floats: Floats) -> None:
    """Take over the alert from a record."""
    alert.open = words[11] & 0xFF
    alert.severity = (words[11] >> 8) & 0xFF
    alert.worst = (words[11] >> 16) & 0xFF
    alert.quiet = words[11] >> 32
    alert.count = words[12]
    alert.start = floats[13]
    alert.end = floats[14]
    alert.peak_score = floats[15]
    alert.peak_value = floats[16]
    alert.peak_deviation = floats[17]
