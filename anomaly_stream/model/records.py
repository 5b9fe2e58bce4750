"""Kafka records of one partition, as columns over one buffer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STARTS = ("key_start", "value_start", "header_start")
_COLUMNS = ("offset", "timestamp_ms", *_STARTS, "key_length", "value_length", "header_count")


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """Records of one topic partition as spans of one byte buffer, without an object per record.

    All columns have one entry per record, in ascending order of offsets. A span of length -1 is Kafka's null:
    no key or no value.
    """

    topic: str
    partition: int
    buffer: NDArray[np.uint8]
    """The decompressed bytes that every span points into."""
    offset: NDArray[np.int64]
    timestamp_ms: NDArray[np.int64]
    """Kafka's timestamp in milliseconds since the epoch; -1 if the record has none."""
    key_start: NDArray[np.int64]
    key_length: NDArray[np.int64]
    value_start: NDArray[np.int64]
    value_length: NDArray[np.int64]
    header_start: NDArray[np.int64]
    """Start of the record's first header, after the varint that counts the headers."""
    header_count: NDArray[np.int64]
    next_offset: int
    """The next offset to read: after the last record, control batch or gap."""
    first_offset: int = 0
    """The offset that was requested. There is no record between it and the first one here."""

    def __len__(self) -> int:
        return len(self.offset)

    def value(self, row: int) -> bytes | None:
        """The value of one record; None for a null value."""
        return self._span(self.value_start[row], self.value_length[row])

    def key(self, row: int) -> bytes | None:
        """The key of one record; None for a null key."""
        return self._span(self.key_start[row], self.key_length[row])

    def slice(self, start: int, stop: int) -> "RecordColumns":
        """Rows ``start`` to ``stop`` as views, with the offsets of that slice."""
        last = stop >= len(self)
        return RecordColumns(
            self.topic,
            self.partition,
            self.buffer,
            self.offset[start:stop],
            self.timestamp_ms[start:stop],
            self.key_start[start:stop],
            self.key_length[start:stop],
            self.value_start[start:stop],
            self.value_length[start:stop],
            self.header_start[start:stop],
            self.header_count[start:stop],
            self.next_offset if last else int(self.offset[stop]),
            int(self.offset[start - 1]) + 1 if start > 0 else self.first_offset,
        )

    @staticmethod
    def joined(parts: Sequence["RecordColumns"]) -> "RecordColumns":
        """The records of ``parts``, which must be consecutive parts of one topic partition, over one buffer.

        Each buffer is copied from the first byte that its part uses; parts with the same buffer share it.
        """
        if len(parts) == 1:
            return parts[0]
        buffers: list[NDArray[np.uint8]] = []
        shifts, used, end = [], None, 0
        for part in parts:
            if part.buffer is not used:
                begin = part._first_byte()
                used, shift = part.buffer, end - begin
                buffers.append(used[begin:])
                end += len(used) - begin
            shifts.append(shift)
        moved = np.repeat(shifts, [len(part) for part in parts])
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts]) + (moved if name in _STARTS else 0)
            for name in _COLUMNS
        }
        return RecordColumns(
            parts[0].topic,
            parts[0].partition,
            np.concatenate(buffers),
            **columns,
            next_offset=parts[-1].next_offset,
            first_offset=parts[0].first_offset,
        )

    def _first_byte(self) -> int:
        """Where the bytes of the records begin in the buffer; its end if there is no record."""
        if not len(self):
            return len(self.buffer)
        key = [self.key_start[0]] if self.key_length[0] >= 0 else []
        value = [self.value_start[0]] if self.value_length[0] >= 0 else []
        return int(min(*key, *value, self.header_start[0], len(self.buffer)))

    def _span(self, start: np.int64, length: np.int64) -> bytes | None:
        if length < 0:
            return None
        return self.buffer[start : start + length].tobytes()
