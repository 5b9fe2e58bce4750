"""Encodes rows of the bank as state records; ``format`` has their layout."""

from collections.abc import Iterator, Sequence

import numpy as np

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.footprint import ChangelogFootprint, inherit
from anomaly_stream.engine.checkpoint.chunks import (
    CHUNK,
    MOST_CHUNK_WORDS,
    mark_written,
    split_points,
    write_chunks,
)
from anomaly_stream.engine.checkpoint.format import (
    ALERT_WORDS,
    CLOCK_WORDS,
    COMMAND_WORDS,
    FIXED_WORDS,
    PAGE_WORDS,
    SOURCE_WORDS,
    Words,
    source_words,
)
from anomaly_stream.engine.checkpoint.head_writer import write_heads
from anomaly_stream.engine.checkpoint.page_table import head_state_words
from anomaly_stream.engine.checkpoint.shadow_pages import write_pages
from anomaly_stream.engine.plan.state_layout import PAGE, page_count
from anomaly_stream.formats import state_record
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.formats.state_keys import chunk_key, is_part, page_key, row_key
from anomaly_stream.formats.state_record import require_little_endian, seal_words
from anomaly_stream.kernels.arrays import Integers

_ROWS_AT_ONCE = 1024

StateRecord = tuple[bytes, bytes | None]
"""A key and its value. The value None deletes the record."""


def encode_rows(
    bank: Bank,
    rows: Integers,
    sources: Sequence[tuple[str, int]],
    index: SeriesIndex,
    *,
    whole: bool = False,
) -> list[list[StateRecord]]:
    """The state records of ``rows``, as returned by ``Bank.dirty_rows``, in three stages.

    All records of a stage must be durable before any record of the next stage is written. The rows are marked
    as written, so either all stages must be written or the bank must be discarded. ``sources`` are the source
    topics with their generations, in the order of their numbers. With ``whole``, every head holds its whole
    window.
    """
    require_little_endian()
    deleted = [bank.tombstones.key(number) for number in rows[rows < 0].tolist()]
    deleted_heads: list[StateRecord] = [(key, None) for key in deleted if not is_part(key)]
    parts: list[StateRecord] = [(key, None) for key in deleted if is_part(key)]
    heads: list[StateRecord] = []
    names = source_words(sources)
    live = rows[rows >= 0]
    for first in range(0, len(live), _ROWS_AT_ONCE):
        some = live[first : first + _ROWS_AT_ONCE]
        keys = _row_keys(bank, some, index)
        begins, ends = np.empty((2, len(some)), np.int64)
        split_points(bank.state.rows, bank.plan.compiled, some, whole, begins, ends)
        parts.extend(_chunks(bank, some, keys, begins, ends))
        parts.extend(_pages(bank, some, keys))
        mark_written(bank.state.rows, bank.plan.compiled, some, begins, ends)
        heads.extend(_heads(bank, some, keys, ends, names))
    return [deleted_heads, parts, heads]


def canonical_rows(bank: Bank, sources: Sequence[tuple[str, int]], index: SeriesIndex) -> dict[bytes, bytes]:
    """All rows as records that are equal if and only if the state of the rows is equal.

    They do not depend on earlier checkpoints, so they must not be written to a changelog that has chunks and
    pages. The rows are not marked as written.
    """
    rows_before, state_before = bank.state.rows.copy(), bank.detector_state.copy()
    rows = np.flatnonzero(rows_before["config"][: bank.row_count] >= 0)
    for row, words in zip(rows.tolist(), bank.state_words(rows).tolist(), strict=True):
        unwritten = ChangelogFootprint(0, bytes(page_count(words)))
        inherit(bank.state, bank.detector_state, bank.plan.compiled, row, unwritten)
    bank.state.rows["pages"] = 0
    stages = encode_rows(bank, rows, sources, index, whole=True)
    bank.state.rows[:] = rows_before
    bank.detector_state[:] = state_before
    return {key: value for stage in stages for key, value in stage if value is not None}


def _row_keys(bank: Bank, rows: Integers, index: SeriesIndex) -> list[bytes]:
    records = bank.state.rows[rows]
    ids = [config.id for config in bank.plan.configs]
    return [
        row_key(ids[config], index.series[series])
        for series, config in zip(records["series"].tolist(), records["config"].tolist(), strict=True)
    ]


def _chunks(
    bank: Bank, rows: Integers, keys: list[bytes], begins: Integers, ends: Integers
) -> Iterator[StateRecord]:
    most = int((((ends - 1) // CHUNK - begins // CHUNK + 1) * (ends > begins)).sum())
    if most == 0:
        return
    words = np.empty(most * MOST_CHUNK_WORDS, np.int64)
    written = np.empty((most, 3), np.int64)
    count = write_chunks(
        bank.state.rows, bank.pool, bank.plan.compiled, rows, begins, ends, Words.over(words), written
    )
    owners, key_indices, word_ends = written[:count].T.tolist()
    records = seal_words(state_record.CHUNK, words, word_ends)
    for owner, key_index, record in zip(owners, key_indices, records, strict=True):
        yield chunk_key(keys[owner], key_index), record


def _pages(bank: Bank, rows: Integers, keys: list[bytes]) -> Iterator[StateRecord]:
    most = sum(page_count(words) for words in bank.state_words(rows).tolist())
    if most == 0:
        return
    words = np.empty(most * (PAGE_WORDS + PAGE), np.int64)
    written = np.empty((most, 3), np.int64)
    count = write_pages(
        bank.state.rows, bank.detector_state, bank.plan.compiled, rows, Words.over(words), written
    )
    owners, page_copies, word_ends = written[:count].T.tolist()
    records = seal_words(state_record.PAGE, words, word_ends)
    for owner, page_copy, record in zip(owners, page_copies, records, strict=True):
        yield page_key(keys[owner], page_copy), record


def _heads(
    bank: Bank, rows: Integers, keys: list[bytes], ends: Integers, names: Integers
) -> Iterator[StateRecord]:
    records = bank.state.rows[rows]
    points = records["first"] + records["count"] - np.maximum(ends, records["first"])
    fixed = FIXED_WORDS + ALERT_WORDS + CLOCK_WORDS + COMMAND_WORDS + SOURCE_WORDS * len(names)
    fixed += head_state_words(int(bank.state_words(rows).max(initial=0)))
    words = np.empty(len(rows) * (fixed + 1) + 2 * int(points.sum()), np.int64)
    word_ends = np.empty(len(rows), np.int64)
    write_heads(
        bank.state,
        bank.detector_state,
        bank.pool,
        bank.plan.compiled,
        rows,
        ends,
        names,
        Words.over(words),
        word_ends,
    )
    yield from zip(keys, seal_words(state_record.HEAD, words, word_ends.tolist()), strict=True)
