"""Follows the compacted configs topic, so that a running worker takes changes within a second."""

from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from mode.utils.logging import get_logger

from anomaly_stream.errors import ConfigError
from anomaly_stream.ops.metrics import Telemetry
from anomaly_stream.registry.registry import Registry

logger = get_logger(__name__)


class ConfigFeed:
    """The configs in force; ``on_change`` is called with the new registry whenever they change.

    Every worker reads the whole topic, outside the consumer group.
    """

    def __init__(
        self,
        topic: str,
        client_options: dict[str, Any],
        registry: Registry,
        telemetry: Telemetry,
        on_change: Callable[[Registry], None],
    ) -> None:
        self._topic = topic
        self._client_options = client_options
        self._registry = registry
        self._telemetry = telemetry
        self._on_change = on_change

    async def run(self) -> None:
        """Follow the topic for ever, from its start on: what is known already changes nothing."""
        consumer = AIOKafkaConsumer(
            **self._client_options, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            partitions = await self._partitions(consumer)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            while True:
                batches = await consumer.getmany(timeout_ms=500)
                self._take([record for batch in batches.values() for record in batch])
        finally:
            await consumer.stop()

    async def _partitions(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        await consumer._client.set_topics([self._topic])
        return [
            TopicPartition(self._topic, partition)
            for partition in consumer.partitions_for_topic(self._topic) or ()
        ]

    def _take(self, records: list[Any]) -> None:
        registry = self._registry
        for record in records:
            try:
                registry = registry.apply(record.key, record.value, record.offset)
            except ConfigError as error:  # the config in force stays
                self._telemetry.config_faults.inc()
                logger.error("Config %r on %s is passed over: %s", record.key, self._topic, error)
        changed = (registry.configs(), registry.groups()) != (
            self._registry.configs(),
            self._registry.groups(),
        )
        self._registry = registry
        if changed:
            self._on_change(registry)
        if records:
            self._telemetry.config_offset.set(records[-1].offset + 1)
