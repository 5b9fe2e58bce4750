"""How many alert events per second the notifier takes from Kafka to an acknowledged message."""

import asyncio
import json
import multiprocessing
import multiprocessing.connection
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from anomaly_stream.apps.notifier import build_notifier
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.notify.routing_file import load_routing
from anomaly_stream.notify.surroundings import Surroundings
from anomaly_stream.ops.interpreter import tune_interpreter
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.settings import Settings, load_settings
from benchmarks.processes import ContenderError
from tests.history.messages import alert_event

EVENTS = 10_000
LEAST_RATE = 1_000
_SERIES_OF_A_HOST = 40
_LONGEST_S = 300.0
_LOOK_EVERY_S = 0.05
_GROUPINGS = {"one message for each alert": "alert_id", "one message for each host of 40 series": "host"}
_ROUTING = """\
route: {{receiver: hook, group_by: [{group_by}], group_wait: 0, group_interval: 0}}
receivers: [{{name: hook, webhook: {{url: "{url}"}}}}]
"""


def measure(
    bootstrap: str, prefix: str, log: Callable[[str], None]
) -> tuple[list[str], list[tuple[str, bool]]]:
    """Lines to print, and claims. Raises ContenderError if the notifier does not come to the end."""
    lines, judged = [f"{EVENTS:,} alert events to a webhook on this machine, in a process of its own"], []
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    server.start()
    try:
        url = here.recv()
        for number, (name, group_by) in enumerate(_GROUPINGS.items()):
            seconds, messages = _deliver(bootstrap, f"{prefix}-{number}", url, group_by)
            rate = EVENTS / seconds
            lines.append(f"{name}: {rate:,.0f} events/s from Kafka to acknowledged, {messages:,} messages")
            claim = f"at least {LEAST_RATE:,} alert events/s are delivered, {name}: {rate:,.0f}"
            judged.append((claim, rate >= LEAST_RATE))
            log(f"notify measured with {name}")
    finally:
        server.kill()
        server.join()
    return lines, judged


def _deliver(bootstrap: str, namespace: str, url: str, group_by: str) -> tuple[float, int]:
    """Seconds from the first events to the last acknowledgement, and the number of messages."""
    settings = load_settings(
        environ={
            "ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": bootstrap,
            "ANOMALY_STREAM_NAMESPACE": namespace,
            "ANOMALY_STREAM_NOTIFY__FIRST_START": "beginning",
            "ANOMALY_STREAM_NOTIFY__ALLOWED_NETWORKS": "127.0.0.0/8",
        }
    )
    create_topics(settings)
    _publish(settings)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "routing.yaml"
        path.write_text(_ROUTING.format(url=url, group_by=group_by))
        routing = load_routing(path, Surroundings(settings.notify.networks()))
    metrics, stopped = NotifierMetrics(CollectorRegistry()), threading.Event()
    notifier = build_notifier(settings, routing, metrics, lambda: ())
    tune_interpreter()
    began = ended = 0.0

    def beat() -> None:
        nonlocal began, ended
        if (now := time.perf_counter()) - ended < _LOOK_EVERY_S:
            return
        ended = now
        if not began or not _events(metrics):
            began = ended
        if _sample(metrics, "latency_seconds_count") >= EVENTS or ended - began > _LONGEST_S:
            stopped.set()

    notifier.run(stopped, beat)
    if (delivered := _sample(metrics, "latency_seconds_count")) != EVENTS:
        raise ContenderError(
            f"the notifier delivered {delivered:,.0f} of {EVENTS:,} events: {notifier.check()}"
        )
    return ended - began, int(_sample(metrics, "delivered_total"))


def _events(metrics: NotifierMetrics) -> float:
    return metrics.registry.get_sample_value("anomaly_stream_notify_events_total") or 0.0


def _sample(metrics: NotifierMetrics, name: str) -> float:
    labels = {"receiver": "hook"}
    return metrics.registry.get_sample_value(f"anomaly_stream_notify_{name}", labels) or 0.0


def _publish(settings: Settings) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap_servers, "linger.ms": 20})
    topic = TopicNames.of(settings).alerts
    for number in range(EVENTS):
        labels = {"host": f"host-{number // _SERIES_OF_A_HOST}", "series": str(number)}
        alert = f"{number:032x}"
        producer.produce(topic, alert_event(alert, at=time.time(), labels=labels, sequence=1), key=alert)
        producer.poll(0)
    if producer.flush(60):
        raise ContenderError("the alert events were not published")


def _serve(answers: "multiprocessing.connection.Connection[str, str]") -> None:
    async def accept(request: web.Request) -> web.Response:
        json.loads(await request.read())
        return web.Response()

    async def run() -> None:
        application = web.Application()
        application.router.add_post("/hook", accept)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        answers.send(f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
        await asyncio.Event().wait()

    asyncio.run(run())
