"""A process that delivers alerts to people and systems."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from confluent_kafka import TopicPartition
from prometheus_client import CollectorRegistry

from anomaly_stream import __version__
from anomaly_stream.errors import SettingsError
from anomaly_stream.kafka.alerts_topic import AlertsReader
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import broker_errors, new_consumer, partitions_of
from anomaly_stream.kafka.silences_topic import silences_view
from anomaly_stream.kafka.topics import TopicNames, topic_specs
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import ValuesBefore
from anomaly_stream.notify.delivery import Dispatcher
from anomaly_stream.notify.dispatch import RetryPolicy
from anomaly_stream.notify.guarded_http import Guard, GuardedClient
from anomaly_stream.notify.journal import Journal
from anomaly_stream.notify.library_logs import silence_libraries
from anomaly_stream.notify.notifier import Notifier
from anomaly_stream.notify.pictures import Pictures
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.notify.receivers import InThreads, Receiver
from anomaly_stream.notify.receivers.alertmanager import Alertmanager
from anomaly_stream.notify.receivers.apprise_url import AppriseReceiver
from anomaly_stream.notify.receivers.kafka_topic import KafkaTopic
from anomaly_stream.notify.receivers.webhook import Webhook
from anomaly_stream.notify.routing_file import Routing, load_routing
from anomaly_stream.notify.surroundings import Surroundings
from anomaly_stream.notify.undelivered import replay
from anomaly_stream.ops.health import Health
from anomaly_stream.ops.http import serve
from anomaly_stream.ops.interpreter import tune_interpreter
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.settings import Settings
from anomaly_stream.settings.section import used_file
from anomaly_stream.silences.silence import Silence

logger = logging.getLogger(__name__)

_STALL_S = 180.0
_PICTURED_VALUES = 120
_PICTURE_S = 2.0
"""Seconds that reading the values of a picture may take."""


def run_notifier(settings: Settings) -> None:
    """Deliver alerts until SIGTERM or SIGINT.

    Raises:
        SettingsError: there is no routing file.
        ConfigError: the routing file is invalid.
        TopicError: a topic is missing.
        BrokerError: Kafka cannot be reached at the start.
        FencedError: another notifier of the namespace has started.
    """
    routing = routing_of(settings)
    warn_of(routing)
    metrics = NotifierMetrics(CollectorRegistry())
    health = Health(_STALL_S, works="alerts are delivered")
    serve(
        settings.metrics.host, settings.notify.metrics_port, metrics.registry, health, "notify.metrics_port"
    )
    AlertsReader(settings).close()  # reports at once what the notifier could only log
    warn_of_missing_topics(settings, routing)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with silences_view(settings) as silences:
        notifier = build_notifier(settings, routing, metrics, lambda: silences.current().all())
        health.add_check(notifier.check, required=True)
        health.add_check(notifier.check_receivers, required=False)
        health.watch(notifier)
        _say_start(routing)
        tune_interpreter()
        notifier.run(stopped, health.beat_once)
    logger.info("The notifier has stopped")


def routing_of(settings: Settings) -> Routing:
    """The routing of the settings. Raises SettingsError, ConfigError."""
    if settings.notify.routing_file is None:
        raise SettingsError("notify.routing_file is not set: name the file with routes and receivers")
    own = frozenset(topic.name for topic in topic_specs(settings))
    path = used_file(settings.notify.routing_file, "notify.routing_file")
    return load_routing(path, Surroundings(settings.notify.networks(), own))


def warn_of(routing: Routing) -> None:
    """Log what the routing file defines or sets without effect."""
    for warning in routing.warnings:
        logger.warning("%s", warning)


def warn_of_missing_topics(settings: Settings, routing: Routing) -> None:
    """Log which receivers fail until their topic is created."""
    for name, spec in routing.receivers.items():
        if spec.kafka is not None and (fault := KafkaTopic(spec.kafka, settings).fault()) is not None:
            logger.error("Receiver %s: %s", name, fault)


def _say_start(routing: Routing) -> None:
    specs = routing.receivers.values()
    names = ", ".join(one.name for one in specs if not one.drops)
    logger.info("anomaly-stream %s delivers alerts to %s", __version__, names)
    if dropping := [one.name for one in specs if one.drops]:
        logger.info("Receivers without an integration drop everything: %s", ", ".join(dropping))


def build_notifier(
    settings: Settings,
    routing: Routing,
    metrics: NotifierMetrics,
    silences: Callable[[], Sequence[Silence]],
) -> Notifier:
    """The notifier of the settings, not running."""
    given = settings.notify
    policy = RetryPolicy(given.retry_first_s, given.retry_most_s, given.give_up_after_s)
    client = GuardedClient(Guard(given.networks()))
    receivers = _receivers(settings, routing, client)
    return Notifier(
        routing.root,
        partial(Journal, settings),
        partial(_open_reader, settings),
        lambda: Dispatcher(receivers, client, routing.templates, policy, given.concurrency),
        silences,
        metrics,
    )


def replay_undelivered(
    settings: Settings,
    routing: Routing,
    only: str | None,
    say: Callable[[str], None],
    *,
    late_too: bool = False,
) -> bool:
    """Deliver the messages that were given up, of all receivers or of one. Whether all were delivered.

    ``late_too``: also those whose alerts have gone on without them.
    Raises TopicError, BrokerError.
    """

    async def run() -> bool:
        async with GuardedClient(Guard(settings.notify.networks())) as client:
            receivers = _receivers(settings, routing, client)
            return await replay(settings, receivers, routing.templates, only, say, late_too=late_too)

    return asyncio.run(run())


def _receivers(settings: Settings, routing: Routing, client: GuardedClient) -> dict[str, Receiver]:
    silence_libraries()
    pictures = Pictures(partial(_values, settings))

    def build(spec: ReceiverSpec) -> Receiver:
        if spec.webhook is not None:
            return Webhook(spec.webhook, client, pictures)
        if spec.alertmanager is not None:
            return Alertmanager(spec.alertmanager, client, routing.templates.link_of)
        if spec.apprise is not None:
            return InThreads(
                AppriseReceiver(spec.apprise, client.guard, pictures), settings.notify.concurrency
            )
        assert spec.kafka is not None
        return InThreads(KafkaTopic(spec.kafka, settings), settings.notify.concurrency)

    return {name: build(spec) for name, spec in routing.receivers.items() if not spec.drops}


def _values(settings: Settings, event: AlertEvent) -> ValuesBefore:
    from anomaly_stream.kafka.alert_values import values_before  # loads compiled code: only for pictures

    return values_before(settings, [event], _PICTURED_VALUES, _PICTURE_S).get(event.event_id, [])


def _open_reader(settings: Settings, positions: Mapping[int, int]) -> AlertsReader:
    if not positions and settings.notify.first_start == "end":
        positions = _ends(settings)
        logger.info("First start: alerts are delivered from the end of the alerts topic on")
    return AlertsReader(settings, positions=positions)


def _ends(settings: Settings) -> dict[int, int]:
    topic, faults = TopicNames.of(settings).alerts, ConnectionFaults()
    consumer = new_consumer(settings, settings.app_id, faults)
    try:
        with broker_errors():
            return {
                number: consumer.get_watermark_offsets(TopicPartition(topic, number), TIMEOUT_S)[1]
                for number in partitions_of(consumer, topic, faults)
            }
    finally:
        consumer.close()
