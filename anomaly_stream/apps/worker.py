"""The only place that builds adapters: from settings to a running worker."""

import gc
import logging

import faust
from prometheus_client import CollectorRegistry

from anomaly_stream.engine.plan.plan import Plan, compile_plan
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.groups.plan import GroupPlan, compile_groups
from anomaly_stream.kafka.config_feed import ConfigFeed
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topics import TopicNames, check_topics
from anomaly_stream.ops.health import Health
from anomaly_stream.ops.http import serve
from anomaly_stream.ops.metrics import Telemetry
from anomaly_stream.pipeline.warm_up import compile_kernels
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from anomaly_stream.stream.app import build_app
from anomaly_stream.stream.faust_hooks import check_hooks

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM; never returns, but by SystemExit.

    Raises:
        TopicError: a topic is missing or of the wrong shape.
        BrokerError: Kafka cannot be reached.
        AnomalyStreamError: metrics and health cannot be served, or the worker cannot go on; a supervisor
            starts it again.
    """
    check_hooks()
    telemetry = Telemetry(CollectorRegistry())
    health = Health(settings.worker.stall_timeout_s)
    serve(settings.metrics.host, settings.metrics.port, telemetry.registry, health)
    check_topics(settings)
    compile_kernels()
    names = TopicNames.of(settings)
    registry = read_configs(settings)
    epochs = TopicGenerations(settings)
    sources = list(epochs.of(names.sources).items())
    plan, groups = plan_of(registry, settings), groups_of(registry, settings)
    app, worker = build_app(settings, epochs, sources, plan, groups, telemetry)
    feed = ConfigFeed(
        names.configs,
        settings.kafka.aiokafka_options(),
        registry,
        telemetry,
        lambda changed: worker.rebind(plan_of(changed, settings), groups_of(changed, settings)),
    )
    app.task(feed.run)
    app.task(_freeze_heap)
    health.watch(worker)
    app.task(health.beat)
    worker_process = faust.Worker(app, loglevel=settings.log_level, redirect_stdouts=False)
    try:
        worker_process.execute_from_commandline()
    finally:
        _raise_reason(worker_process.crash_reason)


def _raise_reason(reason: BaseException | None) -> None:
    """Raise what a worker crashed by, so that its last line says so and its exit code is not 0."""
    if isinstance(reason, AnomalyStreamError):
        raise reason
    if reason is not None:
        raise AnomalyStreamError(f"the worker ended by {reason!r}; the log above says where") from reason


def plan_of(registry: Registry, settings: Settings) -> Plan:
    """The plan of the configs in force."""
    return compile_plan(registry.configs(), settings.severity.bands())


def groups_of(registry: Registry, settings: Settings) -> GroupPlan:
    """The plan of the groups in force."""
    return compile_groups(registry.groups(), settings.severity.bands())


async def _freeze_heap() -> None:
    """Tame the garbage collector: its full passes would walk Faust's whole heap, again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
