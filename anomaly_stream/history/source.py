"""Reads the topics of the history from given positions, outside any consumer group."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from anomaly_stream.errors import AnomalyStreamError, BrokerError, HistoryError
from anomaly_stream.history.batch import Partition, Record
from anomaly_stream.kafka.config_topic import AUTHOR_HEADER
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import broker_errors, is_end, new_consumer, partitions_of, records_of
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

_NEW_PARTITIONS_S = 30.0
_LEADER_POLL_S = 0.05
_NO_LEADER = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


class Start(NamedTuple):
    """Where reading begins."""

    positions: dict[Partition, int]
    """The first offset to read of each partition."""
    missed: int
    """Records that Kafka deleted before they were recorded."""


def check_namespace(recorded: Iterable[Partition], names: TopicNames, database: str) -> None:
    """Raise HistoryError if only topics of another namespace are recorded in ``database``."""
    found = {topic for topic, _ in recorded}
    if found and found.isdisjoint(_topics(names)):
        raise HistoryError(
            f"{database} has the history of {min(found)}, and not of {names.alerts}:"
            " each namespace needs a database of its own, by history.url"
        )


def _topics(names: TopicNames) -> tuple[str, ...]:
    return names.configs, names.alerts, names.scores, names.feedback


class TopicsSource:
    """The records of the alerts, scores, configs and feedback topics. For use by one thread.

    Attributes:
        positions: the offset after the last record read of each partition.

    Raises:
        TopicError: a topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """

    def __init__(self, settings: Settings) -> None:
        names = TopicNames.of(settings)
        self._topics = _topics(names)
        self._faults = ConnectionFaults()
        self._consumer: Consumer = new_consumer(
            settings,
            settings.namespaced("history"),
            self._faults,
            enable_partition_eof=True,
            auto_offset_reset="error",
            fetch_wait_max_ms=100,
        )
        self.positions: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}
        self._checked_at = time.monotonic()
        try:
            self._partitions = self._find_partitions()
        except AnomalyStreamError:
            self._consumer.close()
            raise

    def start(self, recorded: Mapping[Partition, int]) -> Start:
        """Begin after the ``recorded`` offsets, and in new partitions at their start. Raises BrokerError."""
        missed = 0
        for partition in self._partitions:
            lowest, end = self._bounds(partition)
            position = recorded.get(partition, lowest)
            if not lowest <= position <= end:
                missed += max(0, lowest - position)
                logger.error(
                    "%s-%d is recorded up to offset %d, and Kafka has %d to %d: reading from the first",
                    *(*partition, position, lowest, end),
                )
                position = lowest
            self.positions[partition] = position
            self._ends[partition] = end
        self._consumer.assign([TopicPartition(*key, offset) for key, offset in self.positions.items()])
        return Start(dict(self.positions), missed)

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """Up to ``limit`` records, which may take ``timeout_s`` to gather. Raises BrokerError."""
        if time.monotonic() - self._checked_at > _NEW_PARTITIONS_S:
            self._checked_at = time.monotonic()
            if self._find_partitions() != self._partitions:
                raise BrokerError("a topic has new partitions: reading starts again")
        with broker_errors():
            messages = self._consumer.consume(limit, timeout=timeout_s)
        self._faults.report(self._consumer)
        self._check(messages)
        found = [_record(message) for message in records_of(messages)]
        for message in messages:
            if message.error() is None:
                self.positions[message.topic(), message.partition()] = message.offset() + 1
            elif is_end(message):
                self.positions[message.topic(), message.partition()] = message.offset()
        return found

    def ends(self) -> dict[Partition, int]:
        """The end of each partition, as far as it is known without a request."""
        for key, position in self.positions.items():
            _, end = self._consumer.get_watermark_offsets(TopicPartition(*key), cached=True)
            self._ends[key] = max(self._ends[key], end, position)
        return self._ends

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _find_partitions(self) -> list[Partition]:
        return [
            (topic, number)
            for topic in self._topics
            for number in partitions_of(self._consumer, topic, self._faults)
        ]

    def _bounds(self, partition: Partition) -> tuple[int, int]:
        """The first offset and the end. A partition of a new topic has no leader for a moment."""
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                found: tuple[int, int] = self._consumer.get_watermark_offsets(
                    TopicPartition(*partition), TIMEOUT_S
                )
                return found
            except KafkaException as error:
                reason = error.args[0]
                if reason.code() not in _NO_LEADER or time.monotonic() > deadline:
                    raise BrokerError(
                        f"Kafka does not tell the end of {partition[0]}: {reason.str()}"
                    ) from None
            time.sleep(_LEADER_POLL_S)

    def _check(self, messages: Sequence[Message]) -> None:
        for message in messages:
            error = message.error()
            if error is not None and error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise BrokerError(f"Kafka has deleted the records to be read next: {error.str()}")


def _record(message: Message) -> Record:
    headers = dict(message.headers() or ())
    return Record(
        message.topic(),
        message.partition(),
        message.offset(),
        message.key() or b"",
        message.value(),
        message.timestamp()[1],
        (headers.get(AUTHOR_HEADER) or b"").decode(errors="replace"),
    )
