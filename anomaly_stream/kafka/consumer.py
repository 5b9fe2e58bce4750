"""Consumers of whole topics, and the conversion of their errors."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.connection import ConnectionFaults, metadata_of
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

TIMEOUT_S = 15.0
"""How long Kafka may take to answer a request."""


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
            "error_cb": faults,
            **{name.replace("_", "."): value for name, value in options.items()},
        }
    )


def partitions_of(consumer: Consumer, topic: str, faults: ConnectionFaults) -> list[int]:
    """The partition numbers of ``topic``. ``faults`` is the ``error_cb`` of ``consumer``.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    metadata = metadata_of(consumer, faults, TIMEOUT_S, topic).topics[topic]
    if metadata.error is not None:
        raise TopicError(f"topic {topic} does not exist: run `anomaly-stream topics create`")
    return sorted(metadata.partitions)


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


@contextmanager
def broker_errors() -> Iterator[None]:
    """Convert a KafkaException in this context to BrokerError."""
    try:
        yield
    except KafkaException as error:
        raise BrokerError(f"Kafka cannot be reached, or refused: {error.args[0].str()}") from None
