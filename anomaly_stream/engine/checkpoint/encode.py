"""State records: the rows of the bank as plain bytes with a version and a checksum.

A row is a head, a number of chunks with the points of its window, and one of pages with what else it
remembers; ``chunks`` and ``pages`` say why, and what goes where. The head's key is the config's id, a zero
byte, the series' key; a chunk's is the head's, a zero byte, its slot (big-endian u2), a page's the same with
two zero bytes. So a row's records are neighbours where keys are sorted, the head first. Values are made of
little-endian words of 8 bytes; a serial number has 48 bits:

==========  ===============================================================================
head        holds
==========  ===============================================================================
0           bytes ``AS``, the version (3), a zero byte; the CRC-32C (u4) of all that follows,
            begun with the version
1, 2        shape: baseline period in seconds (f8); capacity; points of the window (2 u4)
3, 4        stride, position in it, turn in it, 0 (4 u4)
5           last time in seconds (f8)
6 to 8      mean, sum of squared deviations, its largest (f8)
9           points replaced (u4); stale, flags (2 u1); sources (u2)
10          serial number of the oldest point; slots that chunks were ever written to (u2)
11          points that follow here, the newest (u4); checksum (u4) of those in chunks
12          anomaly streak, values left of an adoption (2 u4)
alert       7 words where bit 2 of the flags is set: open, severity, worst severity (3 u1), a zero
            byte, quiet observations (u4); anomalies (i8); start, end, peak score, peak
            value, peak deviation (f8)
sources     3 words for each: last offset included (i8, -1: none); epoch (i4); 12 bytes of BLAKE2b
            of its topic's name
memory      where bit 3 of the flags is set: words, pages ever written (2 u4); digest of the layout
            (i8, 0: no memory); checksum of the pages (8 bytes); then for each page two bits, 32 pages a
            word: the side that holds it, 0 where it is zeros
points      times, of the kind in bits 0 and 1 of the flags, then values; see ``points``
==========  ===============================================================================

==========  ===============================================================================
page        holds
==========  ===============================================================================
0           as above, with ``AP``
1           its slot: twice the number of the page, plus its side less 1
2 on        64 words of the memory, or what is left of them
==========  ===============================================================================

==========  ===============================================================================
chunk       holds
==========  ===============================================================================
0           as above, with ``AC``
1           serial number of its first point; points (u1), kind of times (u1)
2 on        points
==========  ===============================================================================

Version 2 is the same without memories.

An offset counts only for the topic of that name and epoch: a topic that was made anew begins a new epoch.
"""

import sys
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from struct import Struct

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.footprint import ChangelogFootprint, inherit
from anomaly_stream.engine.bank.tombstones import chunk_key, page_key, state_key
from anomaly_stream.engine.checkpoint.chunks import CHUNK, choose, count_as_saved
from anomaly_stream.engine.checkpoint.head_writer import (
    ALERT_WORDS,
    FIXED_WORDS,
    MOST_CHUNK_WORDS,
    SOURCE_WORDS,
    write_chunks,
    write_heads,
)
from anomaly_stream.engine.checkpoint.point_encoding import Words
from anomaly_stream.engine.checkpoint.shadow_pages import MEMORY_WORDS, PAGE_WORDS, write_pages
from anomaly_stream.engine.plan.state_layout import PAGE, page_count
from anomaly_stream.formats.series_index import SeriesIndex

VERSION = 3
HEAD, CHUNKED, PAGED = b"AS", b"AC", b"AP"
WORD = 8
START = Struct("<2sBBI")
"""Of every record: what it is, version, flags (version 1) or zero, CRC-32C of what follows."""
_SOURCE = Struct("<i12s")
_ROWS_AT_ONCE = 1024

StateRecord = tuple[bytes, bytes | None]


def encode_rows(
    bank: Bank,
    rows: NDArray[np.int64],
    sources: Sequence[tuple[str, int]],
    index: SeriesIndex,
    *,
    whole: bool = False,
) -> list[list[StateRecord]]:
    """The state records of ``rows`` as (key, value) in stages; None stands for what is gone.

    All of a stage must be durable before any of the next is written. The rows count as saved; so what is
    returned must be written, or the bank given up. ``sources`` names each source topic with its epoch,
    in the order of their numbers. With ``whole`` every head holds its whole window.
    """
    require_little_endian()
    gone = [bank.gone_key(number) for number in rows[rows < 0].tolist()]
    heads: list[StateRecord] = [(key, None) for key in gone if key.count(b"\0") == 1]
    chunks: list[StateRecord] = [(key, None) for key in gone if key.count(b"\0") > 1]
    written: list[StateRecord] = []
    names = source_words(sources)
    live = rows[rows >= 0]
    for first in range(0, len(live), _ROWS_AT_ONCE):
        part = live[first : first + _ROWS_AT_ONCE]
        keys = _keys(bank, part, index)
        begins, ends = np.empty((2, len(part)), np.int64)
        choose(bank.state.rows, bank.plan.records, part, whole, begins, ends)
        chunks.extend(_chunks(bank, part, keys, begins, ends))
        chunks.extend(_pages(bank, part, keys))
        count_as_saved(bank.state.rows, bank.plan.records, part, begins, ends)
        written.extend(_heads(bank, part, keys, ends, names))
    return [heads, chunks, written]


def canonical_rows(bank: Bank, sources: Sequence[tuple[str, int]], index: SeriesIndex) -> dict[bytes, bytes]:
    """All rows as records that are equal where the rows' state is, however it was written before.

    Not for a changelog: they know nothing of chunks written earlier. Nothing counts as saved.
    """
    before, memory = bank.state.rows.copy(), bank.memory.copy()
    rows = np.flatnonzero(before["config"][: bank.row_count] >= 0)
    for row, words in zip(rows.tolist(), bank.memory_words(rows).tolist(), strict=True):
        inherit(
            bank.state, bank.memory, bank.plan.records, row, ChangelogFootprint(0, bytes(page_count(words)))
        )
    bank.state.rows["pages"] = 0
    stages = encode_rows(bank, rows, sources, index, whole=True)
    bank.state.rows[:] = before
    bank.memory[:] = memory
    return {key: value for stage in stages for key, value in stage if value is not None}


def source_words(sources: Sequence[tuple[str, int]]) -> NDArray[np.int64]:
    """Two words for each source: its epoch and 12 bytes of a hash of its name."""
    text = b"".join(
        _SOURCE.pack(epoch, blake2b(topic.encode(), digest_size=12).digest()) for topic, epoch in sources
    )
    return np.frombuffer(text, np.int64).reshape(len(sources), 2)


def require_little_endian() -> None:
    """State records are the memory of such machines as it is."""
    if sys.byteorder != "little":
        raise RuntimeError("state records are read and written on little-endian machines only")


def _keys(bank: Bank, rows: NDArray[np.int64], index: SeriesIndex) -> list[bytes]:
    records = bank.state.rows[rows]
    ids = [config.id for config in bank.plan.configs]
    return [
        state_key(ids[config], index.series[series])
        for series, config in zip(records["series"].tolist(), records["config"].tolist(), strict=True)
    ]


def _chunks(
    bank: Bank,
    rows: NDArray[np.int64],
    keys: list[bytes],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> Iterator[StateRecord]:
    filled = ends > begins
    most = int((((ends - 1) // CHUNK - begins // CHUNK + 1) * filled).sum())
    if most == 0:
        return
    words = np.empty(most * MOST_CHUNK_WORDS, np.int64)
    described = np.empty((most, 3), np.int64)
    written = write_chunks(
        bank.state, bank.pool, bank.plan.records, rows, begins, ends, Words.over(words), described
    )
    places, slots, behind = described[:written].T.tolist()
    values = _sealed(words, behind, CHUNKED)
    for place, slot, value in zip(places, slots, values, strict=True):
        yield chunk_key(keys[place], slot), value


def _pages(bank: Bank, rows: NDArray[np.int64], keys: list[bytes]) -> Iterator[StateRecord]:
    most = sum(page_count(words) for words in bank.memory_words(rows).tolist())
    if most == 0:
        return
    words = np.empty(most * (PAGE_WORDS + PAGE), np.int64)
    described = np.empty((most, 3), np.int64)
    written = write_pages(bank.state, bank.memory, bank.plan.records, rows, Words.over(words), described)
    places, slots, behind = described[:written].T.tolist()
    for place, slot, value in zip(places, slots, _sealed(words, behind, PAGED), strict=True):
        yield page_key(keys[place], slot), value


def _heads(
    bank: Bank,
    rows: NDArray[np.int64],
    keys: list[bytes],
    ends: NDArray[np.int64],
    names: NDArray[np.int64],
) -> Iterator[StateRecord]:
    records = bank.state.rows[rows]
    fixed = FIXED_WORDS + ALERT_WORDS + SOURCE_WORDS * len(names)
    points = records["first"] + records["count"] - np.maximum(ends, records["first"])
    memory = int(bank.memory_words(rows).max(initial=0))
    fixed += MEMORY_WORDS + page_count(memory)
    words = np.empty(len(rows) * fixed + 2 * int(points.sum()) + len(rows), np.int64)
    behind = np.empty(len(rows), np.int64)
    write_heads(
        bank.state, bank.memory, bank.pool, bank.plan.records, rows, ends, names, Words.over(words), behind
    )
    yield from zip(keys, _sealed(words, behind.tolist(), HEAD), strict=True)


def _sealed(words: NDArray[np.int64], behind: list[int], kind: bytes) -> Iterator[bytes]:
    """The records in a buffer as bytes, their first words filled in."""
    buffer = memoryview(words.view(np.uint8))  # type: ignore[arg-type]
    start = 0
    for end in behind:
        START.pack_into(buffer, start, kind, VERSION, 0, crc32c(buffer[start + WORD : end * WORD], VERSION))
        yield bytes(buffer[start : end * WORD])
        start = end * WORD
