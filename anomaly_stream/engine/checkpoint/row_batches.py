"""State records grouped by row, a batch of rows at a time, as arrays for ``restore``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from anomaly_stream.engine.checkpoint.format import Parts, Words
from anomaly_stream.formats.state_keys import is_chunk_of, is_page_of, is_part, part_number
from anomaly_stream.formats.state_record import CHUNK, HEAD, PAGE, WORD, open_record
from anomaly_stream.kernels.arrays import Integers

_ROWS_AT_ONCE = 1024


class RecordTable(NamedTuple):
    """The positions of the records of a batch in one buffer, in words. Row i has head i."""

    head_at: Integers
    head_length: Integers
    first_chunk: Integers
    """(rows + 1,): the chunks of row i are ``first_chunk[i]`` to ``first_chunk[i + 1] - 1``."""
    chunks: Parts
    first_page: Integers
    """(rows + 1,): the same for pages."""
    pages: Parts


@dataclass(slots=True)
class _PartList:
    """Chunks or pages of a batch."""

    first: list[int] = field(default_factory=list)
    """By row: its first part."""
    numbers: list[int] = field(default_factory=list)
    records: list[bytes] = field(default_factory=list)

    def add(self, key: bytes, record: bytes) -> None:
        """Append a part of the last row."""
        self.numbers.append(part_number(key))
        self.records.append(record)

    def highest(self, row: int) -> int:
        """The highest number of a row's parts; -1: it has none."""
        end = self.first[row + 1] if row + 1 < len(self.first) else len(self.numbers)
        return max(self.numbers[self.first[row] : end], default=-1)


@dataclass(slots=True)
class RowBatch:
    """The records of some rows."""

    keys: list[bytes] = field(default_factory=list)
    """By row: the key of its head."""
    heads: list[bytes] = field(default_factory=list)
    chunks: _PartList = field(default_factory=_PartList)
    pages: _PartList = field(default_factory=_PartList)

    def add_row(self, key: bytes, head: bytes) -> None:
        """Begin another row; the parts that follow belong to it."""
        self.keys.append(key)
        self.heads.append(head)
        self.chunks.first.append(len(self.chunks.records))
        self.pages.first.append(len(self.pages.records))

    def arrays(self) -> tuple[Words, RecordTable]:
        """All records in one buffer, and their positions in it."""
        kinds = (self.heads, self.chunks.records, self.pages.records)
        heads, chunks, pages = (
            np.array([len(record) // WORD for record in records], np.int64) for records in kinds
        )
        lengths = np.concatenate((heads, chunks, pages))
        head_at, chunk_at, page_at = np.split(
            np.cumsum(lengths) - lengths, (len(heads), len(heads) + len(chunks))
        )
        words = np.frombuffer(b"".join(record for records in kinds for record in records), np.int64)
        return Words.over(words), RecordTable(
            head_at,
            heads,
            np.array([*self.chunks.first, len(chunks)], np.int64),
            Parts(chunk_at, chunks, np.array(self.chunks.numbers, np.int64)),
            np.array([*self.pages.first, len(pages)], np.int64),
            Parts(page_at, pages, np.array(self.pages.numbers, np.int64)),
        )


def row_batches(records: Iterable[tuple[bytes, bytes]], orphans: list[bytes]) -> Iterator[RowBatch]:
    """The rows of ``records``, which are sorted by key. The last batch may be empty.

    Keys of chunks and pages without a head are appended to ``orphans``.

    Raises:
        StateError: a record is damaged.
        StateVersionError: this release does not read the format version of one.
    """
    batch, row = RowBatch(), b"\0"
    for key, record in records:
        if is_chunk_of(key, row):
            open_record(CHUNK, key, record)
            batch.chunks.add(key, record)
        elif is_page_of(key, row):
            open_record(PAGE, key, record)
            batch.pages.add(key, record)
        elif is_part(key):
            orphans.append(key)
        else:
            if len(batch.keys) == _ROWS_AT_ONCE:
                yield batch
                batch = RowBatch()
            open_record(HEAD, key, record)
            row = key
            batch.add_row(key, record)
    yield batch
