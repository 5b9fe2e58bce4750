"""Columns from the wire: aiokafka hands over record batches as `RecordColumns`, not a ConsumerRecord each.

aiokafka's fetcher looks `MemoryRecords` and `PartitionRecords` up by name in its own module. `install` puts
classes in their place that keep the fetched bytes; for a columnar topic every item that a consumer gets
(from ``getmany``, ``getone`` or the fetcher itself) is then a `RecordColumns` of up to 65,536 records, and
``max_records`` counts items. Every other topic goes through aiokafka's own classes.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from crc32c import crc32c

from anomaly_stream.kernels import record_batch as walk
from anomaly_stream.model.records import RecordColumns
from anomaly_stream.stream.legacy_batches import upgraded
from anomaly_stream.stream.record_batches import (
    CONTROL_BIT,
    CRC_START,
    MAGIC_POSITION,
    TRANSACTIONAL_BIT,
    BatchHeader,
    BatchRun,
    parse_header,
    whole_batches,
)

_StockMemoryRecords: Any = fetcher.MemoryRecords
_StockPartitionRecords: Any = fetcher.PartitionRecords


class FetchedBytes:
    """What the fetcher takes for MemoryRecords; keeps the bytes for whoever reads the partition."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stock = _StockMemoryRecords(data)

    def has_next(self) -> bool:
        """Whether there is one whole batch."""
        return bool(self.stock.has_next())

    def size_in_bytes(self) -> int:
        """All bytes, those of a partial last batch among them."""
        return int(self.stock.size_in_bytes())


class ColumnarPartitionRecords(_StockPartitionRecords):  # type: ignore[misc]
    """An iterator of `RecordColumns` over one fetch of a partition, in place of aiokafka's of records.

    It delivers and skips what aiokafka's does: control batches never, aborted transactions not under
    ``read_committed``, nothing below the fetch offset; and ``next_fetch_offset`` is always right for what
    has been handed out. An item is empty only where there was nothing but such batches to step over, so
    that its ``next_offset`` can be committed.
    """

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[RecordColumns]:
        """The generator that aiokafka's ``__next__`` reads."""
        for run in self._runs():
            for item in run.columns(self.next_fetch_offset):
                self.next_fetch_offset = item.next_offset
                yield item

    def _runs(self) -> Iterator[BatchRun]:
        """Batches gathered until they make an item; those before a bad batch come before its error."""
        left = len(self._records.data)
        run = BatchRun(self._tp.topic, self._tp.partition, left)
        try:
            for batch in whole_batches(self._records.data):
                left -= len(batch)
                self._gather(run, batch)
                if run.full:
                    yield run
                    run = BatchRun(self._tp.topic, self._tp.partition, left)
        except Exception:
            yield run
            raise
        yield run

    def _gather(self, run: BatchRun, batch: memoryview) -> None:
        legacy = batch[MAGIC_POSITION] < 2
        if legacy:
            batch = upgraded(batch, self._check_crcs)
        header = parse_header(batch)
        if not legacy and self._check_crcs and crc32c(batch[CRC_START:]) != header.crc:
            raise CorruptRecordException(f"Invalid CRC at offset {header.base_offset} of {self._tp}")
        if self._is_aborted(header, batch) or header.attributes & CONTROL_BIT or not header.record_count:
            run.skip(header)
        else:
            run.add(header, batch)

    def _is_aborted(self, header: BatchHeader, batch: memoryview) -> bool:
        """Follow the transactions under ``read_committed``, as aiokafka does batch by batch."""
        if self._isolation_level != fetcher.READ_COMMITTED:
            return False
        self._consume_aborted_up_to(header.base_offset)
        if header.attributes & CONTROL_BIT and self._contains_abort_marker(DefaultRecordBatch(batch)):
            self._aborted_producers.discard(header.producer_id)
        transactional = bool(header.attributes & TRANSACTIONAL_BIT)
        return transactional and header.producer_id in self._aborted_producers


def install(columnar_topics: Callable[[str], bool] | Collection[str]) -> None:
    """Make aiokafka deliver the chosen topics as columns, in this whole process.

    ``columnar_topics`` names them, or says of a topic whether it is one; the latest call counts. Consumers
    that exist already follow from their next fetch on. The walk is compiled here, not in the first fetch.
    """
    is_columnar = columnar_topics if callable(columnar_topics) else frozenset(columnar_topics).__contains__

    def partition_records(tp: Any, records: FetchedBytes, *arguments: Any, **named: Any) -> Any:
        if is_columnar(tp.topic):
            return ColumnarPartitionRecords(tp, records, *arguments, **named)
        return _StockPartitionRecords(tp, records.stock, *arguments, **named)

    _compile_walk()
    fetcher.MemoryRecords = FetchedBytes
    fetcher.PartitionRecords = partition_records


def uninstall() -> None:
    """Give aiokafka its own classes back."""
    fetcher.MemoryRecords = _StockMemoryRecords
    fetcher.PartitionRecords = _StockPartitionRecords


def _compile_walk() -> None:
    walk.walk_batches(
        np.empty(0, np.uint8),
        np.empty((0, walk.SEGMENT_WIDTH), np.int64),
        np.zeros(walk.CURSOR_WIDTH, np.int64),
        np.empty((walk.TABLE_HEIGHT, 0), np.int64),
    )
