"""Records of a topic as the worker receives them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from confluent_kafka import Message
from numpy.typing import NDArray

from anomaly_stream.model import RecordColumns


class Record(NamedTuple):
    """One record of a partition."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None


def columns_of(messages: Sequence[Message]) -> RecordColumns:
    """Messages of one partition, in any order."""
    records = [Record(each.offset(), each.timestamp()[1], each.key(), each.value()) for each in messages]
    return columns(messages[0].topic(), messages[0].partition(), sorted(records))


def columns(topic: str, partition: int, records: Sequence[Record]) -> RecordColumns:
    """Records of one partition, in order."""
    spans = [part for record in records for part in (record.key, record.value)]
    lengths = np.array([-1 if part is None else len(part) for part in spans], np.int64)
    taken = np.maximum(lengths, 0)
    starts: NDArray[np.int64] = np.cumsum(taken) - taken
    none = np.zeros(len(records), np.int64)
    return RecordColumns(
        topic=topic,
        partition=partition,
        buffer=np.frombuffer(b"".join(part or b"" for part in spans), np.uint8),
        offset=np.array([record.offset for record in records], np.int64),
        timestamp_ms=np.array([record.timestamp_ms for record in records], np.int64),
        key_start=starts[::2],
        key_length=lengths[::2],
        value_start=starts[1::2],
        value_length=lengths[1::2],
        header_start=none,
        header_count=none,
        next_offset=records[-1].offset + 1,
    )
