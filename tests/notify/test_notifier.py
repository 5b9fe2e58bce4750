"""The notifier on Apache Kafka: receivers that fail, what is given up, silences, and who may run."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.apps.notifier import build_notifier, replay_undelivered
from anomaly_stream.errors import FencedError, SettingsError
from anomaly_stream.kafka.silences_topic import SilencesTopic, silences_view
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import Series
from anomaly_stream.model.silence import SilenceRecord
from anomaly_stream.notify.chart import Chart, draw_png
from anomaly_stream.notify.journal import Journal
from anomaly_stream.notify.notifier import Notifier
from anomaly_stream.notify.receiver_specs import ReceiverSpec
from anomaly_stream.ops.notify_metrics import NotifierMetrics
from anomaly_stream.settings import Settings
from tests.history.messages import NOW, alert_event
from tests.integration.workers import anomaly_stream, read_all
from tests.kafka.test_topics import settings_of
from tests.notify.world import Hook, routing

ROUTING = """\
route:
  receiver: team
  group_by: [alert_id]
  group_wait: 0
  group_interval: 0
  routes:
    - matchers: ['owner = fails']
      receiver: failing
    - matchers: ['owner = kafka']
      receiver: topic
    - matchers: ['owner = pictures']
      receiver: pictures
    - matchers: ['owner = hosts']
      group_by: [host]
      group_wait: 1s
receivers:
  - name: team
    webhook: {{url: "{team}"}}
  - name: failing
    webhook: {{url: "{failing}"}}
  - name: pictures
    webhook: {{url: "{team}", images: true}}
  - name: topic
    kafka: {{topic: "{topic}"}}
"""


class World:
    """A namespace with topics, two webhooks, and a routing file."""

    def __init__(self, kafka: str, namespace: str, directory: Path) -> None:
        given = {
            "NOTIFY__FIRST_START": "beginning", "NOTIFY__ALLOWED_NETWORKS": "127.0.0.0/8",
            "NOTIFY__RETRY_FIRST_S": "0.05", "NOTIFY__RETRY_MOST_S": "0.2", "NOTIFY__GIVE_UP_AFTER_S": "4",
            "NOTIFY__ROUTING_FILE": str(directory / "routing.yaml"),
        }  # fmt: skip
        (directory / "routing.yaml").touch()
        self.settings: Settings = settings_of(kafka, namespace, **given)
        given |= {"KAFKA__BOOTSTRAP_SERVERS": kafka, "NAMESPACE": namespace}
        self.environment = {**os.environ, **{f"ANOMALY_STREAM_{key}": text for key, text in given.items()}}
        create_topics(self.settings)
        self.names = TopicNames.of(self.settings)
        self.team, self.failing = Hook(), Hook(lambda number: 503)
        self.topic = f"{namespace}.notified"
        self.secret = directory / "secret"
        self.secret.write_text(f"whsec_{base64.b64encode(bytes(32)).decode()}")
        self.routing = routing(
            directory, ROUTING.format(team=self.team.url, failing=self.failing.url, topic=self.topic)
        )
        self.metrics = NotifierMetrics(CollectorRegistry())
        self._producer = Producer({"bootstrap.servers": kafka, "log_level": 0})

    def publish(self, *values: bytes) -> None:
        for value in values:
            self._producer.produce(self.names.alerts, value, key=json.loads(value)["alert_id"])
        assert self._producer.flush(20) == 0

    def publish_to(self, topic: str, *documents: dict[str, object]) -> None:
        """Publish to partition 0."""
        for document in documents:
            self._producer.produce(topic, json.dumps(document).encode(), partition=0)
        assert self._producer.flush(20) == 0

    @contextlib.contextmanager
    def notifying(self) -> Iterator[Notifier]:
        """A notifier runs in a thread."""
        stopped = threading.Event()
        with silences_view(self.settings) as view:
            notifier = build_notifier(self.settings, self.routing, self.metrics, lambda: view.current().all())
            thread = threading.Thread(target=notifier.run, args=(stopped,), daemon=True)
            thread.start()
            try:
                yield notifier
            finally:
                stopped.set()
                thread.join(30)
        assert not thread.is_alive()

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"anomaly_stream_{name}", labels) or 0.0

    def close(self) -> None:
        self.team.close()
        self.failing.close()


@pytest.fixture
def world(apache: str, namespace: str, tmp_path: Path) -> Iterator[World]:
    one = World(apache, namespace, tmp_path)
    yield one
    one.close()


def wait_for(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.05)


def runs(world: World, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of a command."""
    ended = subprocess.run(
        [sys.executable, "-m", "anomaly_stream", *arguments],
        env=world.environment, stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout.decode()


def test_a_message_that_fails_delays_nobody_is_given_up_and_is_delivered_on_request(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.publish(alert_event("f", owner="fails"), *(alert_event(f"a{n}") for n in range(5)))
    with world.notifying() as notifier:
        wait_for(lambda: not notifier.check_receivers().ok)
        assert notifier.check_receivers().reason == "receivers that fail: failing"
        assert notifier.check().ok
        world.team.wait_for(5)
        wait_for(lambda: world.count("notify_failed_total", receiver="failing") == 1)
    assert world.count("notify_retried_total", receiver="failing") >= 1
    assert caplog.messages.count("Receiver failing fails: HTTP status 503") == 1
    assert world.count("notify_delivered_total", receiver="team") == 5
    assert world.count("notify_latency_seconds_count", receiver="team") == 5

    def replayed(only: str | None = None) -> tuple[bool, list[str]]:
        said: list[str] = []
        return replay_undelivered(world.settings, world.routing, only, said.append), said

    assert replayed("team") == (True, ["no message to team is undelivered"])
    with pytest.raises(SettingsError, match="did you mean 'failing'"):
        replayed("faling")
    is_complete, said = replayed()
    assert not is_complete
    assert said == ["f-firing to failing: HTTP status 503"]
    broken = {**world.routing.receivers, "failing": ReceiverSpec.model_validate(
        {"name": "failing", "webhook": {"url": world.failing.url, "secret": {"file": str(world.secret)}}}
    )}  # fmt: skip
    world.secret.unlink()
    world.routing = replace(world.routing, receivers=broken)
    is_complete, said = replayed()
    assert not is_complete
    assert said == [f"f-firing to failing: {world.secret} cannot be read: No such file or directory"]
    world.failing.answer = lambda number: 200
    printed = anomaly_stream(world.environment, "notify", "replay-dead", "--receiver", "failing").decode()
    assert printed.startswith("f-firing to failing: delivered: ")
    assert [headers["idempotency-key"] for headers, _ in world.failing.accepted] == ["f-firing"]
    assert replayed() == (True, ["no message is undelivered"])


def test_what_was_given_up_is_not_replayed_after_later_events(world: World) -> None:
    world.failing.answer = lambda number: 400 if number == 1 else 200
    world.publish(alert_event("f", owner="fails", sequence=1))
    with world.notifying():
        wait_for(lambda: world.count("notify_failed_total", receiver="failing") == 1)
        world.publish(alert_event("f", "resolved", owner="fails", sequence=2))
        world.failing.wait_for(1)
        wait_for(lambda: world.count("notify_queued", receiver="failing") == 0)
    replay = ("notify", "replay-dead")
    assert runs(world, *replay) == (
        1,
        "f-firing to failing: not sent, because its alert has gone on or ended for this receiver "
        "(--all sends it anyway): severe: load (alert_id f)\n",
    )
    assert len(world.failing.accepted) == 1
    assert runs(world, *replay, "--all")[1].startswith("f-firing to failing: delivered: ")
    assert len(world.failing.accepted) == 2
    assert runs(world, *replay) == (0, "no message is undelivered\n")


def test_what_was_given_up_for_a_receiver_that_is_gone_can_be_discarded(world: World) -> None:
    world.failing.answer = lambda number: 400 if number == 1 else 200
    world.publish(alert_event("f", owner="fails", sequence=1))
    with world.notifying():
        wait_for(lambda: world.count("notify_failed_total", receiver="failing") == 1)
        world.publish(alert_event("f", "resolved", owner="fails", sequence=2))  # it would be too late, too
        world.failing.wait_for(1)
        wait_for(lambda: world.count("notify_queued", receiver="failing") == 0)
    path = Path(world.environment["ANOMALY_STREAM_NOTIFY__ROUTING_FILE"])
    path.write_text(path.read_text().replace("failing", "renamed"))
    replay = ("notify", "replay-dead")
    cure = "put it back, or run anomaly-stream notify replay-dead --discard --receiver failing"
    gone = "the routing file has no such receiver any more, or it has no integration there"
    assert runs(world, *replay) == (1, f"f-firing to failing: {gone}: {cure}\n")
    assert runs(world, *replay, "--all") == (1, f"f-firing to failing: {gone}: {cure}\n")
    assert runs(world, *replay, "--discard") == (2, "")
    assert runs(world, *replay, "--discard", "--receiver", "failing") == (
        0,
        "f-firing to failing: discarded: severe: load (alert_id f)\n",
    )
    assert runs(world, *replay) == (0, "no message is undelivered\n")


def test_a_host_failure_over_forty_series_is_one_message(world: World) -> None:
    series = [{"host": "web-1", "disk": str(number)} for number in range(40)]
    for status in ("firing", "resolved"):
        world.publish(
            *(alert_event(f"a{n}", status, owner="hosts", labels=one) for n, one in enumerate(series))
        )
        accepted = len(world.team.accepted)
        with world.notifying():
            world.team.wait_for(accepted + 1)
            wait_for(lambda: world.count("notify_queued", receiver="team") == 0)
    first, second = world.team.documents()
    assert [first["status"], second["status"]] == ["firing", "resolved"]
    assert first["labels"] == second["labels"] == {"host": "web-1"}
    assert first["title"] == "severe: 40 alerts (host web-1)"
    for document in (first, second):
        assert {event["alert_id"] for event in document["events"]} == {f"a{n}" for n in range(40)}


def test_a_topic_receives_the_document_of_the_webhook(world: World, topic: Callable[..., str]) -> None:
    topic("notified")
    world.publish(alert_event("k", owner="kafka"))
    with world.notifying():
        wait_for(lambda: world.count("notify_delivered_total", receiver="topic") == 1)
    (record,) = read_all(world.settings.kafka.bootstrap_servers, world.topic)
    document = json.loads(record.value() or b"")
    assert document["receiver"] == "topic"
    assert [each["event_id"] for each in document["events"]] == ["k-firing"]
    assert dict(record.headers() or ())["idempotency-key"] == b"k-firing"


def test_a_message_that_is_too_large_for_its_topic_is_given_up_at_once(
    world: World, topic: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    topic("notified", max_message_bytes="100000")
    world.publish(
        alert_event("k", owner="kafka", explanation="x" * 200_000), alert_event("after", owner="kafka")
    )
    with world.notifying():
        wait_for(lambda: world.count("notify_failed_total", receiver="topic") == 1)
        wait_for(lambda: world.count("notify_delivered_total", receiver="topic") == 1)
    (given_up,) = [each for each in caplog.messages if "is given up" in each]
    assert " to topic (" in given_up
    assert "not published: the message is larger than the topic's max.message.bytes" in given_up


def test_a_picture_shows_the_values_on_the_metrics_topic(world: World) -> None:
    metrics, series = world.names.metrics[0], Series.of("load", {"env": "prod"})
    points = [(NOW - 60.0 * (29 - n), 1.0 + n % 3) for n in range(30)]
    world.publish_to(
        metrics,
        *(
            {"metric": "load", "labels": {"env": "prod"}, "timestamp": at, "value": value}
            for at, value in points
        ),
    )
    source = {"topic": metrics, "partition": 0, "offset": 29}
    shown = alert_id("load", series, NOW)
    world.publish(
        alert_event(shown, owner="pictures", value=points[-1][1], source=source),
        alert_event("unknown", owner="pictures"),
    )
    with world.notifying():
        world.team.wait_for(2, 60.0)
    images = {each["events"][0]["alert_id"]: each["image"] for each in world.team.documents()}
    times, values = np.array(points).T
    chart = Chart("load{env=prod}", times, values, NOW, NOW, lower=0.0, upper=1.5)
    assert base64.b64decode(images[shown]) == draw_png(chart)
    assert images["unknown"] is None


def test_an_alert_that_a_silence_suppresses_is_not_delivered(world: World) -> None:
    with silences_view(world.settings) as view:
        document = {"owner": "payments", "reason": "work", "from": "2026-05-01T00:00:00Z",
                    "until": "2099-01-01T00:00:00Z", "match": {"env": "dev"}}  # fmt: skip
        SilencesTopic(world.settings, view).write(
            SilenceRecord(id="s", author="ann", created_at_ms=int(NOW * 1000), silence=document)
        )
    world.publish(
        *(alert_event("silenced", status, labels={"env": "dev"}) for status in ("firing", "resolved")),
        alert_event("never-fired", "resolved"),
        alert_event("other"),
    )
    with world.notifying():
        world.team.wait_for(1)
        wait_for(lambda: world.count("notify_events_total") == 4)
        time.sleep(0.3)
    assert [each["id"] for each in world.team.documents()] == ["other-firing"]
    assert world.count("notify_suppressed_total") == 1
    assert world.count("notify_unknown_total") == 2


def test_a_second_notifier_takes_over(world: World) -> None:
    first = Journal(world.settings)
    first.write([("group/a", b"1")], {0: 5})
    second = Journal(world.settings)
    assert second.records == {"group/a": b"1"}
    assert second.positions == {0: 5}
    with pytest.raises(FencedError, match="another notifier"):
        first.write([("group/a", b"2")], {0: 6})
    second.confirm()
    assert Journal(world.settings).records == {"group/a": b"1"}


def test_a_notifier_without_events_ends_within_seconds_after_another_has_begun(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = list[Exception]()
    with silences_view(world.settings) as view:
        notifier = build_notifier(world.settings, world.routing, world.metrics, lambda: view.current().all())

        def run() -> None:
            try:
                notifier.run(threading.Event())
            except FencedError as error:
                ended.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        wait_for(lambda: notifier.ready)
        other = Journal(world.settings)
        thread.join(60)
    assert not thread.is_alive()
    assert [str(error) for error in ended] == [
        "another notifier of this namespace has started: run one of them"
    ]
    other.confirm()
    assert "FATAL" not in capfd.readouterr().err
