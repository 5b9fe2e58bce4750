"""A worker process. Only this module builds its adapters from the settings."""

import logging
from functools import partial
from typing import Any

import faust
from prometheus_client import CollectorRegistry

from anomaly_stream import __version__
from anomaly_stream.alerts.wording import plural
from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.engine.loaded_baselines import BaselineSource
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topic_setup import check_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.kafka.transactions import TransactionalWriter
from anomaly_stream.ops.compilation import compile_kernels
from anomaly_stream.ops.health import Health
from anomaly_stream.ops.http import serve
from anomaly_stream.ops.interpreter import tune_interpreter
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.settings import Settings
from anomaly_stream.stream.agent import attach_agent
from anomaly_stream.stream.app import WorkerApp
from anomaly_stream.stream.baselines import BaselineFollower, open_database
from anomaly_stream.stream.config_follower import ConfigFollower
from anomaly_stream.stream.faust_hooks import check_hooks
from anomaly_stream.stream.faust_hooks.aiokafka_records import producer_of
from anomaly_stream.stream.faust_hooks.library_logs import silence_false_alarms
from anomaly_stream.stream.faust_settings import changelog_consumer
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.partitions.loader import PartitionLoader
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.series_commands import SeriesCommands
from anomaly_stream.stream.state.baseline_store import BaselineDatabase
from anomaly_stream.stream.state.changelog import ChangelogWriter, FencedChangelog, OpenChangelog
from anomaly_stream.stream.state.checkpoint import CheckpointChain
from anomaly_stream.stream.state.recovery import ChangelogRecovery
from anomaly_stream.stream.status import StatusReports
from anomaly_stream.stream.transport import columnar_consumer
from anomaly_stream.stream.wire.fetcher_patch import install
from anomaly_stream.stream.worker import StreamWorker

logger = logging.getLogger(__name__)


def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM. It ends with SystemExit.

    Raises:
        TopicError: a topic is missing or has the wrong shape.
        BrokerError: Kafka cannot be reached.
        AnomalyStreamError: Faust or aiokafka is not a supported release, metrics and health cannot be served,
            or the worker cannot continue; a supervisor restarts it.
    """
    check_hooks()
    metrics = WorkerMetrics(CollectorRegistry())
    health = Health(settings.worker.stall_timeout_s, works="the state is recovered and partitions are held")
    serve(settings.metrics.host, settings.metrics.port, metrics.registry, health)
    check_topics(settings)
    compile_kernels()
    registry = read_configs(settings)
    logger.info(
        "anomaly-stream %s starts as a member of group %s on %s, with %s in force",
        __version__,
        settings.app_id,
        settings.kafka.bootstrap_servers,
        plural(len(registry), "config"),
    )
    generations = TopicGenerations(settings)
    names = TopicNames.of(settings)
    database = open_database(settings, generations.current([names.baselines])[names.baselines])
    baselines = BaselineFollower(settings, database, metrics)
    baselines.catch_up()
    follower = ConfigFollower(settings, registry, metrics)
    app, worker = build_worker(settings, follower, metrics, generations, database)
    health.watch(worker)
    reports = _status_reports(settings, app, worker)

    @app.task  # type: ignore[untyped-decorator]
    async def configs() -> None:
        await follower.follow(worker, reports)

    app.task(reports.run)

    @app.task  # type: ignore[untyped-decorator]
    async def loaded_baselines() -> None:
        await baselines.follow(worker)

    @app.task  # type: ignore[untyped-decorator]
    async def tune() -> None:
        tune_interpreter()

    app.task(health.beat)
    silence_false_alarms()
    worker_process = faust.Worker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    worker_process.spinner = None  # it would write to standard output
    run_to_its_end(worker_process)


def build_worker(
    settings: Settings,
    configs: ConfigFollower,
    metrics: WorkerMetrics,
    generations: TopicGenerations,
    database: BaselineDatabase,
) -> tuple[WorkerApp, StreamWorker]:
    """The Faust app, and the worker that it runs."""
    names = TopicNames.of(settings)
    checked = (*names.sources, names.baselines)
    found = generations.current(checked)
    sources = [(name, found[name]) for name in names.sources]
    baselines = BaselineSource((names.baselines, found[names.baselines]), database)
    install({*names.sources, names.changelog})
    app = WorkerApp.of(settings)
    table = app.state_table(settings.topics.partitions)
    publisher = Publisher(lambda: producer_of(app), settings.worker.output_buffer)
    changelog = _changelog(settings, names.changelog, publisher)
    recovery = ChangelogRecovery(names.changelog, partial(changelog_consumer, settings), table.data)
    budget = Budget(settings.worker.max_series, settings.worker.max_state_bytes)
    gauges = Gauges(metrics, budget)
    worker = StreamWorker(
        app,
        PartitionLoader(
            table,
            recovery,
            sources,
            names.groups,
            configs.past if settings.worker.configs_after_crash == "same" else None,
            lambda *partitions: columnar_consumer(app).highwaters(*partitions),
            budget,
            names.formats,
            settings.worker.max_ahead_s,
            baselines,
            settings.worker.max_open_alerts,
        ),
        publisher,
        changelog,
        CheckpointChain(
            app,
            table,
            publisher,
            changelog,
            names.changelog,
            list(found.items()),
            partial(generations.current, checked),
            metrics,
        ),
        names,
        configs.in_force,
        metrics,
        gauges,
        SeriesCommands(metrics),
        slice_records=settings.worker.slice_records,
        release_timeout_s=settings.worker.release_timeout_s,
    )
    app.durability = worker
    app.topic_generations = dict(sources)
    table.on_recover(worker.load_partitions)
    app.task(publisher.run)
    app.task(worker.save_loaded)

    @app.task  # type: ignore[untyped-decorator]
    async def reports() -> None:
        await gauges.run(worker.held, worker.progress)

    @app.task  # type: ignore[untyped-decorator]
    async def heartbeats() -> None:
        await worker.heartbeats.run(worker.held, worker.checkpoint)

    attach_agent(app, worker.slices, list(names.sources))
    return app, worker


def _changelog(settings: Settings, topic: str, publisher: Publisher) -> ChangelogWriter:
    if settings.worker.fencing == "off":
        return OpenChangelog(topic, publisher)
    return FencedChangelog(topic, partial(TransactionalWriter, settings.kafka, topic), publisher)


def _status_reports(settings: Settings, app: WorkerApp, worker: StreamWorker) -> StatusReports:
    topic = TopicNames.of(settings).status

    async def send(key: bytes, value: bytes) -> None:
        await producer_of(app).send_and_wait(topic, value, key, partition=0)

    return StatusReports(worker.held, send, settings.worker.status_interval_s)


def run_to_its_end(process: Any) -> None:
    """Run the process of Faust. It ends with SystemExit.

    Raises:
        AnomalyStreamError: it cannot continue, or could not start.
    """
    try:
        process.execute_from_commandline()
    except SystemExit as end:
        _raise_reason(process.crash_reason or end.__context__)  # what fails in the start is no crash to Faust
        raise
    finally:
        logger.info("The worker has stopped")


def _raise_reason(reason: BaseException | None) -> None:
    """Raise the error that crashed the worker, so that the last line names it and the exit code is not 0."""
    if isinstance(reason, AnomalyStreamError):
        raise reason
    if reason is not None:
        raise AnomalyStreamError(
            f"the worker crashed with {reason!r}; the log above has the traceback"
        ) from reason
