"""Record batches made by hand, and a fetch of them read through aiokafka with and without columns."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition
from crc32c import crc32c

from anomaly_stream.model.records import RecordColumns
from anomaly_stream.stream.wire import fetcher_patch
from tests.kernels.record_headers import headers_of

PARTITION = TopicPartition("metrics", 3)
READ_UNCOMMITTED, READ_COMMITTED = 0, 1
CONTROL_BIT, APPEND_TIME_BIT = 0x20, 0x08
ABORT, COMMIT = b"\x00\x00\x00\x00", b"\x00\x00\x00\x01"

Row = tuple[int, int, bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]
Record = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Timestamp, key, value, headers."""


@dataclass
class Batch:
    """A record batch of magic 2; ``gaps`` are offset deltas that compaction took out."""

    base: int
    records: list[Record]
    codec: int = 0
    producer: int = -1
    transactional: bool = False
    attributes: int = 0
    gaps: set[int] = field(default_factory=set)

    def wire(self) -> bytes:
        builder = DefaultRecordBatchBuilder(2, self.codec, self.transactional, self.producer, 0, 0, 2**30)
        for delta, (timestamp, key, value, headers) in enumerate(self.records):
            if delta not in self.gaps:
                builder.append(delta, timestamp, key, value, headers)
        data = bytearray(builder.build())
        struct.pack_into(">q", data, 0, self.base)
        struct.pack_into(">i", data, 23, len(self.records) - 1)
        (attributes,) = struct.unpack_from(">h", data, 21)
        struct.pack_into(">h", data, 21, attributes | self.attributes)
        return sealed(data)


def sealed(data: bytearray) -> bytes:
    """With the right checksum for its bytes."""
    struct.pack_into(">I", data, 17, crc32c(bytes(data[21:])))
    return bytes(data)


def marker(base: int, producer: int, kind: bytes) -> bytes:
    """The control batch that ends a transaction."""
    record: Record = (5, kind, b"\x00" * 6, [])
    return Batch(base, [record], 0, producer, True, CONTROL_BIT).wire()


@dataclass(frozen=True)
class Delivery:
    """What a consumer received from one fetch, and its next offset."""

    rows: list[Row]
    next_offset: int
    error: type[Exception] | None


def rows_of(items: Iterable[RecordColumns]) -> list[Row]:
    rows = []
    for item in items:
        for row in range(len(item)):
            headers = headers_of(item.buffer, int(item.header_start[row]), int(item.header_count[row]))
            offset, timestamp = int(item.offset[row]), int(item.timestamp_ms[row])
            rows.append((offset, timestamp, item.key(row), item.value(row), tuple(headers)))
    return rows


def rows_of_stock(records: Iterable[Any]) -> list[Row]:
    return [
        (r.offset, -1 if r.timestamp is None else r.timestamp, r.key, r.value, tuple(r.headers))
        for r in records
    ]


def fetched(
    data: bytes,
    offset: int = 0,
    aborted: Any = None,
    check_crcs: bool = True,
    isolation: int = READ_COMMITTED,
) -> Any:
    """The records that the fetcher makes of the bytes, with the classes that are installed."""
    records = fetcher.MemoryRecords(data)
    return fetcher.PartitionRecords(
        PARTITION, records, aborted and list(aborted), offset, None, None, check_crcs, isolation
    )


def deliver_columns(data: bytes, *arguments: Any, **named: Any) -> Delivery:
    fetcher_patch.install({PARTITION.topic})
    try:
        source = fetched(data, *arguments, **named)
        items: list[RecordColumns] = []
        try:
            for item in source:
                assert source.next_fetch_offset == item.next_offset
                assert not items or len(item) or item.next_offset > items[-1].next_offset
                items.append(item)
        except Exception as error:
            return Delivery(rows_of(items), source.next_fetch_offset, type(error))
        return Delivery(rows_of(items), source.next_fetch_offset, None)
    finally:
        fetcher_patch.uninstall()


def deliver_stock(data: bytes, *arguments: Any, **named: Any) -> Delivery:
    source = fetched(data, *arguments, **named)
    records = []
    try:
        records.extend(source)
    except Exception as error:
        return Delivery([], source.next_fetch_offset, type(error))
    return Delivery(rows_of_stock(records), source.next_fetch_offset, None)
