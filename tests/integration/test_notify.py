"""The demo's alerts, a notifier that is killed, a webhook that fails one time in three, an Alertmanager."""

import base64
import contextlib
import hashlib
import hmac
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest
from confluent_kafka import Producer

from anomaly_stream.formats.outcomes import encode
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from tests.integration.workers import WorkerProcess, anomaly_stream, free_port
from tests.kafka.test_topics import settings_of
from tests.notify.alertmanager_server import AlertmanagerServer
from tests.notify.demo_alerts import demo_alerts
from tests.notify.world import Hook

LIVES = 4
LONGEST_S = 120.0
"""How long a condition may take to hold, on a machine that is busy with other things."""
CONCURRENCY = 2
IN_FLIGHT = 8 * CONCURRENCY
"""Messages to one receiver that a notifier has sent, and not yet recorded as delivered."""
KEY = b"the key of the test, 32 bytes on"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
ROUTING = """\
route:
  receiver: each
  group_by: [alert_id]
  group_wait: 0
  group_interval: 0
  routes:
    - matchers: ['owner = nobody']
      receiver: dead
    - receiver: alertmanager
      continue: true
    - matchers: ['metric =~ ".+"']
      receiver: each
receivers:
  - name: each
    webhook: {{url: "{url}", secret: {{file: "{secret}"}}}}
  - name: alertmanager
    alertmanager: {{urls: ["{alertmanager}"], resend_interval: 30s}}
  - name: dead
    webhook: {{url: "http://127.0.0.1:1/"}}
"""


@pytest.fixture(scope="module")
def published() -> list[AlertEvent]:
    return demo_alerts()


class Notifying:
    """A namespace with the alerts topic, receivers, and notifiers as processes of their own."""

    def __init__(self, kafka: str, namespace: str, directory: Path, alertmanager: AlertmanagerServer) -> None:
        self.hook = Hook(lambda number: 500 if number % 3 == 0 else 200)
        self.alertmanager = alertmanager
        self.log, secret, routing = (directory / name for name in ("notify.log", "secret", "routing.yaml"))
        secret.write_text(SECRET)
        routing.write_text(ROUTING.format(url=self.hook.url, secret=secret, alertmanager=alertmanager.url))
        self._port = free_port()
        self._environment = {
            **WorkerProcess(kafka, namespace, directory).environment,
            "ANOMALY_STREAM_NOTIFY__ROUTING_FILE": str(routing),
            "ANOMALY_STREAM_NOTIFY__FIRST_START": "beginning",
            "ANOMALY_STREAM_NOTIFY__ALLOWED_NETWORKS": "127.0.0.0/8",
            "ANOMALY_STREAM_NOTIFY__RETRY_FIRST_S": "0.1",
            "ANOMALY_STREAM_NOTIFY__CONCURRENCY": str(CONCURRENCY),
            "ANOMALY_STREAM_NOTIFY__METRICS_PORT": str(self._port),
        }
        anomaly_stream(self._environment, "topics", "create")
        self._producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
        self._topic = TopicNames.of(settings_of(kafka, namespace)).alerts

    def publish(self, events: Iterable[AlertEvent]) -> None:
        """Each event twice, and the same for an owner whose receiver is dead."""
        for event in events:
            unheard = msgspec.structs.replace(
                event,
                owner="nobody",
                alert_id=f"nobody-{event.alert_id}",
                event_id=f"nobody-{event.event_id}",
            )
            for each in (event, event, unheard):
                self._producer.produce(self._topic, encode(each), key=each.alert_id)
        assert self._producer.flush(20) == 0

    @contextlib.contextmanager
    def process(self) -> Iterator["subprocess.Popen[bytes]"]:
        """A notifier; it is killed at the end if it runs."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "anomaly_stream", "notify"],
                env=self._environment, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self._port}/readyz", trust_env=False).is_success
        return False

    def queued(self, receiver: str) -> float | None:
        """Messages to a receiver that are not recorded as delivered; None: the notifier has not begun."""
        try:
            text = httpx.get(f"http://127.0.0.1:{self._port}/metrics", trust_env=False).text
        except httpx.HTTPError:
            return None
        sample = re.search(
            rf'^anomaly_stream_notify_queued{{receiver="{receiver}"}} (\S+)$', text, re.MULTILINE
        )
        return None if sample is None else float(sample[1])

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST_S
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.02)

    def received(self) -> dict[str, list[str]]:
        """By alert, the ids of its events in the order in which the webhook accepted them.

        A message with the key of an earlier one is a copy, and does not count.
        """
        messages: dict[str, bytes] = {}
        for headers, body in list(self.hook.accepted):
            messages.setdefault(headers["idempotency-key"], body)
        found: dict[str, list[str]] = defaultdict(list)
        for body in messages.values():
            for each in json.loads(body)["events"]:
                found[each["alert_id"]].append(each["event_id"])
        return found

    def close(self) -> None:
        self.hook.close()


@pytest.fixture
def notifying(
    apache: str, namespace: str, tmp_path: Path, alertmanager: AlertmanagerServer
) -> Iterator[Notifying]:
    one = Notifying(apache, namespace, tmp_path, alertmanager)
    yield one
    one.close()


def ids_of(events: Iterable[AlertEvent]) -> dict[str, list[str]]:
    """By alert, the ids of its events in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        found[event.alert_id].append(event.event_id)
    return found


def batched(items: Sequence[int], count: int) -> list[Sequence[int]]:
    return [items[first : first + count] for first in range(0, len(items), count)]


def open_after(events: Iterable[AlertEvent]) -> set[str]:
    """The alerts that are open after these events."""
    latest = {event.alert_id: event for event in events}
    return {alert for alert, event in latest.items() if event.status != "resolved"}


def check_requests(accepted: list[tuple[dict[str, str], bytes]], kills: int) -> None:
    """Each is signed; those with the same key have the same content, and are few."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for headers, body in accepted:
        bodies[headers["idempotency-key"]].add(body)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(KEY, signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert all(len(each) == 1 for each in bodies.values())
    assert len(accepted) - len(bodies) <= kills * IN_FLIGHT


@pytest.mark.timeout(900)
def test_a_killed_notifier_loses_nothing_and_keeps_the_order(
    notifying: Notifying, published: list[AlertEvent]
) -> None:
    hook, begin = notifying.hook, 0
    # After each of these events, Alertmanager is to show what is open.
    stops = [end for end, event in enumerate(published, 1) if event.status == "firing"]
    for life in batched(stops, -(-len(stops) // LIVES)):
        with notifying.process() as process:
            for end in life[:2]:
                notifying.publish(published[begin:end])
                begin, still_open = end, open_after(published[:end])
                assert still_open
                notifying.wait_until(lambda: set(notifying.alertmanager.alerts()) == still_open)  # noqa: B023
            enough = len(hook.accepted) + 2
            notifying.publish(published[begin : life[-1]])
            begin = life[-1]
            notifying.wait_until(lambda: len(hook.accepted) >= enough)  # noqa: B023
            process.kill()  # others are in flight
    notifying.publish(published[begin:])
    with notifying.process() as process:
        notifying.wait_until(lambda: sum(map(len, notifying.received().values())) >= len(published))
        notifying.wait_until(lambda: set(notifying.alertmanager.alerts()) == open_after(published))
        # Copies of what was in flight at the last kill may still be tried again.
        notifying.wait_until(lambda: notifying.queued("each") == 0)
        process.terminate()
        assert process.wait(LONGEST_S) == 0
    assert notifying.received() == ids_of(published)  # each event, in order
    check_requests(hook.accepted, kills=LIVES)
    assert SECRET not in notifying.log.read_text()

    accepted = len(hook.accepted)
    with notifying.process() as process:  # what was acknowledged is not sent again
        notifying.wait_until(notifying.is_ready)
        notifying.wait_until(lambda: notifying.queued("each") == 0)
        time.sleep(1)
        process.terminate()
        assert process.wait(LONGEST_S) == 0
    assert len(hook.accepted) == accepted
