"""The compacted configs topic, for readers: read to the end, follow.

Every process reads the whole topic, outside any consumer group.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import Consumer, Message, TopicPartition

from anomaly_stream.detectors.registry import KINDS, NAMES
from anomaly_stream.errors import BrokerError
from anomaly_stream.groups.detectors.registry import NAMES as GROUP_DETECTORS
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import consume, is_end, new_consumer, partitions_of, records_of
from anomaly_stream.kafka.publish import publish
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model.commands import SeriesCommand
from anomaly_stream.registry.registry import Registry
from anomaly_stream.registry.series_command import encode_command, is_command_key
from anomaly_stream.registry.validation_context import ValidationContext
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

AUTHOR_HEADER = "author"
"""The header of a deletion with its author, because a tombstone has no value."""


@dataclass(frozen=True, slots=True)
class ConfigUpdate:
    """The configs in force after some more records of the configs topic.

    Attributes:
        registry: the configs in force.
        changed: whether they differ from those before.
        refused: number of records among them that are not valid configs.
        next_offset: the offset after the last record read.
        deleted_by: the author of each deletion among them, by config id, where it is known.
    """

    registry: Registry
    changed: bool
    refused: int
    next_offset: int
    deleted_by: Mapping[str, str]


def config_context(settings: Settings) -> ValidationContext:
    """The settings of this process that the validation of a config depends on."""
    return ValidationContext(NAMES, settings.severity.bands(), KINDS, GROUP_DETECTORS)


def read_configs(settings: Settings, until: int | None = None) -> Registry:
    """All configs in force: reads the topic from its start to its end. ``refused`` has the invalid records.

    With ``until``, those that were in force before this offset, as far as compaction has left their records.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """
    topic = TopicNames.of(settings).configs
    faults = ConnectionFaults()
    consumer = new_consumer(settings, settings.app_id, faults, enable_partition_eof=True)
    try:
        unread = _assign_all(consumer, topic, faults)
        generation = TopicGenerations(settings).current([topic])[topic]
        registry = Registry(config_context(settings), generation=generation)
        while unread:
            messages = consume(consumer, TIMEOUT_S)
            if not messages:
                raise BrokerError(
                    f"Kafka did not answer for {TIMEOUT_S:g} s: {str(faults) or 'no error reported'}"
                )
            unread -= sum(is_end(message) for message in messages)
            found = [each for each in records_of(messages) if until is None or each.offset() < until]
            registry = apply_messages(registry, found).registry
    finally:
        consumer.close()
    return registry


def follow_configs(
    settings: Settings, registry: Registry, stopped: threading.Event
) -> Iterator[ConfigUpdate]:
    """Yields the changes after ``registry``, each within a second; ends once ``stopped`` is set.

    It reads from the start of the topic: records that ``registry`` includes change nothing. The log has
    refused records and warnings, first those of ``registry``, and says why while Kafka cannot be reached. It
    blocks, so it needs a thread.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached at the start, or an error is permanent.
    """
    topic = TopicNames.of(settings).configs
    _log_new(topic, Registry(registry.context), registry)
    faults = ConnectionFaults()
    consumer = new_consumer(settings, settings.app_id, faults)
    try:
        _assign_all(consumer, topic, faults)
        while not stopped.is_set():
            if records := records_of(consume(consumer)):
                update = apply_messages(registry, records)
                _log_new(topic, registry, update.registry)
                registry = update.registry
                yield update
            faults.report(consumer)
    finally:
        consumer.close()


def publish_commands(settings: Settings, commands: Iterable[SeriesCommand]) -> None:
    """Publish series commands; returns when all are acknowledged. Raises BrokerError."""
    publish(settings, TopicNames.of(settings).configs, [encode_command(command) for command in commands])


def _assign_all(consumer: Consumer, topic: str, faults: ConnectionFaults) -> int:
    """Read all partitions from their start; returns how many there are."""
    numbers = partitions_of(consumer, topic, faults)
    consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
    return len(numbers)


def messages_of(messages: Sequence[Message]) -> Iterator[tuple[bytes | None, bytes | None, int]]:
    """Key, value and offset of each record."""
    return ((message.key(), message.value(), message.offset()) for message in messages)


def apply_messages(registry: Registry, messages: Sequence[Message]) -> ConfigUpdate:
    """The configs in force after further records of the topic."""
    after, refused = registry.apply_all(messages_of(messages))
    return ConfigUpdate(
        after,
        (registry.configs(), registry.groups()) != (after.configs(), after.groups()),
        refused,
        messages[-1].offset() + 1 if messages else after.next_offset,
        {_text(message.key()): _author(message) for message in messages if message.value() is None},
    )


def _author(message: Message) -> str:
    return next((_text(value) for name, value in message.headers() or () if name == AUTHOR_HEADER), "")


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def _log_new(topic: str, before: Registry, after: Registry) -> None:
    """Log what of ``after`` is refused or warned of, and was not so in ``before``."""
    for config_id, error in after.refused.items():
        if before.refused.get(config_id) is not error:
            if is_command_key(config_id.encode()):
                logger.error("A series command on %s is refused, and has no effect: %s", topic, error)
                continue
            logger.error(
                "Config %r on %s is refused, and what was in force stays so until the next start: %s. "
                "Apply a corrected config, or run `anomaly-stream configs delete %s`",
                config_id, topic, error, config_id,
            )  # fmt: skip
    for record in after:
        if before.records.get(record.config.id) != record:
            for warning in record.warnings:
                logger.warning("Config %r: %s", record.config.id, warning)
