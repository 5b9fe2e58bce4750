"""Reads the past of topics, and then again and again what has come since."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, Message, TopicPartition

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import consume, is_end, new_consumer, partitions_of, records_of
from anomaly_stream.kafka.past_records import (
    ReadBounds,
    columns_of,
    first_offset,
    read_past,
    watermarks,
)
from anomaly_stream.model import RecordColumns
from anomaly_stream.settings import Settings

_RECORDS_AT_ONCE = 5_000
_FETCH_WAIT_MS = 5
"""A broker answers one request of a connection after the other: a question for an end waits for the fetch."""


class PastReader:
    """Reads topics up to their present ends; each reading goes on where the former ended.

    The first reading takes one partition after the other. Further ones keep one consumer of all partitions,
    so what has just come is read within milliseconds. A context manager: it closes the consumer.

    Args:
        settings: how to reach Kafka.
        topics: what is read.
        since_ms: the Kafka timestamp of each partition from which on it is read.
    """

    def __init__(self, settings: Settings, topics: Sequence[str], since_ms: int) -> None:
        self._settings = settings
        self._topics = topics
        self._since_ms = since_ms
        self._faults = ConnectionFaults()
        self._consumer: Consumer | None = None
        self._next: dict[tuple[str, int], int] = {}
        """The next offset of each partition."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._consumer is not None:
            self._consumer.close()

    def read(self) -> Iterator[RecordColumns]:
        """The records since the last call, up to the present ends. Raises as ``read_past``."""
        if self._consumer is None:
            for records in read_past(self._settings, self._topics, ReadBounds(since_ms=self._since_ms)):
                self._next[records.topic, records.partition] = records.next_offset
                yield records
            self._consumer = self._new_consumer()
        yield from self._newest(self._consumer)

    def _new_consumer(self) -> Consumer:
        """A consumer of all partitions, each from its next offset on."""
        consumer = new_consumer(
            self._settings,
            self._settings.app_id,
            self._faults,
            enable_partition_eof=True,
            fetch_wait_max_ms=_FETCH_WAIT_MS,
        )
        for topic in self._topics:
            for number in partitions_of(consumer, topic, self._faults):
                if (topic, number) not in self._next:
                    _, end = watermarks(consumer, TopicPartition(topic, number))
                    start = first_offset(consumer, TopicPartition(topic, number, self._since_ms))
                    self._next[topic, number] = start if start >= 0 else end
        consumer.assign([TopicPartition(*at, offset) for at, offset in self._next.items()])
        return consumer

    def _newest(self, consumer: Consumer) -> Iterator[RecordColumns]:
        ends = {at: watermarks(consumer, TopicPartition(*at))[1] for at in self._next}
        while any(self._next[at] < end for at, end in ends.items()):
            messages = consume(consumer, TIMEOUT_S, _RECORDS_AT_ONCE)
            if not messages:
                raise BrokerError(f"Kafka did not answer for {TIMEOUT_S:g} s")
            found: dict[tuple[str, int], list[Message]] = {}
            for message in records_of(messages):
                found.setdefault(_place(message), []).append(message)
            for at, some in found.items():
                records = columns_of(*at, some)
                self._next[at] = records.next_offset
                yield records
            for message in filter(is_end, messages):
                self._next[_place(message)] = max(self._next[_place(message)], _offset(message))


def _place(message: Message) -> tuple[str, int]:
    topic, number = message.topic(), message.partition()
    assert topic is not None
    assert number is not None
    return topic, number


def _offset(message: Message) -> int:
    offset = message.offset()
    assert offset is not None
    return int(offset)
