"""Consumers of whole topics, and the conversion of their errors."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults, metadata_of
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

POLL_S = 0.2
"""How long one read of a followed topic waits for its first record."""
_RETRY_S = 0.05
NO_LEADER = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.FENCED_LEADER_EPOCH,
    }
)
"""Codes of errors that pass once the client knows the leader of a partition."""


def new_consumer(settings: Settings, group: str, faults: ConnectionFaults, **options: Any) -> Consumer:
    """A consumer that reads from the earliest offset, commits on request only, and must be closed.

    Args:
        settings: how to reach Kafka.
        group: the consumer group; unused by a consumer that is assigned its partitions.
        faults: receives what fails when the consumer connects.
        options: of librdkafka, with underscores for dots.
    """
    return Consumer(
        {
            **settings.kafka.client_options(),
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            **faults.options(),
            **{name.replace("_", "."): value for name, value in options.items()},
        }
    )


def partitions_of(consumer: Consumer, topic: str, faults: ConnectionFaults) -> list[int]:
    """The partition numbers of ``topic``. ``faults`` are those of ``consumer``.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    metadata = metadata_of(consumer, faults, TIMEOUT_S, topic).topics[topic]
    if metadata.error is not None:
        raise TopicError(f"topic {topic} does not exist: run `anomaly-stream topics create`")
    return sorted(metadata.partitions)


def consume(consumer: Consumer, timeout_s: float = POLL_S, limit: int = 500) -> list[Message]:
    """The records and errors that have arrived; waits up to ``timeout_s`` for the first. Raises BrokerError.

    ``Consumer.consume`` with a timeout would wait until there are ``limit`` of them.
    """
    with broker_errors():
        first = consumer.poll(timeout_s)
        return [] if first is None else [first, *consumer.consume(limit, timeout=0)]


def is_end(message: Message) -> bool:
    """Whether the message says that its partition is read to the end; needs ``enable_partition_eof``."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


def records_of(messages: Sequence[Message]) -> list[Message]:
    """The messages that are records. Errors that librdkafka recovers from by itself are logged.

    Raises:
        BrokerError: an error is fatal.
    """
    for message in messages:
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            continue
        if error.fatal():
            raise BrokerError(f"Kafka cannot be read: {error.str()}")
        logger.warning("Reading from Kafka is interrupted: %s", error.str())
    return [message for message in messages if message.error() is None]


def asked(question: Callable[[], Answer]) -> Answer:
    """The answer of a broker on a partition, asked again while the partition has no leader.

    Raises BrokerError.
    """
    deadline = time.monotonic() + TIMEOUT_S
    with broker_errors():
        while True:
            try:
                return question()
            except KafkaException as error:
                if error.args[0].code() not in NO_LEADER or time.monotonic() > deadline:
                    raise
            time.sleep(_RETRY_S)


@contextmanager
def broker_errors() -> Iterator[None]:
    """Convert a KafkaException in this context to BrokerError."""
    try:
        yield
    except KafkaException as error:
        raise BrokerError(f"Kafka cannot be reached, or refused: {error.args[0].str()}") from None
