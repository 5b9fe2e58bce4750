"""A run of record batches of one partition, decoded together into `RecordColumns`."""

from collections.abc import Iterator

import numpy as np
from aiokafka.errors import CorruptRecordException
from numpy.typing import NDArray

from anomaly_stream.kernels import record_batch as walk
from anomaly_stream.model.records import RecordColumns
from anomaly_stream.stream.wire.batch_bodies import BatchBodies

MAX_ITEM_RECORDS = 65_536
"""An item has at most this many records."""
MAX_RUN_BYTES = 8 * 1024 * 1024
"""A run of this decompressed size is full, so that an item stays a short piece of work."""
_EXPANSION = 4
"""The first size of a run's buffer is this multiple of the bytes left in the fetch."""
_MIN_CAPACITY = 4096
"""The first size is at least this."""


class BatchRun:
    """Batches of one partition that are decoded together, however few records each has.

    The caller appends bodies to ``bodies``, and adds the position of each batch in it with `add`.
    """

    def __init__(self, topic: str, partition: int, wire_bytes: int) -> None:
        self._topic = topic
        self._partition = partition
        self._segments = [np.empty((0, walk.SEGMENT_WIDTH), np.int64)]
        self.bodies = BatchBodies(min(max(_EXPANSION * wire_bytes, _MIN_CAPACITY), 2 * MAX_RUN_BYTES))

    @property
    def full(self) -> bool:
        """Whether the run has reached its size limit."""
        return self.bodies.used >= MAX_RUN_BYTES

    def add(self, segments: NDArray[np.int64]) -> None:
        """Add batches to walk, one per row, as `walk_batches` needs them; a skipped one has a count of 0."""
        self._segments.append(segments)

    def columns(self, floor: int) -> Iterator[RecordColumns]:
        """The records from offset ``floor``, in items of at most `MAX_ITEM_RECORDS`.

        The last item is empty if only skipped batches are left. Raises CorruptRecordException after the good
        records that precede the corrupt one.
        """
        segments = np.concatenate(self._segments)
        cursor = np.array((0, walk.BETWEEN_BATCHES, 0, floor), np.int64)
        buffer = self.bodies.view()
        remaining = int(segments[:, walk.RECORD_COUNT].clip(0).sum())
        while cursor[walk.AT_SEGMENT] < len(segments):
            table = np.empty((walk.TABLE_HEIGHT, min(remaining, MAX_ITEM_RECORDS)), np.int64)
            rows, error = walk.walk_batches(buffer, segments, cursor, table)
            remaining -= rows
            reached = int(cursor[walk.FLOOR])
            if reached > floor:
                yield self._item(buffer, table[:, :rows], floor, reached)
                floor = reached
            if error != walk.OK:
                raise self._corrupt(int(segments[cursor[walk.AT_SEGMENT], walk.BASE_OFFSET]), error)

    def _corrupt(self, offset: int, error: int) -> CorruptRecordException:
        return CorruptRecordException(
            f"The record batch at offset {offset} of {self._topic}-{self._partition} is corrupt:"
            f" {walk.REASONS[error]}"
        )

    def _item(
        self, buffer: NDArray[np.uint8], table: NDArray[np.int64], first_offset: int, next_offset: int
    ) -> RecordColumns:
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
            first_offset=first_offset,
        )
