"""Points of a window as words: times, then values, oldest first.

Times are encoded in one of three ways: ``EXACT``, n f8 in seconds; ``MS``, the first in milliseconds (i8) and
n - 1 differences (u4); ``SHORT_MS``, the same with differences of u2. Differences are padded with zeros to
a whole word. Values are n f8.
"""

from typing import Any

import numpy as np

from anomaly_stream.engine.checkpoint.format import Words
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import place_of

EXACT, MS, SHORT_MS = range(3)
_MS = 1000.0
_MOST_EXACT = 4.0e12
_MOST_MS = 1 << 32
_MOST_SHORT_MS = 1 << 16


@kernel
def time_encoding(row: Any, pool: Pool, begin: int, end: int) -> int:
    """The shortest encoding that returns the times of points ``begin`` to ``end - 1`` bit for bit."""
    encoding = SHORT_MS if end > begin else EXACT
    last = np.int64(0)
    for i in range(begin, end):
        time = pool.time[place_of(row, i)]
        if abs(time) > _MOST_EXACT:
            return EXACT
        now = np.int64(np.rint(time * _MS))
        if now / _MS != time or (i > begin and now - last >= _MOST_MS):
            return EXACT
        if i > begin and now - last >= _MOST_SHORT_MS:
            encoding = MS
        last = now
    return encoding


@kernel
def words_of_points(count: int, encoding: int) -> int:
    """How many words ``count`` points take."""
    if count == 0 or encoding == EXACT:
        return 2 * count
    return count + 1 + (count // 2 if encoding == MS else (count + 2) // 4)


@kernel
def write_points(row: Any, pool: Pool, begin: int, end: int, encoding: int, out: Words, at: int) -> int:
    """Write points ``begin`` to ``end - 1`` from word ``at`` on; returns the word after them."""
    count = end - begin
    behind = at + words_of_points(count, encoding)
    values = behind - count
    last = np.int64(0)
    if encoding != EXACT:
        out.words[values - 1] = 0
        last = np.int64(np.rint(pool.time[place_of(row, begin)] * _MS))
        out.words[at] = last
    for i in range(count):
        place = place_of(row, begin + i)
        out.floats[values + i] = pool.value[place]
        if encoding == EXACT:
            out.floats[at + i] = pool.time[place]
        elif i > 0:
            now = np.int64(np.rint(pool.time[place] * _MS))
            if encoding == MS:
                out.halves[2 * at + 1 + i] = now - last
            else:
                out.quarters[4 * at + 3 + i] = now - last
            last = now
    return behind


@kernel
def read_points(
    source: Words, at: int, count: int, encoding: int, pool: Pool, place: int, low: int, high: int
) -> None:
    """Read points ``low`` to ``high - 1`` of the ``count`` at word ``at`` into the pool at ``place``."""
    values = at + words_of_points(count, encoding) - count
    ms = source.words[at] if encoding != EXACT and count > 0 else np.int64(0)
    for i in range(min(high, count)):
        if i > 0 and encoding == MS:
            ms += np.int64(source.halves[2 * at + 1 + i])
        elif i > 0 and encoding == SHORT_MS:
            ms += np.int64(source.quarters[4 * at + 3 + i])
        if i >= low:
            pool.time[place + i - low] = source.floats[at + i] if encoding == EXACT else ms / _MS
            pool.value[place + i - low] = source.floats[values + i]


@kernel
def points_checksum(row: Any, pool: Pool, count: int) -> int:
    """32 bits of a sum over serial number, time and value of the ``count`` oldest points."""
    total = np.uint64(0)
    for i in range(count):
        place = place_of(row, i)
        time = np.uint64(np.float64(pool.time[place]).view(np.int64))
        value = np.uint64(np.float64(pool.value[place]).view(np.int64))
        mixed = (time * np.uint64(0x9E3779B97F4A7C15)) ^ (value * np.uint64(0xBF58476D1CE4E5B9))
        mixed += np.uint64(row.first + i) * np.uint64(0xD6E8FEB86659FD93)
        mixed ^= mixed >> np.uint64(32)
        total += mixed * np.uint64(0x94D049BB133111EB)
    return int((total ^ (total >> np.uint64(32))) & np.uint64(0xFFFFFFFF))
