"""A recorder that is killed again and again leaves each event once; an API process records by itself."""

import contextlib
import json
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from confluent_kafka import Producer

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.wanted import Wanted
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import Series
from tests.databases.postgresql import PASSWORD, Postgresql
from tests.history.conftest import url_of
from tests.history.messages import alert_event, config, score
from tests.integration.test_history_api import Api
from tests.integration.workers import WorkerProcess, anomaly_stream, ends, free_port
from tests.kafka.test_topics import settings_of

KILLS = 2
EVENTS = 3_000


@contextlib.contextmanager
def recorder(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "anomaly_stream", "recorder"],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait(done: Callable[[], bool], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.05)


def publish(bootstrap: str, names: TopicNames, first: int, count: int, now: float) -> None:
    """Alerts with a firing event, a copy of it, and a resolved one; an anomaly for each."""
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for number in range(first, first + count):
        alert = f"alert-{number}"
        firing = alert_event(alert, at=now, start=now)
        for value in (firing, firing, alert_event(alert, "resolved", now + 1, start=now)):
            producer.produce(names.alerts, value, key=alert)
        producer.produce(names.scores, score(now + number / 1e6), key=alert)
    assert producer.flush(20) == 0


def publish_spike(bootstrap: str, names: TopicNames, now: float) -> str:
    """A series of 50 values and a spike, and the event of its alert; returns the alert's id."""
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for number, value in enumerate([*range(50), 1000]):
        document = {"metric": "spiky", "timestamp": now - 50 + number, "value": value}
        producer.produce(names.metrics[0], json.dumps(document), partition=0)
    alert = alert_id("load", Series.of("spiky", {}), now)
    source = {"topic": names.metrics[0], "partition": 0, "offset": 50}
    event = alert_event(alert, at=now, start=now, metric="spiky", value=1000.0, source=source)
    producer.produce(names.alerts, event, key=alert)
    assert producer.flush(20) == 0
    return alert


def is_ready(port: int) -> bool:
    with contextlib.suppress(urllib.error.URLError, OSError):
        answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
        return (answer.status, json.load(answer)["reason"]) == (200, "the topics are recorded")
    return False


def test_a_killed_recorder_leaves_each_event_once(
    apache: str, namespace: str, tmp_path: Path, postgresql: Postgresql
) -> None:
    url = postgresql.new_database()
    names = TopicNames.of(settings_of(apache, namespace))
    port, log = free_port(), tmp_path / "recorder.log"
    environment = {
        **WorkerProcess(apache, namespace, tmp_path).environment,
        "ANOMALY_STREAM_HISTORY__URL": url,
        "ANOMALY_STREAM_HISTORY__RECORDER": "separate",
        "ANOMALY_STREAM_HISTORY__METRICS_PORT": str(port),
    }
    anomaly_stream(environment, "topics", "create")
    now = float(int(time.time()) - 60)
    producer = Producer({"bootstrap.servers": apache, "log_level": 0})
    producer.produce(names.configs, config(2, at=now, past=(1,)), key="load")
    assert producer.flush(20) == 0

    def count(table: str) -> int:
        with contextlib.suppress(psycopg.errors.UndefinedTable), psycopg.connect(url) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            assert row is not None
            return int(row[0])
        return 0

    generator, done = random.Random(1), 0
    for _ in range(KILLS):
        before = count("alert_events")
        publish(apache, names, done, EVENTS, now)
        done += EVENTS
        with recorder(environment, log) as process:
            wait(lambda before=before: count("alert_events") > before, log)  # type: ignore[misc]
            time.sleep(generator.uniform(0.0, 0.1))
            process.kill()

    with recorder(environment, log) as process:
        wait(lambda: is_ready(port) and count("anomalies") == done and count("alert_events") == 2 * done, log)
        with psycopg.connect(url) as connection:
            stored = connection.execute(
                "SELECT partition, next_offset FROM positions WHERE topic = %s", [names.alerts]
            )
            assert dict(stored.fetchall()) == ends(apache, names.alerts)
        process.terminate()
        assert process.wait(20) == 0
    assert PASSWORD not in log.read_text()

    queries = HistoryQueries(url_of(url), timeout_s=30)
    resolved = queries.alerts(Wanted(status=("resolved",)), done + 1)
    assert len({row.key[1] for row in resolved}) == len(resolved) == done
    account = queries.alert("alert-7", readable=None)
    assert account is not None
    assert [json.loads(each.body)["status"] for each in account.events] == ["firing", "resolved"]
    assert account.config is not None
    assert (account.config.version, account.config.reason) == (2, "reason-2")


def test_an_api_process_records_by_itself(apache: str, namespace: str, tmp_path: Path) -> None:
    api = Api(apache, namespace, tmp_path)
    anomaly_stream(api.environment, "topics", "create")
    now = float(int(time.time()) - 60)
    names = TopicNames.of(settings_of(apache, namespace))
    publish(apache, names, 0, 4, now)
    spike = publish_spike(apache, names, now)
    api.start()
    assert api.process is not None
    try:
        log = tmp_path / "api.log"
        wait(lambda: len(api.client.get("/v1/alerts").json()["items"]) == 5, log)
        wait(lambda: len(api.client.get("/v1/anomalies").json()["items"]) == 4, log)
        wait(lambda: api.client.get(f"/v1/alerts/{spike}").json()["values_state"] == "complete", log)
        values = api.client.get(f"/v1/alerts/{spike}").json()["values"]
        assert [each["value"] for each in values] == [*range(50), 1000.0]
        assert list((tmp_path / "api").rglob("history.db"))
        said = api.client.post("/v1/alerts/alert-3/feedback", json={"judgement": "true_alarm"})
        assert said.status_code == 200, said.text
        wait(lambda: api.client.get("/v1/alerts/alert-3").json()["feedback"] is not None, log)
        assert api.client.get("/v1/precision").json()["items"][0]["precision"] == 1.0
        metrics = urllib.request.urlopen(
            f"http://127.0.0.1:{api.environment['ANOMALY_STREAM_API__METRICS_PORT']}/metrics", timeout=5
        )
        assert b"anomaly_stream_history_database_up 1.0" in metrics.read()
    finally:
        api.process.terminate()
        api.process.wait(30)
