"""Encodes rows of the bank as state records; ``format`` has their layout."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain

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
    FIXED_WORDS,
    MOST_FLAGGED_WORDS,
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
) -> list[Iterator[StateRecord]]:
    """The state records of ``rows``, as returned by ``Bank.dirty_rows``, in three stages.

    All records of a stage must be durable before any record of the next stage is written. The rows are marked
    as written, so either all stages must be written or the bank must be discarded. ``sources`` are the source
    topics with their generations, in the order of their numbers. With ``whole``, every head holds its whole
    window.

    The call copies the state; the records are built from the copy while a stage is iterated. So the bank may
    change in between, and the caller may iterate in small pieces.
    """
    require_little_endian()
    deleted = [bank.tombstones.key(number) for number in rows[rows < 0].tolist()]
    deleted_heads: list[StateRecord] = [(key, None) for key in deleted if not is_part(key)]
    deleted_parts: list[StateRecord] = [(key, None) for key in deleted if is_part(key)]
    parts: list[Iterator[StateRecord]] = []
    heads: list[Iterator[StateRecord]] = []
    names = source_words(sources)
    live = rows[rows >= 0]
    for first in range(0, len(live), _ROWS_AT_ONCE):
        some = live[first : first + _ROWS_AT_ONCE]
        keys = _RowKeys(bank, some, index)
        begins, ends = np.empty((2, len(some)), np.int64)
        split_points(bank.state.rows, bank.plan.compiled, some, whole, begins, ends)
        parts.append(_chunks(bank, some, keys, begins, ends))
        parts.append(_pages(bank, some, keys))
        mark_written(bank.state.rows, bank.plan.compiled, some, begins, ends)
        heads.append(_heads(bank, some, keys, ends, names))
    return [
        iter(deleted_heads),
        chain(deleted_parts, chain.from_iterable(parts)),
        chain.from_iterable(heads),
    ]


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


class _RowKeys:
    """The keys of some rows, built at their first use. The rows may belong to other series by then."""

    def __init__(self, bank: Bank, rows: Integers, index: SeriesIndex) -> None:
        records = bank.state.rows[rows]
        self._ids = [config.id for config in bank.plan.configs]
        self._configs = records["config"].tolist()
        self._series = [index.series[number] for number in records["series"].tolist()]

    @cached_property
    def all(self) -> list[bytes]:
        """The keys, in the order of the rows."""
        return [
            row_key(self._ids[config], series)
            for series, config in zip(self._series, self._configs, strict=True)
        ]


def _chunks(
    bank: Bank, rows: Integers, keys: _RowKeys, begins: Integers, ends: Integers
) -> Iterator[StateRecord]:
    most = int((((ends - 1) // CHUNK - begins // CHUNK + 1) * (ends > begins)).sum())
    if most == 0:
        return iter(())
    words = np.empty(most * MOST_CHUNK_WORDS, np.int64)
    written = np.empty((most, 3), np.int64)
    count = write_chunks(
        bank.state.rows, bank.pool, bank.plan.compiled, rows, begins, ends, Words.over(words), written
    )
    return _parts(state_record.CHUNK, chunk_key, keys, words, written[:count])


def _pages(bank: Bank, rows: Integers, keys: _RowKeys) -> Iterator[StateRecord]:
    most = sum(page_count(words) for words in bank.state_words(rows).tolist())
    if most == 0:
        return iter(())
    words = np.empty(most * (PAGE_WORDS + PAGE), np.int64)
    written = np.empty((most, 3), np.int64)
    count = write_pages(
        bank.state.rows, bank.detector_state, bank.plan.compiled, rows, Words.over(words), written
    )
    return _parts(state_record.PAGE, page_key, keys, words, written[:count])


def _parts(
    kind: bytes, key_of: Callable[[bytes, int], bytes], keys: _RowKeys, words: Integers, written: Integers
) -> Iterator[StateRecord]:
    """Chunks or pages; a line of ``written`` is the owner, the part number, and the word after the part."""
    owners, numbers, word_ends = written.T.tolist()
    for owner, number, record in zip(owners, numbers, seal_words(kind, words, word_ends), strict=True):
        yield key_of(keys.all[owner], number), record


def _heads(
    bank: Bank, rows: Integers, keys: _RowKeys, ends: Integers, names: Integers
) -> Iterator[StateRecord]:
    records = bank.state.rows[rows]
    points = records["first"] + records["count"] - np.maximum(ends, records["first"])
    fixed = FIXED_WORDS + MOST_FLAGGED_WORDS + SOURCE_WORDS * len(names)
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
    assert int(word_ends[-1]) <= len(words), "the heads have no more room than they need"
    return _sealed_heads(keys, words, word_ends)


def _sealed_heads(keys: _RowKeys, words: Integers, word_ends: Integers) -> Iterator[StateRecord]:
    yield from zip(keys.all, seal_words(state_record.HEAD, words, word_ends.tolist()), strict=True)
