"""Kernels that read state records back into rows; ``format`` has their layout, ``head_writer`` writes heads.

Every length is checked before it is used.
"""

from typing import Any, NamedTuple

import numpy as np

from anomaly_stream.engine.checkpoint.chunks import read_chunks
from anomaly_stream.engine.checkpoint.format import (
    ALERT_WORDS,
    FIXED_WORDS,
    FLAGS_SHIFT,
    HAS_ALERT,
    HAS_STATE,
    HEAD_CAPACITY,
    HEAD_FLAGS,
    HEAD_LAST_TIME,
    HEAD_M2,
    HEAD_M2_LARGEST,
    HEAD_MEAN,
    HEAD_PERIOD,
    HEAD_POINTS,
    HEAD_SERIAL,
    HEAD_STRIDE,
    HEAD_TURN,
    LOW_32,
    SERIAL,
    SERIAL_BITS,
    SOURCE_WORDS,
    SOURCES_SHIFT,
    STATE_WORDS,
    TIME_ENCODING,
    Parts,
    Words,
)
from anomaly_stream.engine.checkpoint.page_table import head_state_words
from anomaly_stream.engine.checkpoint.point_encoding import (
    SHORT_MS,
    points_checksum,
    read_points,
    words_of_points,
)
from anomaly_stream.engine.checkpoint.row_batches import RecordTable
from anomaly_stream.engine.checkpoint.shadow_pages import read_pages, restart_pages
from anomaly_stream.engine.plan.dtypes import State
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.blocks import SIZES, Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import claim, clear, sort_again

OK, BAD_LENGTH, OVER_CAPACITY, MISSING_CHUNKS, MISSING_PAGES = range(5)
FAULTS = (
    "",
    "its lengths contradict each other",
    "it has more points than its capacity",
    "its chunks are not those that it was written with",
    "its pages are not those that it was written with",
)
"""What is wrong with a record, by code."""


class Head(NamedTuple):
    """The parts of a head; positions are words of the buffer."""

    at: int
    flags: int
    points: int
    """Points in the window."""
    inline: int
    """Points in the head itself; chunks hold the others."""
    sources: int
    sources_at: int
    state_at: int
    points_at: int


@kernel
def restore_rows(
    state: State,
    detector_state: Floats,
    pool: Pool,
    configs: Records,
    rows: Integers,
    source: Words,
    table: RecordTable,
    sources: Integers,
    faults: Integers,
) -> None:
    """Read the records in ``source`` into ``rows``; -1 skips a row. ``faults`` receives a code for each.

    The pool must have room for one block for each row.
    """
    for i in range(len(rows)):
        if rows[i] < 0:
            continue
        if table.head_length[i] < FIXED_WORDS:
            faults[i] = BAD_LENGTH
            continue
        end = table.head_at[i] + table.head_length[i]
        head = _parse_head(source, table.head_at[i], end)
        faults[i] = _fault_of(head, source, end)
        if faults[i] == OK:
            chunks = _slice(table.chunks, table.first_chunk[i], table.first_chunk[i + 1])
            pages = _slice(table.pages, table.first_page[i], table.first_page[i + 1])
            _restore_offsets(state, rows[i], source, head, sources)
            if head.flags & HAS_ALERT:
                _restore_alert(state.alerts[rows[i]], source, head.at + FIXED_WORDS)
            row = state.rows[rows[i]]
            config = configs[row.config]
            faults[i] = _restore_row(row, config, detector_state, pool, source, head, chunks, pages)


@kernel
def _slice(parts: Parts, begin: int, end: int) -> Parts:
    return Parts(parts.at[begin:end], parts.length[begin:end], parts.number[begin:end])


@kernel
def _parse_head(source: Words, at: int, end: int) -> Head:
    """The parts of the head at word ``at``, which has at least ``FIXED_WORDS`` and ends before ``end``.

    If its description of detector state does not fit, its points begin behind ``end``.
    """
    flags = source.words[at + HEAD_FLAGS] >> FLAGS_SHIFT & 0xFF
    sources = source.words[at + HEAD_FLAGS] >> SOURCES_SHIFT & 0xFFFF
    sources_at = at + FIXED_WORDS + (ALERT_WORDS if flags & HAS_ALERT else 0)
    state_at = sources_at + SOURCE_WORDS * sources
    points_at = state_at
    if flags & HAS_STATE:
        fits = state_at + STATE_WORDS <= end
        points_at = state_at + head_state_words(source.words[state_at] & LOW_32) if fits else end + 1
    points = source.words[at + HEAD_CAPACITY] >> 32
    inline = source.words[at + HEAD_POINTS] & LOW_32
    return Head(at, flags, points, inline, sources, sources_at, state_at, points_at)


@kernel
def _fault_of(head: Head, source: Words, end: int) -> int:
    """Whether the head is consistent, and ends before ``end``."""
    capacity = source.words[head.at + HEAD_CAPACITY] & LOW_32
    encoding = head.flags & TIME_ENCODING
    if head.points < 0 or head.points > capacity or capacity > SIZES[-1] or head.inline > head.points:
        return OVER_CAPACITY
    if encoding > SHORT_MS or head.flags > (HAS_STATE | HAS_ALERT | SHORT_MS):
        return BAD_LENGTH
    return OK if head.points_at + words_of_points(head.inline, encoding) == end else BAD_LENGTH


@kernel
def _restore_row(
    row: Any,
    config: Any,
    detector_state: Floats,
    pool: Pool,
    source: Words,
    head: Head,
    chunks: Parts,
    pages: Parts,
) -> int:
    """Read window and detector state; they restart if the config has another shape now."""
    has_state = head.flags & HAS_STATE != 0
    clear(row)
    row.last_time = source.floats[head.at + HEAD_LAST_TIME]
    row.first = source.words[head.at + HEAD_SERIAL] & SERIAL
    row.chunk_keys = source.words[head.at + HEAD_SERIAL] >> SERIAL_BITS & 0xFFFF
    if not _has_shape(source, head, config):
        row.first += head.points
        row.needed_from = -1
        if has_state:
            restart_pages(row, config, detector_state, source, head.state_at)
        return OK
    if not _restore_window(row, config, pool, source, head, chunks):
        return MISSING_CHUNKS
    if has_state and not read_pages(row, config, detector_state, source, head.state_at, pages):
        return MISSING_PAGES
    return OK


@kernel
def _has_shape(source: Words, head: Head, config: Any) -> bool:
    """Whether period, capacity and layout of detector state are those of the config."""
    layout = source.words[head.state_at + 1] if head.flags & HAS_STATE else np.int64(0)
    return bool(
        source.floats[head.at + HEAD_PERIOD] == config.period
        and (source.words[head.at + HEAD_CAPACITY] & LOW_32) == config.capacity
        and layout == config.state_digest
    )


@kernel
def _restore_window(row: Any, config: Any, pool: Pool, source: Words, head: Head, chunks: Parts) -> bool:
    """Read the window from head and chunks; returns whether all of its points were there."""
    at = head.at
    held = head.points - head.inline
    row.run = source.words[at + HEAD_TURN] >> 32
    if head.points > row.size:
        claim(row, pool, max(min(int(config.capacity), SIZES[0]), head.points))
    if not read_chunks(row, pool, config, held, source, chunks):
        return False
    encoding = head.flags & TIME_ENCODING
    read_points(source, head.points_at, head.inline, encoding, pool, row.start + held, 0, head.inline)
    row.count = head.points
    if head.points > 0:
        sort_again(row, pool)
    row.stride = source.words[at + HEAD_STRIDE] & LOW_32
    row.position = source.words[at + HEAD_STRIDE] >> 32
    row.turn = source.words[at + HEAD_TURN] & LOW_32
    row.mean = source.floats[at + HEAD_MEAN]
    row.m2 = source.floats[at + HEAD_M2]
    row.m2_largest = source.floats[at + HEAD_M2_LARGEST]
    row.replaced = source.words[at + HEAD_FLAGS] & LOW_32
    row.stale = source.words[at + HEAD_FLAGS] >> 32 & 0xFF
    row.needed_from = row.first
    row.chunked_end = row.first + held
    row.saved_end = row.first + head.points
    return bool(points_checksum(row, pool, held) == (source.words[at + HEAD_POINTS] >> 32 & LOW_32))


@kernel
def _restore_offsets(state: State, number: int, source: Words, head: Head, sources: Integers) -> None:
    """Read the last offset of each of ``sources``; -1 if the head does not have it."""
    for k in range(len(sources)):
        offset = np.int64(-1)
        for j in range(head.sources):
            word = head.sources_at + SOURCE_WORDS * j
            if source.words[word + 1] == sources[k, 0] and source.words[word + 2] == sources[k, 1]:
                offset = source.words[word]
        state.included[number, k] = offset
        state.replayed[number, k] = offset


@kernel
def _restore_alert(alert: Any, source: Words, at: int) -> None:
    alert.open = source.words[at] & 0xFF
    alert.severity = source.words[at] >> 8 & 0xFF
    alert.worst = source.words[at] >> 16 & 0xFF
    alert.quiet = source.words[at] >> 32
    alert.count = source.words[at + 1]
    alert.start = source.floats[at + 2]
    alert.end = source.floats[at + 3]
    alert.peak_score = source.floats[at + 4]
    alert.peak_value = source.floats[at + 5]
    alert.peak_deviation = source.floats[at + 6]
