"""Kernels that read the records of a row back: its head, then its chunks, then its pages."""

from typing import Any

from anomaly_stream.engine.checkpoint.chunks import read_chunks
from anomaly_stream.engine.checkpoint.format import (
    FIXED_WORDS,
    HAS_ALERT,
    HAS_STATE,
    HEAD_FLAGS,
    HEAD_LAST_TIME,
    HEAD_M2,
    HEAD_M2_LARGEST,
    HEAD_MEAN,
    HEAD_POINTS,
    HEAD_SERIAL,
    HEAD_STRIDE,
    HEAD_TURN,
    LOW_32,
    SERIAL,
    SERIAL_BITS,
    TIME_ENCODING,
    Parts,
    Words,
)
from anomaly_stream.engine.checkpoint.head_reader import (
    Head,
    has_shape,
    is_consistent,
    parse_head,
    restore_alert,
    restore_clock,
    restore_known,
    restore_no_data,
    restore_offsets,
    restore_streak,
)
from anomaly_stream.engine.checkpoint.point_encoding import (
    points_checksum,
    read_points,
)
from anomaly_stream.engine.checkpoint.row_batches import RecordTable
from anomaly_stream.engine.checkpoint.shadow_pages import read_pages, restart_pages
from anomaly_stream.engine.plan.dtypes import State
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.blocks import SIZES, Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import claim, clear, sort_again

OK, INCONSISTENT, MISSING_CHUNKS, MISSING_PAGES = range(4)
FAULTS = (
    "",
    "its counts and lengths contradict each other",
    "its chunks do not match its head",
    "its pages do not match its head",
)
"""The text for each code."""


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
        faults[i] = INCONSISTENT
        end = table.head_at[i] + table.head_length[i]
        if table.head_length[i] < FIXED_WORDS:
            continue
        head = parse_head(source, table.head_at[i], end)
        if not is_consistent(head, source, end):
            continue
        restore_offsets(state, rows[i], source, head, sources)
        if head.flags & HAS_ALERT:
            restore_alert(state.alerts[rows[i]], source, head.at + FIXED_WORDS)
        row = state.rows[rows[i]]
        chunks = _slice(table.chunks, table.first_chunk[i], table.first_chunk[i + 1])
        pages = _slice(table.pages, table.first_page[i], table.first_page[i + 1])
        config = configs[row.config]
        faults[i] = _restore_row(row, config, detector_state, pool, source, head, chunks, pages)


@kernel
def _slice(parts: Parts, begin: int, end: int) -> Parts:
    return Parts(parts.at[begin:end], parts.length[begin:end], parts.number[begin:end])


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
    restore_clock(row, source, head)
    restore_no_data(row, source, head)
    row.first = source.words[head.at + HEAD_SERIAL] & SERIAL
    row.chunk_keys = source.words[head.at + HEAD_SERIAL] >> SERIAL_BITS & 0xFFFF
    if not has_shape(source, head, config):
        row.known[:] = 0.0
        row.known_since[:] = 0.0
        row.first += head.points
        row.needed_from = -1
        row.dirty = 1  # the old head must not survive: its shape may return
        if has_state:
            restart_pages(row, config, detector_state, source, head.state_at)
        return OK
    restore_known(row, source, head)
    if not _restore_window(row, config, pool, source, head, chunks):
        return MISSING_CHUNKS
    if has_state and not read_pages(row, config, detector_state, source, head.state_at, pages):
        return MISSING_PAGES
    return OK


@kernel
def _restore_window(row: Any, config: Any, pool: Pool, source: Words, head: Head, chunks: Parts) -> bool:
    """Read the window from head and chunks; returns whether all of its points were there."""
    at = head.at
    held = head.points - head.inline
    restore_streak(row, source, head)
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
    row.stale = source.words[at + HEAD_FLAGS] >> 32 & 1
    row.nonnegative = source.words[at + HEAD_FLAGS] >> 33 & 1
    row.needed_from = row.first
    row.chunked_end = row.first + held
    row.saved_end = row.first + head.points
    return bool(points_checksum(row, pool, held) == (source.words[at + HEAD_POINTS] >> 32 & LOW_32))
