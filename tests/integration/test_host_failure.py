"""A host fails: one incident over HTTP and in either database, one page; then a silent series, and feedback.

Two workers share four partitions. One recorder writes to PostgreSQL, the API process to SQLite.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.wanted import Wanted
from tests.databases.postgresql import Postgresql
from tests.history.conftest import url_of
from tests.integration.test_history_api import Api, api
from tests.integration.test_recorder import recorder, wait
from tests.integration.workers import WorkerProcess, ends, free_port, read_all, running, wait_until_committed
from tests.notify.world import Hook

__all__ = ["api"]
STEP = 10.0
WINDOW = 600.0
FAILURE = (time.time() // WINDOW - 6) * WINDOW + 100
"""An hour ago, because the history keeps alerts for some months; a window of incidents began 100 s before."""
NORMAL, FAILED = 120, 4
"""Values of a series before the failure, and after it began."""
METRICS = [f"host_{number:02}" for number in range(12)]
FIRST = "host_07"
"""The cause: it fails one step before the others."""
WEAKEST = "host_03"
"""Its deviation is small beside those of the others: nobody would have had to know."""
FIRING = [(metric, "firing") for metric in METRICS]
SILENT = 10
"""Steps for which a series sends nothing while others go on."""
CONFIGS = [
    {
        "id": "host",
        "metric": "host_*",
        "owner": "platform",
        "detectors": ["zscore"],
        "min_observations": 30,
        "incident": {"by": ["host"], "window": "10m"},
    },
    {"id": "pulse", "metric": "pulse", "owner": "platform", "detectors": ["zscore"], "no_data": "60s"},
]
ROUTING = """\
route:
  receiver: page
  group_by: [incident_id]
  group_wait: 10s
  group_interval: 5m
  routes:
    - {{matchers: ['condition = no_data'], receiver: page, group_wait: 0s}}
receivers:
  - name: page
    webhook: {{url: "{url}"}}
"""


def value_of(number: int, step: int) -> float:
    """That of the series ``number``, ``step`` steps after the failure."""
    normal = 100.0 + (step * 7919 + number * 31) % 13 / 2
    name = METRICS[number]
    if step < (0 if name == FIRST else 1):
        return normal
    return normal + (40.0 if name == WEAKEST else 400.0)


class Host:
    """The host ``web-1`` with twelve series, and ``web-2`` with one; partitions take turns."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
        self._topic = topic
        self.partitions = sorted(ends(bootstrap, topic))

    def publish(self, first: int, last: int) -> None:
        """The values of all series of ``web-1``, from step to step."""
        for step in range(first, last):
            for number, metric in enumerate(METRICS):
                self._send(metric, "web-1", step, value_of(number, step), number % len(self.partitions))
        assert self._producer.flush(30) == 0

    def pulse(self, first: int, last: int) -> None:
        """The values of the series of ``web-2``."""
        for step in range(first, last):
            self._send("pulse", "web-2", step, 1.0 + step % 3, 0)
        assert self._producer.flush(30) == 0

    def _send(self, metric: str, host: str, step: int, value: float, partition: int) -> None:
        document = {
            "metric": metric,
            "labels": {"host": host},
            "timestamp": FAILURE + STEP * step,
            "value": value,
        }
        self._producer.produce(self._topic, json.dumps(document), metric, partition)


@contextlib.contextmanager
def notifier(environment: dict[str, str], directory: Path) -> Iterator[Hook]:
    """A notifier with one route; what it sends is kept."""
    hook = Hook()
    routing = directory / "routing.yaml"
    routing.write_text(ROUTING.format(url=hook.url))
    environment = {
        **environment,
        "ANOMALY_STREAM_NOTIFY__ROUTING_FILE": str(routing),
        "ANOMALY_STREAM_NOTIFY__FIRST_START": "beginning",
        "ANOMALY_STREAM_NOTIFY__ALLOWED_NETWORKS": "127.0.0.0/8",
        "ANOMALY_STREAM_NOTIFY__METRICS_PORT": str(free_port()),
    }
    with (directory / "notify.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "anomaly_stream", "notify"], env=environment, stdout=log, stderr=log
        )
    try:
        yield hook
        process.terminate()
        assert process.wait(30) == 0, (directory / "notify.log").read_text()[-3000:]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        hook.close()


def precision(api: Api) -> dict[str, tuple[int, int, float | None]]:
    """By config: true alarms, false alarms, and the share of the true ones."""
    items = api.client.get("/v1/precision").raise_for_status().json()["items"]
    return {each["key"]: (each["true_alarms"], each["false_alarms"], each["precision"]) for each in items}


def proposal(api: Api) -> dict[str, Any]:
    """What ``tune`` proposes for the config of the host."""
    answer = api.client.post("/v1/configs/host/tune", json={"since": "1h"})
    assert answer.status_code == 202, answer.text
    job = api.wait(answer.json()["id"])
    assert job["state"] == "done", job
    found: dict[str, Any] = job["proposal"]
    return found


def the_incident(api: Api, log: Path) -> dict[str, Any]:
    """The only incident, with its alerts; the first cause is first."""

    def listed() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = api.client.get("/v1/incidents").raise_for_status().json()["items"]
        return found

    wait(lambda: [each["alerts"] for each in listed()] == [len(METRICS)], log)
    (incident,) = listed()
    assert (incident["status"], incident["open"], incident["labels"]) == ("firing", 12, {"host": "web-1"})
    assert (incident["first"]["metric"], incident["started_at"]) == (FIRST, FAILURE)
    found: dict[str, Any] = api.client.get(f"/v1/incidents/{incident['incident_id']}").json()
    assert found["incident"] == incident
    assert found["alerts"][0]["metric"] == FIRST
    assert sorted(each["metric"] for each in found["alerts"]) == METRICS
    assert {each["source"]["partition"] for each in found["alerts"]} == {0, 1, 2, 3}
    return found


def check_database(queries: HistoryQueries, incident: dict[str, Any], log: Path) -> None:
    """The database has the incident as it is over HTTP, and no other."""
    wait(lambda: has_all(queries), log)
    ((_, body),) = queries.incidents(Wanted(), 10)
    assert json.loads(body) == incident["incident"]
    latest_first = queries.alerts(Wanted(incident=incident["incident"]["incident_id"]), 100)
    assert [json.loads(each.body) for each in reversed(latest_first)] == incident["alerts"]


def has_all(queries: HistoryQueries) -> bool:
    return len(queries.alerts(Wanted(), 100)) == len(METRICS)


def check_page(hook: Hook, incident_id: str) -> None:
    """One message reports the incident, with one event of each alert."""
    hook.wait_for(1, 60)
    (page,) = hook.documents()
    assert {event["incident_id"] for event in page["events"]} == {incident_id}
    assert sorted((event["metric"], event["status"]) for event in page["events"]) == FIRING


def check_silence(api: Api, host: Host, hook: Hook, log: Path) -> None:
    """A series has an alert, and a page of its own, while it is silent, and not after it."""

    def pulse() -> list[tuple[str, str]]:
        answer = api.client.get("/v1/alerts", params={"metric": "pulse"}).raise_for_status()
        return [(each["condition"], each["status"]) for each in answer.json()["items"]]

    assert pulse() == []
    host.publish(FAILED, FAILED + SILENT)
    wait(lambda: pulse() == [("no_data", "firing")], log)
    hook.wait_for(2, 60)
    assert [(event["metric"], event["status"]) for event in hook.documents()[1]["events"]] == [
        ("pulse", "firing")
    ]
    host.pulse(FAILED + SILENT, FAILED + SILENT + 1)
    wait(lambda: pulse() == [("no_data", "resolved")], log)


def check_feedback(api: Api, alerts: dict[str, str], log: Path) -> None:
    """A true alarm gives no reason for a change; a false one moves the precision and the proposal."""

    def say(metric: str, judgement: str) -> None:
        path = f"/v1/alerts/{alerts[metric]}/feedback"
        api.client.post(path, json={"judgement": judgement}).raise_for_status()

    say(FIRST, "true_alarm")
    wait(lambda: precision(api) == {"host": (1, 0, 1.0)}, log)
    before = proposal(api)
    assert (before["change"], before["in_force"]["precision"]) == (None, 1.0)
    say(WEAKEST, "false_alarm")
    wait(lambda: precision(api) == {"host": (1, 1, 0.5)}, log)
    after = proposal(api)
    assert after["in_force"]["precision"] == 0.5
    assert after["change"]
    assert after["proposed"]["precision"] == 1.0
    assert {each["metric"]: each["kept"] for each in after["alerts"]} == {FIRST: True, WEAKEST: False}


@pytest.mark.timeout(400)
def test_one_incident_one_page_a_silence_and_feedback(
    api: Api, apache: str, namespace: str, tmp_path: Path, postgresql: Postgresql
) -> None:
    url = postgresql.new_database()
    recording = {
        **api.environment,
        "ANOMALY_STREAM_HISTORY__URL": url,
        "ANOMALY_STREAM_HISTORY__RECORDER": "separate",
        "ANOMALY_STREAM_HISTORY__METRICS_PORT": str(free_port()),
    }
    for config in CONFIGS:
        answer = api.client.post("/v1/configs", json=config)
        assert answer.status_code == 201, answer.text
    host, log = Host(apache, f"{namespace}-metrics"), tmp_path / "recorder.log"
    assert host.partitions == [0, 1, 2, 3]
    with contextlib.ExitStack() as stack:
        workers = [WorkerProcess(apache, namespace, tmp_path / name) for name in ("one", "two")]
        for worker in workers:
            stack.enter_context(running(worker))
        stack.enter_context(recorder(recording, log))
        hook = stack.enter_context(notifier(api.environment, tmp_path))
        host.pulse(-NORMAL, FAILED)
        host.publish(-NORMAL, 0)
        wait_until_committed(
            apache, f"{namespace}-anomaly-stream", f"{namespace}-metrics", workers[0], timeout=120
        )
        host.publish(0, FAILED)

        incident = the_incident(api, log)
        (sqlite,) = tmp_path.rglob("history.db")
        for each in (url, f"sqlite:///{sqlite}"):
            check_database(HistoryQueries(url_of(each), timeout_s=30), incident, log)
        check_page(hook, incident["incident"]["incident_id"])
        events = [json.loads(one.value()) for one in read_all(apache, f"{namespace}-anomaly-alerts")]
        assert sorted((event["metric"], event["status"]) for event in events) == FIRING

        check_silence(api, host, hook, log)
        check_feedback(api, {each["metric"]: each["alert_id"] for each in incident["alerts"]}, log)
        assert len(hook.accepted) == 2
