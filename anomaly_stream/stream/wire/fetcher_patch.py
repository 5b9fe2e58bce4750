"""Columns from the wire: aiokafka delivers record batches as `RecordColumns`, without a ConsumerRecord each.

aiokafka's fetcher looks up `MemoryRecords` and `PartitionRecords` by name in its own module. `install`
replaces them by classes that keep the fetched bytes. For a columnar topic, every item that a consumer gets
(from ``getmany``, ``getone`` or the fetcher itself) is then a `RecordColumns` of at most
``MAX_ITEM_RECORDS``, and ``max_records`` counts items. Every other topic uses aiokafka's own classes.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from numpy.typing import NDArray

from anomaly_stream.kernels import batch_headers as scan
from anomaly_stream.kernels import record_batch as walk
from anomaly_stream.model.records import RecordColumns
from anomaly_stream.stream.faust_hooks.aiokafka_records import (
    HookedPartitionRecords,
    StockMemoryRecords,
    StockPartitionRecords,
    replace_record_classes,
    restore_record_classes,
)
from anomaly_stream.stream.wire.batch_gathering import BatchGathering, control_key


class FetchedBytes:
    """Replaces MemoryRecords, and keeps the bytes for the reader of the partition."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stock = StockMemoryRecords(data)

    def has_next(self) -> bool:
        """Whether there is at least one complete batch."""
        return bool(self.stock.has_next())

    def size_in_bytes(self) -> int:
        """Number of bytes, including those of a partial last batch."""
        return int(self.stock.size_in_bytes())


class ColumnarPartitionRecords(HookedPartitionRecords):
    """An iterator of `RecordColumns` over one fetch of a partition, in place of aiokafka's of records.

    It skips what aiokafka skips: control batches, aborted transactions under ``read_committed``, and records
    below the fetch offset. ``next_fetch_offset`` always matches the items delivered so far. An item is empty
    only if all batches left are skipped; its ``next_offset`` can then be committed.
    """

    def items(self) -> Iterator[RecordColumns]:
        """The records of the fetch, item by item."""
        fetch = BatchGathering(self.topic, self.partition, self.fetched.data, self.checks_crcs, self._aborted)
        for run in fetch.runs():
            for item in run.columns(self.next_fetch_offset):
                self.next_fetch_offset = item.next_offset
                yield item

    def _aborted(self, table: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which batches belong to aborted transactions, under ``read_committed``, by aiokafka's rules."""
        aborted = np.zeros(len(table), np.bool_)
        if not self.skips_aborted:
            return aborted
        interesting = (table[:, scan.ATTRIBUTES] & (scan.TRANSACTIONAL_BIT | scan.CONTROL_BIT)) != 0
        for row in np.flatnonzero(interesting).tolist():
            open_aborted = self.open_aborted(int(table[row, scan.BASE_OFFSET]))
            producer = int(table[row, scan.PRODUCER_ID])
            if producer not in open_aborted:
                continue
            if table[row, scan.ATTRIBUTES] & scan.CONTROL_BIT:
                key = control_key(self.fetched.data, table[row])
                if ControlRecord.parse(key) == ABORT_MARKER:
                    open_aborted.discard(producer)
            else:
                aborted[row] = True
        return aborted


def install(columnar_topics: Callable[[str], bool] | Collection[str]) -> None:
    """Make aiokafka deliver the chosen topics as columns, in the whole process.

    ``columnar_topics`` is a collection of names or a predicate; the latest call counts. Existing consumers
    follow from their next fetch. The kernels are compiled here, and not in the first fetch.
    """
    is_columnar = columnar_topics if callable(columnar_topics) else frozenset(columnar_topics).__contains__

    def partition_records(tp: Any, records: FetchedBytes, *arguments: Any, **named: Any) -> Any:
        if is_columnar(tp.topic):
            return ColumnarPartitionRecords(tp, records, *arguments, **named)
        return StockPartitionRecords(tp, records.stock, *arguments, **named)

    compile_kernels()
    replace_record_classes(FetchedBytes, partition_records)


def uninstall() -> None:
    """Restore aiokafka's own classes."""
    restore_record_classes()


def compile_kernels() -> None:
    """Compile the kernels of this package by running them once on empty input."""
    scan.scan_headers(np.frombuffer(b"", np.uint8), 0, np.empty((0, scan.HEADER_WIDTH), np.int64))
    walk.walk_batches(
        np.empty(0, np.uint8),
        np.empty((0, walk.SEGMENT_WIDTH), np.int64),
        np.zeros(walk.CURSOR_WIDTH, np.int64),
        np.empty((walk.TABLE_HEIGHT, 0), np.int64),
    )
