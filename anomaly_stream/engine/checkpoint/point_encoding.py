"""Kernels for a run of a window's points as words: times, then values, oldest first.

Times are, by their kind, n f8 (``EXACT``); or the first in milliseconds (i8) and n - 1 differences, u4
(``MS``) or u2 (``SHORT_MS``), filled with zeros to a whole word. Values are n f8.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel

EXACT, MS, SHORT_MS = range(3)
_MS = 1000.0
_MOST_EXACT = 4.0e12
_MOST_MS = 1 << 32
_MOST_SHORT_MS = 1 << 16


class Words(NamedTuple):
    """One buffer, seen in four ways."""

    words: NDArray[np.int64]
    floats: NDArray[np.float64]
    halves: NDArray[np.uint32]
    quarters: NDArray[np.uint16]

    @staticmethod
    def over(words: NDArray[np.int64]) -> "Words":
        """The views of a buffer."""
        return Words(words, words.view(np.float64), words.view(np.uint32), words.view(np.uint16))


@kernel
def place_of(row: Any, i: int) -> int:
    """Place in the pool of the ``i``-th oldest point."""
    place = row.head + i
    return int(row.start + (place - row.size if place >= row.size else place))


@kernel
def time_kind(row: Any, pool: Pool, begin: int, end: int) -> int:
    """The shortest kind that gives the times of points ``begin`` to ``end - 1`` back to the last bit."""
    kind = SHORT_MS if end > begin else EXACT
    last = np.int64(0)
    for i in range(begin, end):
        time = pool.time[place_of(row, i)]
        if abs(time) > _MOST_EXACT:
            return EXACT
        now = np.int64(np.rint(time * _MS))
        if now / _MS != time or (i > begin and now - last >= _MOST_MS):
            return EXACT
        if i > begin and now - last >= _MOST_SHORT_MS:
            kind = MS
        last = now
    return kind


@kernel
def run_words(count: int, kind: int) -> int:
    """How many words a run of points takes."""
    if count == 0 or kind == EXACT:
        return 2 * count
    return count + 1 + (count // 2 if kind == MS else (count + 2) // 4)


@kernel
def write_run(row: Any, pool: Pool, begin: int, end: int, kind: int, out: Words, at: int) -> int:
    """Write points ``begin`` to ``end - 1`` from word ``at`` on; returns the word behind them."""
    count = end - begin
    behind = at + run_words(count, kind)
    values = behind - count
    last = np.int64(0)
    if kind != EXACT:
        out.words[values - 1] = 0
        last = np.int64(np.rint(pool.time[place_of(row, begin)] * _MS))
        out.words[at] = last
    for i in range(count):
        place = place_of(row, begin + i)
        out.floats[values + i] = pool.value[place]
        if kind == EXACT:
            out.floats[at + i] = pool.time[place]
        elif i > 0:
            now = np.int64(np.rint(pool.time[place] * _MS))
            if kind == MS:
                out.halves[2 * at + 1 + i] = now - last
            else:
                out.quarters[4 * at + 3 + i] = now - last
            last = now
    return behind


@kernel
def read_run(
    source: Words, at: int, count: int, kind: int, pool: Pool, place: int, low: int, high: int
) -> None:
    """Take points ``low`` to ``high - 1`` of the ``count`` at word ``at`` to ``place`` and on in the pool."""
    values = at + run_words(count, kind) - count
    ms = source.words[at] if kind != EXACT and count > 0 else np.int64(0)
    for i in range(min(high, count)):
        if i > 0 and kind == MS:
            ms += np.int64(source.halves[2 * at + 1 + i])
        elif i > 0 and kind == SHORT_MS:
            ms += np.int64(source.quarters[4 * at + 3 + i])
        if i >= low:
            pool.time[place + i - low] = source.floats[at + i] if kind == EXACT else ms / _MS
            pool.value[place + i - low] = source.floats[values + i]


@kernel
def checksum(row: Any, pool: Pool, count: int) -> int:
    """32 bits of a sum over serial, time and value of the ``count`` oldest points, in any order."""
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
