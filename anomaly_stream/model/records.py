"""Kafka records of one partition, as columns over one buffer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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

    def _span(self, start: np.int64, length: np.int64) -> bytes | None:
        if length < 0:
            return None
        return self.buffer[start : start + length].tobytes()
