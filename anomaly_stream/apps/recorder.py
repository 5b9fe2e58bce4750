"""A process that writes the history, and the same as a thread of another process."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from prometheus_client import CollectorRegistry

from anomaly_stream import __version__
from anomaly_stream.errors import SettingsError
from anomaly_stream.history.database import database_url, history_file
from anomaly_stream.history.recorder import Recorder
from anomaly_stream.history.source import TopicsSource
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.value_filler import ValueFiller
from anomaly_stream.history.value_queue import ValueQueue
from anomaly_stream.kafka.alert_values import values_before
from anomaly_stream.kafka.silences_topic import silences_view
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.ops.health import Health
from anomaly_stream.ops.history_metrics import HistoryMetrics, RecorderMetrics
from anomaly_stream.ops.http import serve
from anomaly_stream.settings import Settings
from anomaly_stream.silences.silence import Silence

logger = logging.getLogger(__name__)

_STALL_S = 180.0


def run_recorder(settings: Settings) -> None:
    """Write the history until SIGTERM or SIGINT. While the database or Kafka is down it waits.

    Raises:
        SettingsError: there is to be no history.
        TopicError: a topic is missing.
        BrokerError: Kafka cannot be reached at the start.
        AnomalyStreamError: metrics and health cannot be served.
    """
    if settings.history.recorder == "off":
        raise SettingsError("history.recorder is off: set it to separate")
    metrics, health = RecorderMetrics(CollectorRegistry()), Health(_STALL_S, works="the topics are recorded")
    serve(
        settings.metrics.host, settings.history.metrics_port, metrics.registry, health, "history.metrics_port"
    )
    with silences_view(settings) as silences:
        _record(build_recorder(settings, metrics.history, lambda: silences.current().all()), health)
    logger.info("The recorder has stopped")


def _record(recorder: Recorder, health: Health) -> None:
    health.add_check(recorder.check, required=True)
    health.watch(recorder)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    recorder.run(stopped, health.beat_once)


@contextmanager
def recording(
    settings: Settings, metrics: HistoryMetrics, health: Health, silences: Callable[[], Sequence[Silence]]
) -> Iterator[None]:
    """Write the history in a thread during this context. Raises TopicError, BrokerError."""
    recorder = build_recorder(settings, metrics, silences)
    health.add_check(recorder.check, required=False)
    stopped = threading.Event()
    thread = threading.Thread(target=recorder.run, args=(stopped,), name="recorder", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def build_recorder(
    settings: Settings, metrics: HistoryMetrics, silences: Callable[[], Sequence[Silence]]
) -> Recorder:
    """The recorder of the settings, not running. Raises TopicError, BrokerError, SettingsError."""
    url = database_url(settings)
    if settings.history.url is None:
        history_file(settings).parent.mkdir(parents=True, exist_ok=True)
    store = HistoryStore(url)
    TopicsSource(settings).close()  # reports at once what the recorder could only log
    count = settings.history.alert_values
    logger.info("anomaly-stream %s records the history in %s", __version__, store.name)
    return Recorder(
        TopicNames.of(settings),
        partial(TopicsSource, settings),
        store,
        metrics,
        settings.history.keep_days,
        silences,
        ValueFiller(ValueQueue(url), partial(values_before, settings, count=count), metrics)
        if count
        else None,
    )
