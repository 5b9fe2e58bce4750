"""The Faust app of a worker: agents, table and transport, put together."""

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faust.serializers.schemas import Schema

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topics import STATE_TABLE, TopicNames
from anomaly_stream.ops.metrics import Telemetry
from anomaly_stream.settings import Settings
from anomaly_stream.stream.agent import follow_stream
from anomaly_stream.stream.faust_hooks.aiokafka_records import producer_of
from anomaly_stream.stream.faust_hooks.consumer import HookedApp
from anomaly_stream.stream.faust_hooks.tables import TableManagerWithoutRecovery
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.partitions.loader import PartitionLoader
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.state.changelog import ChangelogWriter, FencedChangelog, OpenChangelog
from anomaly_stream.stream.state.checkpoint import CheckpointChain
from anomaly_stream.stream.state.recovery import ChangelogRecovery
from anomaly_stream.stream.state.table import StateTable
from anomaly_stream.stream.transport import ColumnarConsumer, ColumnarTransport
from anomaly_stream.stream.wire.fetcher_patch import install
from anomaly_stream.stream.worker import StreamWorker

#: How long Faust may take to stop once the last checkpoint is done.
_LEAVE_S = 6.0
_BATCH_BYTES = 512 * 1024
_REQUEST_BYTES = 8 * 2**20
_REQUEST_TIMEOUT_S = 90.0
#: How long a broker holds a dead owner's open transaction if no new owner comes.
_TRANSACTION_TIMEOUT_MS = 300_000
#: A broker that starts can answer that there are no topics. A group assigned by that answer holds nothing
#: until its leader asks again; by default that is 5 minutes later.
_METADATA_MS = 10_000


class WorkerApp(HookedApp):
    """A Faust app whose consumer delivers columns and whose commits are checkpoints."""

    durability: StreamWorker | None = None
    topic_generations: Mapping[str, int] = MappingProxyType({})
    _exit: threading.Timer | None = None

    def create_transport(self) -> ColumnarTransport:
        """A transport whose consumer delivers columns."""
        return ColumnarTransport(self.conf.broker_consumer, self)

    def prepare_consumer(self, consumer: ColumnarConsumer) -> None:
        """Tell the consumer who owns the state, and the generations of the topics."""
        consumer.durability = self.durability
        consumer.topic_generations = self.topic_generations

    async def before_consumer_stops(self, consumer: ColumnarConsumer | None) -> None:
        """Checkpoint before Faust closes RocksDB and commits once more."""
        if consumer is not None and self.durability is not None:
            consumer.stop_flow()
            await self.durability.release()
        self._leave_soon()

    async def crash(self, reason: BaseException) -> None:
        """End the process with this reason."""
        self._leave_soon()
        await super().crash(reason)

    def _leave_soon(self) -> None:
        """See to it that the process ends, even where Faust or a client waits for ever for a broker.

        Nothing is lost by it: what counts is durable by then, or comes again.
        """
        if self._exit is None:
            self._exit = threading.Timer(_LEAVE_S, self._leave)
            self._exit.daemon = True
            self._exit.start()

    def _leave(self) -> None:
        reason = self.crash_reason
        if reason is not None:
            print(f"anomaly-stream: {reason}", file=sys.stderr, flush=True)
        os._exit(0 if reason is None else 1)


class _ColumnsSchema(Schema):  # type: ignore[misc]
    """The value is the columns themselves: nothing is left to decode."""

    def loads_key(self, app: Any, message: Any, **_: Any) -> Any:
        return message.key

    def loads_value(self, app: Any, message: Any, **_: Any) -> Any:
        return message.value


def build_app(
    settings: Settings,
    epochs: TopicGenerations,
    sources: Sequence[tuple[str, int]],
    plan: Plan,
    groups: GroupPlan,
    telemetry: Telemetry,
) -> tuple[WorkerApp, StreamWorker]:
    """The app and the worker it carries; ``sources`` are the source topics with their ``epochs``."""
    names = TopicNames.of(settings)
    (settings.data_dir / settings.app_id).mkdir(parents=True, exist_ok=True)
    install({*(topic for topic, _ in sources), names.changelog})
    app = WorkerApp(names.app_id, **_faust_settings(settings))
    table = app.Table(
        STATE_TABLE,
        key_type=bytes,
        value_type=bytes,
        partitions=settings.topics.partitions,
        schema=_ColumnsSchema(),
    )
    publisher = Publisher(lambda: producer_of(app), settings.worker.output_buffer)
    changelog = _changelog(settings, names.changelog, publisher)
    budget = Budget(settings.worker.max_series, settings.worker.max_state_bytes)
    worker = StreamWorker(
        app,
        PartitionLoader(table, _recovery(settings, names.changelog, table), sources, names.groups, budget),
        publisher,
        changelog,
        CheckpointChain(
            app,
            table,
            publisher,
            changelog,
            names.changelog,
            sources,
            lambda: epochs.of(names.sources),
            telemetry,
        ),
        names,
        plan,
        groups,
        telemetry,
        Gauges(telemetry, budget),
        slice_records=settings.worker.slice_records,
        release_timeout_s=settings.worker.release_timeout_s,
    )
    app.durability = worker
    app.topic_generations = dict(sources)
    table.on_recover(worker.load_partitions)
    app.task(publisher.run)

    topic = app.topic(*(topic for topic, _ in sources), schema=_ColumnsSchema())

    @app.agent(topic, name="observations")  # type: ignore[untyped-decorator]
    async def observations(stream: Any) -> None:
        await follow_stream(worker, app, stream)

    return app, worker


def _changelog(settings: Settings, topic: str, publisher: Publisher) -> ChangelogWriter:
    if settings.worker.fencing == "off":
        return OpenChangelog(topic, publisher)

    def producer(transactional_id: str) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **settings.kafka.aiokafka_options(),
            transactional_id=transactional_id,
            transaction_timeout_ms=_TRANSACTION_TIMEOUT_MS,
            request_timeout_ms=int(_REQUEST_TIMEOUT_S * 1000),
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            compression_type="lz4",
        )

    return FencedChangelog(topic, producer, publisher)


def _recovery(settings: Settings, topic: str, table: StateTable) -> ChangelogRecovery:
    def consumer() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **settings.kafka.aiokafka_options(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=settings.worker.fetch_bytes,
            request_timeout_ms=int(_REQUEST_TIMEOUT_S * 1000),
        )

    return ChangelogRecovery(topic, consumer, table.data)


def _faust_settings(settings: Settings) -> dict[str, Any]:
    """Faust's settings; what each guards against stands in the architecture page."""
    worker = settings.worker
    return {
        "broker": [f"kafka://{server}" for server in settings.kafka.servers],
        "broker_credentials": settings.kafka.faust_credentials(),
        "datadir": str(settings.data_dir / settings.app_id),
        "store": "rocksdb://",
        "Table": StateTable,
        "TableManager": TableManagerWithoutRecovery,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": worker.fetch_bytes,
        "consumer_metadata_max_age_ms": _METADATA_MS,
        "broker_commit_interval": worker.checkpoint_interval_s,
        "broker_commit_every": 2**40,
        "broker_session_timeout": worker.session_timeout_s,
        "broker_heartbeat_interval": worker.session_timeout_s / 4,
        "broker_rebalance_timeout": max(120.0, worker.session_timeout_s),
        "broker_request_timeout": max(90.0, worker.session_timeout_s + 5),
        "broker_max_poll_interval": 86_400.0,
        "broker_max_poll_records": 64,
        "stream_buffer_maxsize": 8,
        "stream_wait_empty": False,
        "producer_acks": -1,
        "producer_linger": 0.01,
        "producer_max_batch_size": _BATCH_BYTES,
        "producer_max_request_size": _REQUEST_BYTES,
        "producer_compression_type": "lz4",
        "producer_request_timeout": _REQUEST_TIMEOUT_S,
        "table_standby_replicas": 0,
        "worker_redirect_stdouts": False,
    }
