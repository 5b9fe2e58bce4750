"""State records of format version 1, as release 0.1 wrote them: read, never written.

A row was one record, all of its points in it. Its words of 8 bytes, little-endian:

==========  ===============================================================================
word        holds
==========  ===============================================================================
0           bytes ``AS``, the version (1), flags; the CRC-32C (u4) of all that follows
1, 2        shape: baseline period in seconds (f8), capacity
3, 4        points n, stride (2 u4); position in the stride, sources (2 u4)
5           turn in the stride (u4); anomalies in a row on one side, negative below (i4)
6           last time in seconds (f8)
7 to 10     mean, sum of squared deviations, its largest (f8); points replaced, stale (2 u4)
11          alert: open, severity, worst severity (3 u1), a zero byte; quiet observations (u4)
12 to 17    alert: anomalies (i8); start, end, peak score, peak value, peak deviation (f8)
sources     for each: last offset included (i8, -1: none); epoch (i4), bytes in the name of its
            topic (u4); the name, filled with zeros to whole words
times       oldest first: n f8; or, where bit 0 of the flags is set, the first in milliseconds
            (i8), n - 1 differences (u4), and zeros to a whole word
values      n f8, in the order of the times
==========  ===============================================================================
"""

from collections.abc import Sequence
from struct import Struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.errors import StateError
from anomaly_stream.kernels.arrays import Floats, Integers
from anomaly_stream.kernels.blocks import SIZES, Pool, extended
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import claim, clear, sort_again

VERSION = 1
_FIXED_WORDS = 18
_TIMES_IN_MS = 1
_MS = 1000.0
_WORD = 8
_SOURCE = Struct("<qiI")


class _Record(NamedTuple):
    """A record's words, what it says of itself, the word where the points begin."""

    flags: int
    words: Integers
    offsets: dict[tuple[str, int], int]
    points: int


def restore(bank: Bank, row: int, value: bytes, sources: Sequence[tuple[str, int]]) -> None:
    """Take a record, whose checksum is right, over into a row of the bank.

    One of another shape gives its alert and its place in the input, and an empty window.

    Raises:
        StateError: its lengths contradict each other.
    """
    record = _parsed(value)
    floats = record.words.view(np.float64)
    state, config = bank.state, bank.plan.records[bank.state.rows[row]["config"]]
    for place, source in enumerate(sources):
        offset = record.offsets.get(source, -1)
        state.included[row, place] = state.replayed[row, place] = offset
    restore_alert(state.alerts[row], record.words, floats)
    state.rows[row]["last_time"] = floats[6]
    if floats[1] != config["period"] or record.words[2] != config["capacity"] or config["memory"]:
        return
    bank.pool = extended(bank.pool, bank.places_needed)
    restore_window(
        state.rows[row],
        bank.pool,
        record.flags,
        record.words,
        floats,
        record.words.view(np.uint32),
        record.points,
        int(config["capacity"]),
    )


def _parsed(value: bytes) -> _Record:
    """The record, every length in it proven."""
    if len(value) < _FIXED_WORDS * _WORD:
        raise StateError(f"a state record of {len(value)} bytes, version {VERSION}")
    flags, words = value[3], np.frombuffer(value, np.int64)
    offsets, points = _offsets(value, int(words[4]) >> 32)
    count = int(words[3]) & 0xFFFFFFFF
    if points + time_words(count, flags) + count != len(words) or flags & ~_TIMES_IN_MS:
        raise StateError(f"a state record of {len(value)} bytes for {count} points, flags {flags}")
    if count > int(words[2]):
        raise StateError(f"a state record of {count} points for a capacity of {int(words[2])}")
    return _Record(flags, words, offsets, points)


def _offsets(value: bytes, sources: int) -> tuple[dict[tuple[str, int], int], int]:
    """Offsets by topic and epoch, and the word behind them."""
    offsets = {}
    at = _FIXED_WORDS * _WORD
    for _ in range(sources):
        if at + _SOURCE.size > len(value):
            raise StateError("a state record that ends within its sources")
        offset, epoch, length = _SOURCE.unpack_from(value, at)
        at += _SOURCE.size
        offsets[value[at : at + length].decode(errors="replace"), epoch] = offset
        at += length + -length % _WORD
    return offsets, at // _WORD


@kernel
def time_words(count: int, flags: int) -> int:
    """How many words the times take."""
    if count == 0 or not flags & _TIMES_IN_MS:
        return count
    return 1 + count // 2


@kernel
def restore_window(
    row: Any,
    pool: Pool,
    flags: int,
    words: Integers,
    floats: Floats,
    halves: NDArray[np.uint32],
    at: int,
    capacity: int,
) -> None:
    """Take over window and moments from a record whose points begin at word ``at``.

    The pool must have room.
    """
    clear(row)
    row.anomaly_streak = abs(words[5] >> 32)
    count = words[3] & 0xFFFFFFFF
    if count > row.size:
        claim(row, pool, max(min(capacity, SIZES[0]), count))
    values = at + time_words(count, flags)
    ms = words[at] if count > 0 else 0
    for i in range(count):
        if flags & _TIMES_IN_MS:
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
    row.headed = count


@kernel
def restore_alert(alert: Any, words: Integers, floats: Floats) -> None:
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
