"""State records into the bank, many rows at once; ``codec`` has their layout."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.checkpoint import version1
from anomaly_stream.engine.checkpoint.encode import (
    CHUNKED,
    HEAD,
    PAGED,
    START,
    VERSION,
    WORD,
    require_little_endian,
    source_words,
)
from anomaly_stream.engine.checkpoint.point_encoding import Words
from anomaly_stream.engine.checkpoint.restore import FAULTS, OK, find_rows, restore_rows
from anomaly_stream.engine.checkpoint.restore_windows import Found
from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.kernels.blocks import SIZES, extended, size_class
from anomaly_stream.model import Series

_ROWS_AT_ONCE = 1024
_SLOT_BYTES = 3
_PAGE_SLOT_BYTES = 4


def load_rows(
    bank: Bank,
    index: SeriesIndex,
    records: Iterable[tuple[bytes, bytes]],
    sources: Sequence[tuple[str, int]],
) -> int:
    """Take state records, sorted by key, into the bank, admitting series that are new; returns the rows.

    The records of a row that the bank's plan no longer has, and chunks without a head, are forgotten
    (deleted at the next checkpoint). A head of another shape gives its alert and its place in the
    input, and an empty window.

    Raises:
        StateError: no record, a broken one, or one whose chunks are missing.
        StateVersionError: one was written by a newer release.
    """
    require_little_endian()
    loaded = 0
    for batch in _batches(bank, records):
        loaded += _load(bank, index, batch, sources)
    return loaded


@dataclass(slots=True)
class _Batch:
    """Heads, and the chunks and pages of each: head i's begin at ``first_chunk[i]``, ``first_page[i]``."""

    keys: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    first_chunk: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    first_page: list[int] = field(default_factory=list)
    page_slots: list[int] = field(default_factory=list)
    pages: list[bytes] = field(default_factory=list)


def _batches(bank: Bank, records: Iterable[tuple[bytes, bytes]]) -> Iterator[_Batch]:
    batch, current = _Batch(), b"\0"
    for key, value in records:
        if len(key) == len(current) + _SLOT_BYTES and key.startswith(current):
            _check(key, value, CHUNKED)
            batch.slots.append(int.from_bytes(key[-2:], "big"))
            batch.chunks.append(value)
        elif len(key) == len(current) + _PAGE_SLOT_BYTES and key.startswith(current):
            _check(key, value, PAGED)
            batch.page_slots.append(int.from_bytes(key[-2:], "big"))
            batch.pages.append(value)
        elif key.count(b"\0", 0, -2) > 1:
            bank.forget(key)
        else:
            if len(batch.keys) == _ROWS_AT_ONCE:
                yield batch
                batch = _Batch()
            _check(key, value, HEAD)
            current = key
            batch.keys.append(key)
            batch.heads.append(value)
            batch.first_chunk.append(len(batch.chunks))
            batch.first_page.append(len(batch.pages))
    yield batch


def _check(key: bytes, value: bytes, kind: bytes) -> None:
    """That it is a record of a known version, unharmed."""
    if len(value) < START.size or value[:2] != kind:
        raise StateError(f"no state record: {value[:16]!r} of {key[:80]!r}")
    _, version, flags, checksum = START.unpack_from(value)
    if version > VERSION:
        raise StateVersionError(
            f"the state of {key[:80]!r} has format version {version}, and this release reads up to {VERSION}:"
            " run the release that wrote it, or a newer one"
        )
    if version < 1 or len(value) % WORD or (version > 1 and flags):
        raise StateError(f"a state record of {len(value)} bytes, version {version}: {key[:80]!r}")
    if crc32c(memoryview(value)[WORD:], 0 if version == version1.VERSION else version) != checksum:
        raise StateError(f"a state record whose checksum is wrong: {key[:80]!r}")


def _load(bank: Bank, index: SeriesIndex, batch: _Batch, sources: Sequence[tuple[str, int]]) -> int:
    rows = _rows(bank, index, batch)
    for i in np.flatnonzero(rows < 0).tolist():
        slots = _slots_of(batch.slots, batch.first_chunk, i)
        pages = _slots_of(batch.page_slots, batch.first_page, i)
        bank.forget(batch.keys[i], max(slots, default=-1) + 1, max(pages, default=-1) // 2 + 1)
    old = np.array([head[2] == version1.VERSION for head in batch.heads], np.bool_)
    for i in np.flatnonzero(old & (rows >= 0)).tolist():
        version1.restore(bank, int(rows[i]), batch.heads[i], sources)
    bank.pool = extended(bank.pool, _places(bank, rows))
    words, found = _found(batch)
    faults = np.full(len(rows), OK, np.int64)
    restore_rows(
        bank.state,
        bank.memory,
        bank.pool,
        bank.plan.records,
        np.where(old, -1, rows),
        Words.over(words),
        found,
        source_words(sources),
        faults,
    )
    for i in np.flatnonzero(faults != OK).tolist():
        raise StateError(f"the state of {batch.keys[i][:80]!r}: {FAULTS[faults[i]]}")
    return int((rows >= 0).sum())


def _rows(bank: Bank, index: SeriesIndex, batch: _Batch) -> NDArray[np.int64]:
    """The row of each head, -1 where no config asks for it. No limit counts: what was held goes on."""
    numbers = {config.id.encode(): i for i, config in enumerate(bank.plan.configs)}
    parsed = [_parsed_key(key) for key in batch.keys]
    configs = np.array([numbers.get(config, -1) for config, _ in parsed], np.int64)
    series = np.array([index.add(one) for _, one in parsed], np.int64)
    bank.meet((number, index.series[number]) for number in range(bank.series_count, len(index.series)))
    rows = np.empty(len(parsed), np.int64)
    find_rows(bank.state, series, configs, rows)
    missing = [
        (number, config)
        for number, config, row in zip(series.tolist(), configs.tolist(), rows.tolist(), strict=True)
        if row < 0 and config >= 0 and config in bank.plan.match(index.series[number])
    ]
    bank.add_rows([number for number, _ in missing], [config for _, config in missing])
    find_rows(bank.state, series, configs, rows)
    return rows


def _parsed_key(key: bytes) -> tuple[bytes, Series]:
    config_id, zero, series = key.partition(b"\0")
    if not zero:
        raise StateError(f"no key of a state record: {key[:80]!r}")
    try:
        return config_id, Series.from_key(series)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"no key of a state record: {key[:80]!r}: {error}") from error


def _slots_of(slots: list[int], first: list[int], i: int) -> list[int]:
    """Those of head i."""
    return slots[first[i] : first[i + 1] if i + 1 < len(first) else len(slots)]


def _places(bank: Bank, rows: NDArray[np.int64]) -> int:
    """The most places of the pool that the windows of these rows can take."""
    configs = bank.state.rows["config"][rows[rows >= 0]]
    sizes = [int(SIZES[size_class(int(capacity))]) for capacity in bank.plan.records["capacity"]]
    return int(np.array(sizes, np.int64)[configs].sum())


def _found(batch: _Batch) -> tuple[NDArray[np.int64], Found]:
    """The records in one buffer, and where each lies."""
    kinds = (batch.heads, batch.chunks, batch.pages)
    heads, chunks, pages = (np.array([len(value) // WORD for value in kind], np.int64) for kind in kinds)
    lengths = np.concatenate((heads, chunks, pages))
    head, chunk, page = np.split(np.cumsum(lengths) - lengths, (len(heads), len(heads) + len(chunks)))
    found = Found(
        head,
        heads,
        np.array([*batch.first_chunk, len(batch.chunks)], np.int64),
        chunk,
        chunks,
        np.array(batch.slots, np.int64),
        np.array([*batch.first_page, len(batch.pages)], np.int64),
        page,
        pages,
        np.array(batch.page_slots, np.int64),
    )
    return np.frombuffer(b"".join(one for kind in kinds for one in kind), np.int64), found
