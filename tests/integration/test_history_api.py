"""Previews and histories over HTTP, on Kafka, with a real API process."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import psutil
import pytest
from confluent_kafka import Producer

from anomaly_stream.alerts.wording import clock
from anomaly_stream.kafka.baselines_topic import follow_baselines
from anomaly_stream.kafka.jobs_topic import LOST_AFTER_S, Job, seen_at
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, free_port, running
from tests.kafka.test_topics import settings_of

STEP = 60.0
OTHER = b'{"metric":"other","timestamp":1700000000,"value":1}'
CONFIG = {"metric": "flow", "detectors": ["zscore", "modified_zscore", "iqr"], "id": "flow"}


class Api:
    """An API process without authentication, and a client of it."""

    def __init__(self, kafka: str, namespace: str, directory: Path) -> None:
        self.worker = WorkerProcess(kafka, namespace, directory / "worker")
        self.port = free_port()
        self.directory = directory
        self.environment = {
            **self.worker.environment,
            "ANOMALY_STREAM_API__PORT": str(self.port),
            "ANOMALY_STREAM_API__METRICS_PORT": str(free_port()),
            "ANOMALY_STREAM_DATA_DIR": str(directory / "api"),
        }
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=400)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.directory / "api.log").open("ab") as log:
            command = [sys.executable, "-m", "anomaly_stream", "api", "--insecure-no-auth"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                self.client.get("/v1/configs").raise_for_status()
                return
            except httpx.HTTPError:
                assert self.process.poll() is None, self.log()
                time.sleep(0.2)
        raise AssertionError(self.log())

    def stop(self) -> None:
        """End the process; one that failed to end by itself is killed before its exit code is judged."""
        self.client.close()
        if self.process is None:
            return
        self.process.terminate()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        assert status == 0, self.log()

    def log(self) -> str:
        return (self.directory / "api.log").read_text()[-4000:]

    def wait(self, job_id: str, timeout_s: float = 300) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
            if job["state"] != "running":
                return job
            time.sleep(0.2)
        raise AssertionError(f"{job}\n{self.log()}")


@pytest.fixture
def api(apache: str, namespace: str, tmp_path: Path) -> Iterator[Api]:
    served = Api(apache, namespace, tmp_path)
    anomaly_stream(served.environment, "topics", "create")
    try:
        served.start()
        yield served
    finally:
        served.stop()


def messages(count: int, first: int = 0, units: int = 3) -> list[bytes]:
    noise = np.random.default_rng(2).normal(0.0, 1.0, (first + count, units))
    return [
        json.dumps(
            {
                "metric": "flow",
                "labels": {"unit": str(unit)},
                "timestamp": 1_700_000_000 + STEP * i,
                "value": 100.0 + float(noise[i, unit]) + 90.0 * (i % 97 == 96),
            }
        ).encode()
        for i in range(first, first + count)
        for unit in range(units)
    ]


def child_of(pid: int) -> psutil.Process:
    """The task process of a server, as soon as it has one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if children := psutil.Process(pid).children():
            return children[0]
        time.sleep(0.01)
    raise AssertionError("no task process")


def array(values: list[bytes]) -> bytes:
    return b"[" + b",".join(values) + b"]"


@pytest.mark.timeout(600)
def test_preview_then_history_then_live(api: Api, kafka: str, namespace: str) -> None:
    body = b'{"config":' + json.dumps(CONFIG).encode() + b',"observations":' + array(messages(300)) + b"}"
    json_type = {"Content-Type": "application/json"}
    given = api.client.post("/v1/configs:preview", content=body, headers=json_type)
    assert given.status_code == 200, given.text
    found = given.json()
    assert (found["observations"], found["series_count"]) == (900, 3)
    assert found["alert_count"] > 0
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    for value in messages(300):
        producer.produce(f"{namespace}-metrics", value, json.loads(value)["labels"]["unit"])
    assert producer.flush(30) == 0
    stored = api.client.post("/v1/configs:preview", json={"config": CONFIG, "since": "1h"})
    assert stored.status_code == 200, stored.text
    assert stored.json()["warnings"] == []
    assert stored.json()["observations"] == 900
    assert stored.json()["alert_count"] == found["alert_count"]
    assert stored.json()["statuses"] == found["statuses"]

    for wrong, status in (
        (b"{", 400),
        (b"{}", 422),
        (b'{"config": {"metric": "flow"}}', 422),
        (b'{"config": {"metric": "flow", "detectors": ["no"]}, "since": "1h"}', 422),
        (b'{"config": {"metric": "flow"}, "since": "soon"}', 422),
        (b'{"config": {"metric": "flow"}, "observations": {}}', 422),
        (b'{"config": {"metric": "flow", "metric": "flow"}, "since": "1h"}', 400),
    ):
        refused = api.client.post("/v1/configs:preview", content=wrong, headers=json_type)
        assert refused.status_code == status, (wrong, refused.text)

    assert api.client.post("/v1/configs", json=CONFIG).status_code == 201
    with running(api.worker):
        history = b"\n".join(messages(300))
        started = api.client.post(
            "/v1/configs/flow/history", content=history, headers={"Content-Type": "application/x-ndjson"}
        )
        assert started.status_code == 202, started.text
        job = api.wait(started.json()["id"])
        assert (job["state"], job["baselines"], job["observations"]) == ("done", 3, 900), job
        # A worker that just started applies a load within a second; a baseline waits for a later value.
        wait_for_metric(api.worker, "anomaly_stream_baselines_waiting", lambda rows: rows == 3, 120)
        for value in messages(40, 300):
            producer.produce(f"{namespace}-metrics", value, json.loads(value)["labels"]["unit"])
        assert producer.flush(30) == 0
        wait_for_metric(api.worker, "anomaly_stream_baselines_taken_total", lambda taken: taken == 3, 120)
    assert api.client.get("/v1/jobs/unknown").status_code == 404
    assert api.client.post("/v1/configs/other/history", content=b"").status_code == 404
    empty = api.wait(api.client.post("/v1/configs/flow/history", content=OTHER).json()["id"])
    assert empty["state"] == "failed"
    assert "gives no baseline" in empty["error"]


@pytest.mark.timeout(900)
def test_a_large_parquet_file_takes_little_memory(api: Api, tmp_path: Path) -> None:
    """Two million rows: neither the server nor its task needs 300 MB, and the server answers meanwhile."""
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows, units = 2_000_000, 50
    number = np.arange(rows)
    table = pa.table(
        {
            "timestamp": 1_700_000_000 + STEP * (number // units),
            "value": 100.0 + np.random.default_rng(1).normal(0.0, 1.0, rows),
            "unit": (number % units).astype(str),
        }
    )
    path = tmp_path / "history.parquet"
    parquet.write_table(table, path)
    del table
    assert api.client.post("/v1/configs", json=CONFIG).status_code == 201
    with path.open("rb") as stream:
        started = api.client.post(
            "/v1/configs/flow/history",
            content=stream,
            headers={"Content-Type": "application/vnd.apache.parquet"},
        )
    assert started.status_code == 202, started.text
    assert api.process is not None
    server = psutil.Process(api.process.pid)
    most: dict[str, float] = {}
    slowest, job, seen = 0.0, started.json(), set[int]()
    while job["state"] == "running":
        for name, process in [("server", server), *(("task", each) for each in server.children())]:
            try:
                most[name] = max(most.get(name, 0.0), process.memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                continue
        asked = time.monotonic()
        job = api.client.get(f"/v1/jobs/{job['id']}").raise_for_status().json()
        slowest = max(slowest, time.monotonic() - asked)
        seen.add(job["observations"])
        time.sleep(0.2)
    print(most, slowest, (job["updated_at_ms"] - job["started_at_ms"]) / 1000)
    assert (job["state"], job["baselines"], job["observations"]) == ("done", units, rows), job
    assert len(seen) > 2, seen  # its progress was reported
    assert max(most.values()) < 300, most
    assert slowest < 5.0


@pytest.mark.timeout(300)
def test_a_killed_server_loads_nothing(api: Api, kafka: str, namespace: str) -> None:
    """kill -9 in the middle of a job: its task ends, no baseline is visible, and the job is reported lost."""
    assert api.client.post("/v1/configs", json=CONFIG).status_code == 201
    content = b"\n".join(messages(20_000))
    kind = {"Content-Type": "application/x-ndjson"}
    job = api.client.post("/v1/configs/flow/history", content=content, headers=kind).json()
    assert api.process is not None
    task = child_of(api.process.pid)
    task.suspend()  # in the middle of its job
    api.process.kill()
    api.process.wait()
    task.resume()
    task.wait(10)
    api.start()
    found = api.client.get(f"/v1/jobs/{job['id']}").json()
    assert found["state"] == "running"  # until the record is too old
    record = msgspec.convert(found, Job)
    assert seen_at(record, record.updated_at_ms + int(LOST_AFTER_S * 1000) + 1).state == "lost"
    batch = next(follow_baselines(settings_of(kafka, namespace), 0, threading.Event()))
    assert [message for message in batch.messages if message.forgotten_config is None] == []
    again = api.client.post("/v1/configs/flow/history", content=b"\n".join(messages(300)), headers=kind)
    assert api.wait(again.json()["id"])["baselines"] == 3


@pytest.mark.timeout(300)
def test_a_range_leaves_the_baselines_and_later_histories(api: Api, kafka: str, namespace: str) -> None:
    api.client.post("/v1/configs", json=CONFIG).raise_for_status()
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    before = datetime.now(UTC)
    for one in messages(60):
        producer.produce(f"{namespace}-metrics", one, "one")
    assert producer.flush(30) == 0
    asked = {"from": _time(10), "to": _time(14), "learn_from": (before - timedelta(hours=1)).isoformat()}
    job = api.client.post("/v1/configs/flow/unlearn", json=asked).raise_for_status().json()
    done = api.wait(job["id"])
    assert (done["state"], done["removed"], done["baselines"], done["observations"]) == ("done", 15, 3, 165)
    history = {"content": b"\n".join(messages(60)), "headers": {"Content-Type": "application/x-ndjson"}}
    again = api.client.post("/v1/configs/flow/history", **history).raise_for_status().json()  # type: ignore[arg-type]
    loaded = api.wait(again["id"])
    assert (loaded["observations"], loaded["baselines"]) == (165, 3)
    assert "15 values are not learned" in " ".join(loaded["warnings"])
    none = {**asked, "from": _time(5000), "to": _time(6000)}
    failed = api.wait(api.client.post("/v1/configs/flow/unlearn", json=none).raise_for_status().json()["id"])
    assert (failed["state"], failed["error"]) == (
        "failed",
        "the past holds no value of config 'flow' in the range: it is read from "
        f"{clock((before - timedelta(hours=1)).timestamp())} on, by Kafka timestamps, and the range ends "
        f"before, at {clock(1_700_000_000 + STEP * 6000)}; begin earlier with field learn_from",
    )


def _time(number: int) -> str:
    """The time of the messages with this number."""
    return datetime.fromtimestamp(1_700_000_000 + STEP * number, UTC).isoformat()
