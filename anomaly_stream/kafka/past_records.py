"""The past of topics: their records from a time or an offset on, up to their present ends.

Partitions are read one after the other: series do not affect each other, and a series stays on one
partition, so its values come in order.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from confluent_kafka import Consumer, Message, TopicPartition

from anomaly_stream.errors import BrokerError
from anomaly_stream.formats.lines import records_of as record_columns
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import (
    asked,
    consume,
    is_end,
    new_consumer,
    partitions_of,
    records_of,
)
from anomaly_stream.model import RecordColumns
from anomaly_stream.settings import Settings

_RECORDS_AT_ONCE = 5_000
_NO_TIMESTAMP = 0


@dataclass(frozen=True, slots=True)
class ReadBounds:
    """Where reading starts, and when it stops."""

    since_ms: int | None = None
    """Records with a Kafka timestamp from this on; None: from ``offset`` on."""
    offset: int = 0
    """The first offset of each partition, if ``since_ms`` is None."""
    partition: int | None = None
    """The only partition that is read; None: all."""
    last: int | None = None
    """The last offset of each partition; None: its present end."""
    limit: int | None = None
    """The most records that are returned."""
    seconds: float | None = None
    """The most seconds that reading takes."""


class _OutOfTimeError(Exception):
    """Reading took too long."""


def read_past(
    settings: Settings,
    topics: Sequence[str],
    bounds: ReadBounds,
    wanted: Callable[[bytes], bool] = lambda value: True,
    on_stop: Callable[[str], None] = lambda reason: None,
) -> Iterator[RecordColumns]:
    """Records whose value is ``wanted``, up to the ends that the partitions have now.

    ``on_stop`` is called with the reason if a bound ends it before.

    Raises:
        TopicError: a topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    faults = ConnectionFaults()
    consumer = new_consumer(settings, settings.app_id, faults, enable_partition_eof=True)
    deadline = np.inf if bounds.seconds is None else time.monotonic() + bounds.seconds
    left = bounds.limit
    try:
        for topic in topics:
            for number in partitions_of(consumer, topic, faults):
                if bounds.partition not in (None, number):
                    continue
                for messages in _partition(consumer, TopicPartition(topic, number), bounds, deadline):
                    found = [message for message in messages if wanted(message.value() or b"")][:left]
                    if found:
                        yield columns_of(topic, number, found)
                    if left is not None:
                        left -= len(found)
                        if left == 0:
                            on_stop(f"reading the metrics topics stopped after {bounds.limit:,} records")
                            return
    except _OutOfTimeError:
        on_stop(f"reading the metrics topics stopped after {bounds.seconds:g} s")
    finally:
        consumer.close()


def held_since(settings: Settings, topics: Sequence[str], since_ms: int) -> int | None:
    """The Kafka timestamp from which on every partition holds its records, if that is after ``since_ms``.

    None: no record from ``since_ms`` on has been deleted. Raises as ``read_past``.
    """
    faults = ConnectionFaults()
    consumer = new_consumer(settings, settings.app_id, faults)
    cut: list[TopicPartition] = []
    try:
        for topic in topics:
            for number in partitions_of(consumer, topic, faults):
                at = TopicPartition(topic, number, since_ms)
                low, end = watermarks(consumer, at)
                if 0 < low < end and first_offset(consumer, at) == low:
                    cut.append(at)
    finally:
        consumer.close()
    oldest = [
        int(records.timestamp_ms[0])
        for at in cut
        for records in read_past(settings, [at.topic], ReadBounds(partition=at.partition, limit=1))
    ]
    return max(oldest, default=None)


def _partition(
    consumer: Consumer, partition: TopicPartition, bounds: ReadBounds, deadline: float
) -> Iterator[list[Message]]:
    low, end = watermarks(consumer, partition)
    start = max(low, bounds.offset)
    end = end if bounds.last is None else min(end, bounds.last + 1)
    if bounds.since_ms is not None:
        at = TopicPartition(partition.topic, partition.partition, bounds.since_ms)
        start = first_offset(consumer, at)
    if not low <= start < end:  # -1: every record is older
        return
    consumer.assign([TopicPartition(partition.topic, partition.partition, start)])
    while start < end:
        if time.monotonic() >= deadline:
            raise _OutOfTimeError
        messages = consume(consumer, TIMEOUT_S, _RECORDS_AT_ONCE)
        if not messages:
            raise BrokerError(f"Kafka did not answer for {TIMEOUT_S:g} s")
        at = (partition.topic, partition.partition)
        here = [message for message in messages if (message.topic(), message.partition()) == at]
        records = records_of(here)  # an event of the partition before can still come
        yield [message for message in records if message.offset() < end]
        if records:
            start = records[-1].offset() + 1
        if any(is_end(message) for message in here):
            return


def watermarks(consumer: Consumer, partition: TopicPartition) -> tuple[int, int]:
    """The first offset of a partition, and the offset after its last."""
    low, end = asked(lambda: consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S))
    return int(low), int(end)


def first_offset(consumer: Consumer, at: TopicPartition) -> int:
    """The first offset whose Kafka timestamp is at or after that of ``at``; -1: every record is older."""
    return int(asked(lambda: consumer.offsets_for_times([at], timeout=TIMEOUT_S))[0].offset)


def columns_of(topic: str, partition: int, messages: Sequence[Message]) -> RecordColumns:
    """The records with their offsets and timestamps, so that they are decoded as a worker decodes them."""
    columns = record_columns([(m.key() or b"", m.value() or b"") for m in messages], topic, 0)
    return dataclasses.replace(
        columns,
        partition=partition,
        offset=np.array([message.offset() for message in messages], np.int64),
        timestamp_ms=np.array([_timestamp_ms(message) for message in messages], np.int64),
        next_offset=messages[-1].offset() + 1,
    )


def _timestamp_ms(message: Message) -> int:
    kind, milliseconds = message.timestamp()
    return -1 if kind == _NO_TIMESTAMP else int(milliseconds)
