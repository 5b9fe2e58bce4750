"""A notifier that is killed, a webhook that fails one time in three, an Alertmanager: nothing is lost."""

import base64
import contextlib
import hashlib
import hmac
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from confluent_kafka import Producer

from anomaly_stream.kafka.topics import TopicNames
from tests.history.messages import alert_event
from tests.integration.workers import WorkerProcess, anomaly_stream, free_port
from tests.kafka.test_topics import settings_of
from tests.notify.alertmanager_server import AlertmanagerServer
from tests.notify.world import Hook

KILLS = 3
ALERTS = 40
SECRET = "the key of the test"
STATUSES = ("firing", "updated", "resolved")
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
    - matchers: ['host =~ ".+"']
      receiver: each
receivers:
  - name: each
    webhook: {{url: "{url}", secret: {{file: "{secret}"}}}}
  - name: alertmanager
    alertmanager: {{urls: ["{alertmanager}"], resend_interval: 30s}}
  - name: dead
    webhook: {{url: "http://127.0.0.1:1/"}}
"""


@contextlib.contextmanager
def notifier(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "anomaly_stream", "notify"], env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def is_ready(environment: dict[str, str]) -> bool:
    url = f"http://127.0.0.1:{environment['ANOMALY_STREAM_NOTIFY__METRICS_PORT']}/readyz"
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.05)


def heard(hook: Hook) -> dict[str, list[str]]:
    """By alert, the statuses in the order in which they were accepted."""
    found: dict[str, list[str]] = defaultdict(list)
    for document in hook.documents():
        for each in document["events"]:
            found[each["alert_id"]].append(each["status"])
    return found


def test_a_killed_notifier_loses_nothing_and_keeps_the_order(
    apache: str, namespace: str, tmp_path: Path, alertmanager: AlertmanagerServer
) -> None:
    hook = Hook(lambda number: 500 if number % 3 == 0 else 200)
    log, secret, routing = (tmp_path / name for name in ("notify.log", "secret", "routing.yaml"))
    secret.write_text(SECRET)
    routing.write_text(ROUTING.format(url=hook.url, secret=secret, alertmanager=alertmanager.url))
    environment = {
        **WorkerProcess(apache, namespace, tmp_path).environment,
        "ANOMALY_STREAM_NOTIFY__ROUTING_FILE": str(routing),
        "ANOMALY_STREAM_NOTIFY__FIRST_START": "beginning",
        "ANOMALY_STREAM_NOTIFY__ALLOWED_NETWORKS": "127.0.0.0/8",
        "ANOMALY_STREAM_NOTIFY__RETRY_FIRST_S": "0.1",
        "ANOMALY_STREAM_NOTIFY__METRICS_PORT": str(free_port()),
    }
    anomaly_stream(environment, "topics", "create")
    producer = Producer({"bootstrap.servers": apache, "log_level": 0})
    topic = TopicNames.of(settings_of(apache, namespace)).alerts

    def publish(status: str) -> None:
        for number in range(ALERTS):
            for owner, alert in (("web", f"alert-{number}"), ("nobody", f"nobody-{number}")):
                sequence = STATUSES.index(status) + 1
                labels = {"host": f"h{number}"}
                value = alert_event(alert, status, owner=owner, labels=labels, sequence=sequence)
                for _ in range(2):  # and a copy
                    producer.produce(topic, value, key=alert)
        assert producer.flush(20) == 0

    try:
        for status in STATUSES[:KILLS]:
            publish(status)
            with notifier(environment, log) as process:
                before, deadline = len(hook.accepted), time.monotonic() + 30
                while len(hook.accepted) < before + ALERTS // 3:
                    assert time.monotonic() < deadline, log.read_text()[-3000:]
                    time.sleep(0.01)
                process.kill()
            if status == "updated":  # all of them are open
                with notifier(environment, log):
                    wait_until(lambda: len(alertmanager.alerts()) == ALERTS, log)
        with notifier(environment, log) as process:
            wait_until(lambda: sum(each[-1] == "resolved" for each in heard(hook).values()) == ALERTS, log)
            wait_until(lambda: not alertmanager.alerts(), log)
            time.sleep(0.3)  # the last acknowledgements are written
            process.terminate()
            assert process.wait(20) == 0
        for alert, statuses in heard(hook).items():
            assert list(dict.fromkeys(statuses)) == list(STATUSES), (alert, statuses)
            assert statuses == sorted(statuses, key=STATUSES.index), (alert, statuses)
        ids: dict[str, set[bytes]] = defaultdict(set)
        for headers, body in hook.accepted:
            ids[headers["idempotency-key"]].add(body)
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
            assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert all(len(bodies) == 1 for bodies in ids.values())  # a repeated key has the same content
        events = [each["event_id"] for document in hook.documents() for each in document["events"]]
        assert len({*events}) == 3 * ALERTS
        repeated = len(hook.accepted) - len(ids)
        assert repeated <= (KILLS + 1) * 8  # at most what was in flight at each kill
        assert SECRET not in log.read_text()

        accepted = len(hook.accepted)
        with notifier(environment, log) as process:  # what was acknowledged is not sent again
            wait_until(lambda: is_ready(environment), log)
            time.sleep(1)
            process.terminate()
            assert process.wait(20) == 0
        assert len(hook.accepted) == accepted
    finally:
        hook.close()
