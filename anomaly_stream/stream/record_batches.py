"""Fetched bytes to record batches, and runs of batches to `RecordColumns`."""

import struct
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from aiokafka.errors import CorruptRecordException
from numpy.typing import NDArray

from anomaly_stream.kernels import record_batch as walk
from anomaly_stream.model.records import RecordColumns
from anomaly_stream.stream.batch_bodies import BatchBodies

HEADER = struct.Struct(">qiibIhiqqqhii")
LENGTH = struct.Struct(">qi")
MAGIC_POSITION = 16
MIN_BATCH_BYTES = 26
"""The smallest message of magic 0."""
CRC_START = 21

CODEC_MASK, APPEND_TIME_BIT, TRANSACTIONAL_BIT, CONTROL_BIT = 0x07, 0x08, 0x10, 0x20

MAX_ITEM_RECORDS = 65_536
"""An item ends at this many records."""
MAX_RUN_BYTES = 8 * 1024 * 1024
"""A run that has decompressed to this much is full, so that an item stays a short piece of work."""
_EXPANSION = 4
_MIN_CAPACITY = 4096


class BatchHeader(NamedTuple):
    """The fixed part of a record batch of magic 2, in the order of the wire."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    first_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @property
    def next_offset(self) -> int:
        """The offset behind the batch, whatever compaction took out of it."""
        return self.base_offset + self.last_offset_delta + 1


def whole_batches(data: bytes) -> Iterator[memoryview]:
    """The complete batches of a fetch, of any magic; the partial one that may end it is left out."""
    view = memoryview(data)
    position = 0
    while len(view) - position >= LENGTH.size:
        _, length = LENGTH.unpack_from(view, position)
        end = position + LENGTH.size + length
        if end > len(view):
            return
        if end - position < MIN_BATCH_BYTES:
            raise CorruptRecordException(
                f"A record batch of {end - position} bytes has no room for its header"
            )
        yield view[position:end]
        position = end


def parse_header(batch: memoryview) -> BatchHeader:
    """The header of one batch of magic 2; CorruptRecordException where it is cut off."""
    if len(batch) < HEADER.size:
        raise CorruptRecordException(f"A record batch of {len(batch)} bytes has no room for its header")
    return BatchHeader._make(HEADER.unpack_from(batch))


class BatchRun:
    """Batches of one partition that are decoded together, however few records each has."""

    def __init__(self, topic: str, partition: int, wire_bytes: int) -> None:
        self._topic = topic
        self._partition = partition
        capacity = min(max(_EXPANSION * wire_bytes, _MIN_CAPACITY), 2 * MAX_RUN_BYTES)
        self._bodies = BatchBodies(capacity)
        self._segments = array("q")
        self._records = 0
        self.end_offset = -1
        """The offset behind everything seen: batches added and batches skipped."""

    @property
    def full(self) -> bool:
        """Whether what it holds is work enough for one item."""
        return self._records >= MAX_ITEM_RECORDS or self._bodies.used >= MAX_RUN_BYTES

    def skip(self, header: BatchHeader) -> None:
        """Step over a batch that has nothing to deliver."""
        self.end_offset = max(self.end_offset, header.next_offset)

    def add(self, header: BatchHeader, batch: memoryview) -> None:
        """Decompress a batch behind the others."""
        start, end = self._bodies.append(header.attributes & CODEC_MASK, batch[HEADER.size :])
        if not 0 <= header.record_count * walk.MIN_RECORD_BYTES <= end - start:
            raise CorruptRecordException(
                f"A record batch of {end - start} bytes has {header.record_count} records"
            )
        append_time = header.max_timestamp if header.attributes & APPEND_TIME_BIT else walk.NO_APPEND_TIME
        self._segments.extend(
            (
                start,
                end,
                header.base_offset,
                header.first_timestamp,
                append_time,
                header.record_count,
                header.next_offset,
            )
        )
        self._records += header.record_count
        self.skip(header)

    def columns(self, floor: int) -> Iterator[RecordColumns]:
        """Its records from offset ``floor`` on, in items of at most `MAX_ITEM_RECORDS`.

        The last item is empty where there is nothing but skipped batches left to step over. Raises
        CorruptRecordException behind the good records that precede the corrupt one.
        """
        segments = np.frombuffer(self._segments, np.int64).reshape(-1, walk.SEGMENT_WIDTH)
        cursor = np.array((0, walk.BETWEEN_BATCHES, 0, floor), np.int64)
        buffer = self._bodies.view()
        left, reached = self._records, floor
        while reached < self.end_offset or cursor[walk.AT_SEGMENT] < len(segments):
            table = np.empty((walk.TABLE_HEIGHT, min(left, MAX_ITEM_RECORDS)), np.int64)
            rows, error = walk.walk_batches(buffer, segments, cursor, table)
            left -= rows
            before = reached
            if rows:
                reached = int(table[walk.OFFSET, rows - 1]) + 1
            if error == walk.OK and cursor[walk.AT_SEGMENT] == len(segments):
                reached = max(reached, self.end_offset)
            if reached > before:
                yield self._item(buffer, table[:, :rows], reached)
            if error != walk.OK:
                raise self._corrupt(int(segments[cursor[walk.AT_SEGMENT], walk.BASE_OFFSET]), error)

    def _corrupt(self, offset: int, error: int) -> CorruptRecordException:
        return CorruptRecordException(
            f"The record batch at offset {offset} of {self._topic}-{self._partition} is corrupt:"
            f" {walk.REASONS[error]}"
        )

    def _item(self, buffer: NDArray[np.uint8], table: NDArray[np.int64], next_offset: int) -> RecordColumns:
        return RecordColumns(
            self._topic,
            self._partition,
            buffer,
            offset=table[walk.OFFSET],
            timestamp_ms=table[walk.TIMESTAMP],
            key_start=table[walk.KEY_START],
            key_length=table[walk.KEY_LENGTH],
            value_start=table[walk.VALUE_START],
            value_length=table[walk.VALUE_LENGTH],
            header_start=table[walk.HEADER_START],
            header_count=table[walk.HEADER_COUNT],
            next_offset=next_offset,
        )
