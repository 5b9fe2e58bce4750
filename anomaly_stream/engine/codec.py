"""State records: a row of the bank as plain bytes with a version and a checksum.

The key is the config's id, a zero byte, the series' key. The value is made of little-endian words of 8 bytes:

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

An offset counts only for the topic of that name and epoch: a topic that was made anew begins a new epoch.
"""

import sys
from collections.abc import Iterator, Sequence
from struct import Struct
from typing import NamedTuple

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from anomaly_stream.engine.bank import Bank, state_key
from anomaly_stream.engine.records import (
    FIXED_WORDS,
    TIMES_IN_MS,
    encode,
    restore_alert,
    restore_window,
    time_words,
)
from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.blocks import extended
from anomaly_stream.model import Series

VERSION = 1
_MAGIC = b"AS"
_HEAD = Struct("<2sBBI")
_SOURCE = Struct("<qiI")
_WORD = 8
_CHUNK = 1024


def encode_rows(
    bank: Bank, rows: NDArray[np.int64], sources: Sequence[tuple[str, int]], index: SeriesIndex
) -> Iterator[tuple[bytes, bytes | None]]:
    """The state records of ``rows`` as (key, value); None, first, for rows that are gone.

    ``sources`` names each source topic with its epoch, in the order of their numbers.
    """
    _require_little_endian()
    for number in rows[rows < 0].tolist():
        yield bank.gone_key(number), None
    template, offset_words = _source_words(sources)
    live = rows[rows >= 0]
    for first in range(0, len(live), _CHUNK):
        yield from _encode_chunk(bank, live[first : first + _CHUNK], template, offset_words, index)


def load_row(
    bank: Bank, index: SeriesIndex, key: bytes, value: bytes, sources: Sequence[tuple[str, int]]
) -> None:
    """Take one state record into the bank, admitting its series where it is new.

    The record of a row that the bank's plan no longer has is forgotten (deleted at the next
    checkpoint). One of another shape gives its alert and its place in the input, and an empty window.

    Raises:
        StateError: no record, or a broken one.
        StateVersionError: it was written by a newer release.
    """
    _require_little_endian()
    config_id, series = _parsed_key(key)
    record = _checked(value)
    number = index.add(series)
    if number >= bank.series_count:
        bank.admit(index.series[bank.series_count :])
    row = bank.row_of(number, config_id)
    if row < 0:
        bank.forget(key)
        return
    state, config = bank.state, bank.plan.records[bank.state.rows[row]["config"]]
    for place, source in enumerate(sources):
        offset = record.offsets.get(source, -1)
        state.included[row, place] = state.replayed[row, place] = offset
    restore_alert(state.alerts[row], record.words, record.floats)
    state.rows[row]["last_time"] = record.floats[6]
    if record.floats[1] != config["period"] or record.words[2] != config["capacity"]:
        return
    bank.pool = extended(bank.pool, bank.places_needed)
    restore_window(
        state.rows[row],
        bank.pool,
        record.flags,
        record.words,
        record.floats,
        record.halves,
        record.points,
        int(config["capacity"]),
    )


class _Record(NamedTuple):
    """A checked record: the value as words, what it says of itself, the word where the points begin."""

    flags: int
    words: NDArray[np.int64]
    floats: NDArray[np.float64]
    halves: NDArray[np.uint32]
    offsets: dict[tuple[str, int], int]
    points: int


def _encode_chunk(
    bank: Bank,
    rows: NDArray[np.int64],
    template: NDArray[np.int64],
    offset_words: NDArray[np.int64],
    index: SeriesIndex,
) -> Iterator[tuple[bytes, bytes]]:
    records = bank.state.rows[rows]
    points = int(records["count"].sum(dtype=np.int64))
    words = np.empty(len(rows) * (FIXED_WORDS + len(template) + 1) + 2 * points, np.int64)
    ends = np.empty(len(rows), np.int64)
    encode(
        bank.state,
        bank.pool,
        bank.plan.records,
        rows,
        template,
        offset_words,
        words,
        words.view(np.float64),
        words.view(np.uint32),
        ends,
    )
    buffer = memoryview(words.view(np.uint8))  # type: ignore[arg-type]
    ids = [config.id for config in bank.plan.configs]
    start = 0
    for series, config, end in zip(
        records["series"].tolist(), records["config"].tolist(), (ends * _WORD).tolist(), strict=True
    ):
        checksum = crc32c(buffer[start + _WORD : end])
        _HEAD.pack_into(buffer, start, _MAGIC, VERSION, buffer[start], checksum)
        yield state_key(ids[config], index.series[series]), bytes(buffer[start:end])
        start = end


def _source_words(sources: Sequence[tuple[str, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The words of the sources, and at which of them their offsets stand."""
    text = b""
    places = []
    for topic, epoch in sources:
        name = topic.encode()
        places.append(len(text) // _WORD)
        text += _SOURCE.pack(-1, epoch, len(name)) + name + bytes(-len(name) % _WORD)
    return np.frombuffer(text, np.int64), np.array(places, np.int64)


def _parsed_key(key: bytes) -> tuple[str, Series]:
    config_id, zero, series = key.partition(b"\0")
    if not zero:
        raise StateError(f"no key of a state record: {key[:80]!r}")
    try:
        return config_id.decode(), Series.from_key(series)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"no key of a state record: {key[:80]!r}: {error}") from error


def _checked(value: bytes) -> _Record:
    """The record, every length in it proven; raises StateError."""
    if len(value) < _HEAD.size or value[:2] != _MAGIC:
        raise StateError(f"no state record: {value[:16]!r}")
    _, version, flags, checksum = _HEAD.unpack_from(value)
    if version > VERSION:
        raise StateVersionError(f"state record of version {version}; this release reads up to {VERSION}")
    if version < 1 or len(value) % _WORD or len(value) < FIXED_WORDS * _WORD:
        raise StateError(f"a state record of {len(value)} bytes, version {version}")
    if crc32c(memoryview(value)[_WORD:]) != checksum:
        raise StateError("a state record whose checksum is wrong")
    words = np.frombuffer(value, np.int64)
    offsets, points = _offsets(value, int(words[4]) >> 32)
    count = int(words[3]) & 0xFFFFFFFF
    if points + time_words(count, flags) + count != len(words) or flags & ~TIMES_IN_MS:
        raise StateError(f"a state record of {len(value)} bytes for {count} points, flags {flags}")
    if count > int(words[2]):
        raise StateError(f"a state record of {count} points for a capacity of {int(words[2])}")
    return _Record(flags, words, words.view(np.float64), words.view(np.uint32), offsets, points)


def _offsets(value: bytes, sources: int) -> tuple[dict[tuple[str, int], int], int]:
    """Offsets by topic and epoch, and the word behind them."""
    offsets = {}
    at = FIXED_WORDS * _WORD
    for _ in range(sources):
        if at + _SOURCE.size > len(value):
            raise StateError("a state record that ends within its sources")
        offset, epoch, length = _SOURCE.unpack_from(value, at)
        at += _SOURCE.size
        offsets[value[at : at + length].decode(errors="replace"), epoch] = offset
        at += length + -length % _WORD
    return offsets, at // _WORD


def _require_little_endian() -> None:
    if sys.byteorder != "little":
        raise StateError("state records are read and written on little-endian machines only")
