"""The compacted baselines topic: baselines that were learned from a history, by config and series.

A load is published in one transaction: workers see all of its baselines or none. Its transactional id is that
of the config, so a load aborts what an earlier one of the same config left open. What a process that died
left open is otherwise aborted by the broker after ``_TRANSACTION_MS``; until then, workers do not see later
loads. The embedded broker has no transactions, so a load that is interrupted there may leave some of its
baselines, each of them complete.

A record whose key is the id of a config and a zero byte (the key of no series) forgets all earlier baselines
of that config.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from confluent_kafka import KafkaException, Message, Producer, TopicPartition

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import consume, is_end, new_consumer, partitions_of, records_of
from anomaly_stream.kafka.topics import MAX_BASELINE_BYTES, TopicNames
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

_QUEUED_KILOBYTES = 16_384
_TRANSACTION_MS = 120_000
_FORGET = b"forget"


class BaselineMessage(NamedTuple):
    """One record of the baselines topic."""

    key: bytes
    """The key of the row (``formats.state_keys.row_key``)."""
    value: bytes | None
    """The baseline record; None deletes it."""
    offset: int

    @property
    def forgotten_config(self) -> bytes | None:
        """The id of the config whose earlier baselines are forgotten; None: it is one baseline."""
        return self.key[:-1] if self.key.endswith(b"\0") else None


@dataclass(frozen=True, slots=True)
class BaselineBatch:
    """Some records of the topic, in order."""

    messages: list[BaselineMessage]
    next_offset: int
    is_end: bool
    """Whether the end of the topic was reached."""


def follow_baselines(
    settings: Settings, next_offset: int, stopped: threading.Event
) -> Iterator[BaselineBatch]:
    """Yield the records from ``next_offset`` on; ends once ``stopped`` is set. It blocks: it needs a thread.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached at the start, or an error is permanent.
    """
    topic = TopicNames.of(settings).baselines
    faults = ConnectionFaults()
    consumer = new_consumer(
        settings,
        settings.app_id,
        faults,
        enable_partition_eof=True,
        queued_max_messages_kbytes=_QUEUED_KILOBYTES,
        fetch_message_max_bytes=MAX_BASELINE_BYTES,
    )
    try:
        partitions_of(consumer, topic, faults)
        consumer.assign([TopicPartition(topic, 0, next_offset)])
        while not stopped.is_set():
            messages = consume(consumer)
            records = records_of(messages)
            next_offset = records[-1].offset() + 1 if records else next_offset
            if messages:
                found = [BaselineMessage(m.key() or b"", m.value(), m.offset()) for m in records]
                yield BaselineBatch(found, next_offset, is_end(messages[-1]))
            faults.report(consumer)
    finally:
        consumer.close()


class BaselinePublisher:
    """Publishes the baselines of one config, as often as it is asked.

    Args:
        settings: how to reach Kafka.
        config_id: the config.

    Raises:
        BrokerError: Kafka cannot be reached, or refused.
    """

    def __init__(self, settings: Settings, config_id: str) -> None:
        self._topic = TopicNames.of(settings).baselines
        self._is_atomic = settings.worker.fencing == "transactions"
        self._producer = Producer(_options(settings, config_id, self._is_atomic))
        self._failures: list[str] = []
        if self._is_atomic:
            with _refusals():
                self._producer.init_transactions(TIMEOUT_S)

    def publish(self, baselines: Iterable[tuple[bytes, bytes]]) -> int:
        """Publish these baselines: all of them, or none. Returns how many there were.

        Raises:
            BrokerError: Kafka refused, or a baseline is too large; nothing is visible then. Do not publish
                again.
        """
        with _refusals():
            if self._is_atomic:
                self._producer.begin_transaction()
            count = 0
            for key, value in baselines:
                if len(key) + len(value) > MAX_BASELINE_BYTES * 9 // 10:
                    raise BrokerError(
                        f"the baseline of {key.decode(errors='replace')!r} has {len(value):,} bytes, too "
                        "many for one record: lower window_points of the config"
                    )
                _produce(self._producer, self._topic, key, value, self._on_delivery)
                count += 1
            undelivered = self._producer.flush(_TRANSACTION_MS / 1000)
            if self._failures or undelivered:
                reasons = ", ".join(sorted(set(self._failures))) or "no answer"
                raise BrokerError(
                    f"{len(self._failures) + undelivered} baselines were not published: {reasons}"
                )
            if self._is_atomic:
                self._producer.commit_transaction(TIMEOUT_S)
        return count

    def _on_delivery(self, error: Any, _: Message) -> None:
        if error is not None:
            self._failures.append(error.str())


def publish_baselines(settings: Settings, config_id: str, baselines: Iterable[tuple[bytes, bytes]]) -> int:
    """Publish the baselines of one load of a config: all of them, or none. Returns how many there were.

    Raises:
        BrokerError: Kafka refused, or a baseline is too large; nothing is visible then.
    """
    return BaselinePublisher(settings, config_id).publish(baselines)


@contextmanager
def _refusals() -> Iterator[None]:
    """Convert a KafkaException in this context to BrokerError."""
    try:
        yield
    except KafkaException as error:
        raise BrokerError(f"Kafka does not take the baselines: {error.args[0].str()}") from None


def forget_record(config_id: str) -> tuple[bytes, bytes]:
    """Value and key of the record that forgets the baselines of a config."""
    return _FORGET, config_id.encode() + b"\0"


def _options(settings: Settings, config_id: str, is_atomic: bool) -> dict[str, Any]:
    options = {
        **settings.kafka.client_options(),
        "log_level": 0,
        "acks": "all",
        "compression.type": "zstd",
        "message.max.bytes": MAX_BASELINE_BYTES,
        "queue.buffering.max.kbytes": _QUEUED_KILOBYTES,
    }
    if is_atomic:
        options["transactional.id"] = f"{settings.app_id}-baselines-{config_id}"
        options["transaction.timeout.ms"] = _TRANSACTION_MS
    return options


def _produce(producer: Producer, topic: str, key: bytes, value: bytes, on_delivery: Any) -> None:
    """Produce one record; waits while the queue is full."""
    while True:
        try:
            producer.produce(topic, value, key, partition=0, on_delivery=on_delivery)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
