"""A run of Kafka records of one partition, as columns over one buffer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """Records of one topic-partition, as spans of one byte buffer: no object per record.

    All columns have length n, one entry a record, offsets ascending. A span whose length is -1
    stands for Kafka's null (no key, no value).
    """

    topic: str
    partition: int
    buffer: NDArray[np.uint8]
    """The decompressed bytes that every span points into."""
    offset: NDArray[np.int64]
    timestamp_ms: NDArray[np.int64]
    """Kafka's own timestamp in milliseconds since the epoch; -1 where there is none."""
    key_start: NDArray[np.int64]
    key_length: NDArray[np.int64]
    value_start: NDArray[np.int64]
    value_length: NDArray[np.int64]
    header_start: NDArray[np.int64]
    """Where the record's first header begins (behind the varint that counts them)."""
    header_count: NDArray[np.int64]
    next_offset: int
    """The offset to read on from: behind the last record, control batch or gap seen."""
    first_offset: int = 0
    """The offset that was asked for: there is nothing between it and the first of these records."""

    def __len__(self) -> int:
        return len(self.offset)

    def value(self, row: int) -> bytes | None:
        """The value of one record; None for a null value."""
        return self._span(self.value_start[row], self.value_length[row])

    def key(self, row: int) -> bytes | None:
        """The key of one record; None for a null key."""
        return self._span(self.key_start[row], self.key_length[row])

    def slice(self, start: int, stop: int) -> "RecordColumns":
        """Rows ``start`` to ``stop`` as views; ``next_offset`` is that of the last row's slice."""
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
