"""The compacted configs topic, for processes that read it once or write to it."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from anomaly_stream.detectors.registry import KINDS, NAMES
from anomaly_stream.errors import BrokerError, ConfigError, TopicError
from anomaly_stream.groups.detectors.registry import NAMES as GROUP_DETECTORS
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.registry.registry import ConfigRecord, Registry, encode_record
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

_TIMEOUT_S = 15.0


def config_context(settings: Settings) -> ValidationContext:
    """What validating a config needs to know of this process."""
    return ValidationContext(NAMES, settings.severity.bands(), KINDS, GROUP_DETECTORS)


def read_configs(settings: Settings) -> Registry:
    """All configs in force, read from the topic's start to its end, outside any group.

    A record that is no config is logged and passed over: the config in force stays.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    registry = Registry(config_context(settings))
    topic = TopicNames.of(settings).configs
    for message in _messages_to_the_end(settings, topic):
        try:
            registry = registry.apply(message.key(), message.value(), message.offset())
        except ConfigError as error:
            logger.warning("Config %r on %s is passed over: %s", message.key(), topic, error)
    return registry


def publish_configs(settings: Settings, records: Iterable[ConfigRecord]) -> None:
    """Put ``records`` on the topic; returns when all are acknowledged. Raises BrokerError."""
    _publish(settings, [encode_record(record) for record in records])


def delete_configs(settings: Settings, config_ids: Iterable[str]) -> None:
    """Put a tombstone for each id on the topic; returns when all are acknowledged. Raises BrokerError."""
    _publish(settings, [(config_id.encode(), None) for config_id in config_ids])


def _messages_to_the_end(settings: Settings, topic: str) -> Iterator[Message]:
    consumer = Consumer(
        {
            **settings.kafka.client_options(),
            "log_level": 0,
            "group.id": settings.app_id,  # the library asks for one; nothing is committed to it
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        metadata = consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
        if metadata.error is not None:
            raise TopicError(f"topic {topic} does not exist: run `anomaly-stream topics create`")
        consumer.assign([TopicPartition(topic, number, 0) for number in metadata.partitions])
        yield from _until_all_end(consumer, len(metadata.partitions))
    except KafkaException as error:
        raise BrokerError(f"Kafka cannot be reached: {error.args[0].str()}") from None
    finally:
        consumer.close()


def _until_all_end(consumer: Consumer, open_partitions: int) -> Iterator[Message]:
    while open_partitions:
        message = consumer.poll(_TIMEOUT_S)
        if message is None:
            raise BrokerError(f"Kafka gave no answer for {_TIMEOUT_S:g} s")
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            open_partitions -= 1
        else:
            raise KafkaException(error)


def _publish(settings: Settings, records: list[tuple[bytes, bytes | None]]) -> None:
    failures: list[str] = []

    def note(error: Any, _: Message) -> None:
        if error is not None:
            failures.append(error.str())

    producer = Producer(
        {**settings.kafka.client_options(), "log_level": 0, "acks": "all", "message.timeout.ms": 15_000}
    )
    topic = TopicNames.of(settings).configs
    for key, value in records:
        producer.produce(topic, value, key, on_delivery=note)
    left = producer.flush(_TIMEOUT_S + 5)
    if failures or left:
        reasons = ", ".join(sorted(set(failures))) or "no answer"
        raise BrokerError(f"{len(failures) + left} of {len(records)} configs were not published: {reasons}")
