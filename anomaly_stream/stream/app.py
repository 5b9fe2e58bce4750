"""The Faust app of a worker: it delivers columns, checkpoints where Faust commits, and ends the process."""

import os
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from faust.serializers.schemas import Schema

from anomaly_stream.kafka.topics import STATE_TABLE, TopicNames
from anomaly_stream.ops.logs import report_end
from anomaly_stream.settings import Settings
from anomaly_stream.stream.faust_hooks.consumer import HookedApp
from anomaly_stream.stream.faust_settings import faust_settings
from anomaly_stream.stream.state.table import StateTable
from anomaly_stream.stream.transport import ColumnarConsumer, ColumnarTransport, Durability

#: How long Faust may take to stop after the last checkpoint.
_EXIT_S = 6.0


class WorkerApp(HookedApp):
    """A Faust app whose consumer delivers columns and whose commits are checkpoints.

    Attributes:
        durability: the owner of the state.
        topic_generations: by source topic, the generation whose offsets are valid.
    """

    durability: Durability | None = None
    topic_generations: Mapping[str, int] = MappingProxyType({})
    _exit_timer: threading.Timer | None = None

    @staticmethod
    def of(settings: Settings) -> "WorkerApp":
        """The app that ``settings`` describe; its data directory is created."""
        (settings.data_dir / settings.app_id).mkdir(parents=True, exist_ok=True)
        return WorkerApp(TopicNames.of(settings).app_id, **faust_settings(settings))

    def state_table(self, partitions: int) -> StateTable:
        """Register the table that holds the state."""
        table: StateTable = self.Table(
            STATE_TABLE, key_type=bytes, value_type=bytes, partitions=partitions, schema=_ColumnsSchema()
        )
        return table

    def source_topic(self, names: list[str]) -> Any:
        """The source topics as one Faust topic, for an agent."""
        return self.topic(*names, schema=_ColumnsSchema())

    def create_transport(self) -> ColumnarTransport:
        """A transport whose consumer delivers columns."""
        return ColumnarTransport(self.conf.broker_consumer, self)

    def prepare_consumer(self, consumer: ColumnarConsumer) -> None:
        """Connect the consumer with the owner of the state."""
        consumer.durability = self.durability
        consumer.topic_generations = self.topic_generations

    async def before_consumer_stops(self, consumer: ColumnarConsumer | None) -> None:
        """Checkpoint before Faust closes RocksDB and commits again."""
        if consumer is not None and self.durability is not None:
            consumer.stop_flow()
            await self.durability.release()
        self._limit_exit_time()

    async def crash(self, reason: BaseException) -> None:
        """End the process with this reason."""
        self._limit_exit_time()
        await super().crash(reason)

    def _limit_exit_time(self) -> None:
        """End the process after a time limit, even if Faust or a client waits for a broker indefinitely.

        This loses nothing: by then the state is durable, or its records will be read again.
        """
        if self._exit_timer is None:
            self._exit_timer = threading.Timer(_EXIT_S, self._end_process)
            self._exit_timer.daemon = True
            self._exit_timer.start()

    def _end_process(self) -> None:
        reason = self.crash_reason
        if reason is not None:
            report_end(str(reason))
        os._exit(0 if reason is None else 1)


class _ColumnsSchema(Schema):  # type: ignore[misc]
    """The value is the columns themselves, so nothing is left to decode."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        return message.value
