"""The alerts topic, for applications that act on alerts.

Workers publish each alert event at least once, so there can be copies. A copy has the same id and key, and
therefore the same partition, as the first event; :class:`AlertsReader` drops it.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from anomaly_stream.errors import AnomalyStreamError, BrokerError
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import broker_errors, new_consumer, partitions_of, records_of
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

REMEMBERED_EVENTS = 10_000
"""This many event ids are kept for each partition, to recognise copies."""

_REBALANCED = (
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._STATE,
)


class ReceivedAlert(NamedTuple):
    """An event, and when it was published, in milliseconds since the epoch."""

    event: AlertEvent
    published_at_ms: int


class _Partition:
    """The position in one partition, and the ids of its latest events."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.next_offset = start
        self._ids: OrderedDict[str, None] = OrderedDict()

    def is_new(self, event_id: str) -> bool:
        """Whether the event is new: its id is not among the latest ones. Adds the id."""
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > REMEMBERED_EVENTS:
            self._ids.popitem(last=False)
        return True


class AlertsReader:
    """Reads alert events, each of them once. It is a context manager for use by one thread.

    With a group, several readers share the partitions, and reading resumes from the last :meth:`commit`. If
    it is called after the events of :meth:`poll` are processed, a restart loses no event. A reader that
    starts also reads the ids of the last events before the commit, so it drops copies after a restart too.

    Args:
        settings: how to reach Kafka, and the namespace of topic and group.
        group: the consumer group; None reads all partitions and commits nothing.
        positions: without a group, the first offset to read by partition; others are read from their start.

    Attributes:
        duplicates: number of copies dropped.
        refused: number of records that are not alert events; each is logged.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """

    def __init__(
        self, settings: Settings, group: str | None = None, positions: Mapping[int, int] | None = None
    ) -> None:
        self.duplicates = 0
        self.refused = 0
        self._topic = TopicNames.of(settings).alerts
        self._partitions: dict[int, _Partition] = {}
        name = settings.namespaced(group) if group is not None else settings.app_id
        faults = ConnectionFaults()
        self._consumer = new_consumer(settings, name, faults, fetch_wait_max_ms=100)
        try:
            numbers = partitions_of(self._consumer, self._topic, faults)
        except AnomalyStreamError:
            self._consumer.close()
            raise
        if group is not None:
            self._consumer.subscribe([self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke)
        else:
            given = positions or {}
            self._partitions = {number: _Partition(given.get(number, 0)) for number in numbers}
            self._assign(self._consumer)

    def poll(self, limit: int = 500, timeout_s: float = 0.2) -> list[AlertEvent]:
        """Up to ``limit`` new events; empty if none arrives within ``timeout_s``.

        Raises BrokerError.
        """
        return [received.event for received in self.receive(limit, timeout_s)]

    def receive(self, limit: int = 500, timeout_s: float = 0.2) -> list[ReceivedAlert]:
        """As :meth:`poll`, with the time at which each event was published. Raises BrokerError."""
        with broker_errors():
            messages = self._consumer.consume(limit, timeout=timeout_s)
        events = []
        for message in records_of(messages):
            partition = self._partitions.get(message.partition())
            if partition is not None:  # None if the partition was revoked meanwhile
                events += self._new_events(partition, message)
        return events

    @property
    def positions(self) -> dict[int, int]:
        """By partition, the offset after the last record of earlier :meth:`poll` calls."""
        return {number: partition.next_offset for number, partition in self._partitions.items()}

    def commit(self) -> bool:
        """Record that all events of earlier :meth:`poll` calls are processed.

        False if the group has reassigned the partitions: their new reader receives these events again. Raises
        BrokerError.
        """
        offsets = [
            TopicPartition(self._topic, number, partition.next_offset)
            for number, partition in self._partitions.items()
            if partition.next_offset > partition.start
        ]
        if not offsets:
            return True
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            reason = error.args[0]
            if reason.code() not in _REBALANCED:
                raise BrokerError(f"Kafka does not commit offsets of {self._topic}: {reason.str()}") from None
            logger.warning("Offsets of %s were not committed: %s", self._topic, reason.str())
            return False
        return True

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _new_events(self, partition: _Partition, message: Message) -> list[ReceivedAlert]:
        """A list with the event of a message; empty if the message is not an event, or the event not new."""
        value = message.value()
        is_read = message.offset() < partition.start
        partition.next_offset = max(partition.next_offset, message.offset() + 1)
        try:
            event = decode_alert(value or b"")
        except msgspec.DecodeError as error:
            if not is_read:
                self.refused += 1
                logger.error(
                    "Offset %d of %s-%d is not an alert event: %s",
                    *(message.offset(), self._topic, message.partition(), error),
                )
            return []
        is_new = partition.is_new(event.event_id)
        self.duplicates += not is_new and not is_read
        return [ReceivedAlert(event, message.timestamp()[1])] if is_new and not is_read else []

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        """Continue from the committed offset, and read the ids of the events before it again."""
        for partition in consumer.committed(assigned, timeout=TIMEOUT_S):
            lowest, end = consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S)
            start = partition.offset
            if not lowest <= start <= end:
                if start >= 0:
                    logger.error(
                        "%s-%d: offset %d was committed, and Kafka has %d to %d: reading from the first",
                        *(self._topic, partition.partition, start, lowest, end),
                    )
                start = lowest
            self._partitions[partition.partition] = _Partition(start)
        self._assign(consumer)

    def _assign(self, consumer: Consumer) -> None:
        """Read from the start of each partition, and before that the last events again, for their ids."""
        consumer.assign(
            [
                TopicPartition(self._topic, number, max(0, partition.start - REMEMBERED_EVENTS))
                for number, partition in self._partitions.items()
            ]
        )

    def _on_revoke(self, _: Consumer, revoked: list[TopicPartition]) -> None:
        for each in revoked:
            self._partitions.pop(each.partition, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
