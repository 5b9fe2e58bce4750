"""A label with a new value in each message, and the health of a worker meanwhile."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anomaly_stream.demo.watcher import read_metrics, total
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, running, wait_until_committed

CONFIG = "id: load\nmetric: load\ndetectors: [zscore]\nmin_observations: 10\nmax_series: 50\n"
KNOWN, EXPLODING = 40, 150_000


def check(worker: WorkerProcess, path: str) -> tuple[int, str]:
    """Status and reason; 0 if there is no answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.metrics_port}{path}", timeout=2) as answer:
            return answer.status, json.load(answer)["reason"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["reason"]
    except OSError:
        return 0, ""


class GroupScorer(threading.Thread):
    """Records every answer of a worker's health, in order, without repeats."""

    def __init__(self, worker: WorkerProcess) -> None:
        super().__init__(daemon=True)
        self._worker = worker
        self.live: list[int] = []
        self.ready: list[int] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.05):
            for path, seen in (("/livez", self.live), ("/readyz", self.ready)):
                status, _ = check(self._worker, path)
                if seen[-1:] != [status]:
                    seen.append(status)


@pytest.mark.timeout(240)
def test_a_label_explosion_takes_no_worker_down(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 20, "log_level": 0})

    def publish(unit: str, value: float, seconds: int) -> None:
        document = {"metric": "load", "labels": {"unit": unit}, "timestamp": 1.7e9 + seconds, "value": value}
        producer.produce(topic, key=b"one partition", value=json.dumps(document).encode())
        producer.poll(0)

    def known(first: int, rounds: int) -> None:
        for second in range(first, first + rounds):
            for number in range(KNOWN):
                publish(f"known-{number}", 10.0 + (number + second) % 5, second)

    watch = GroupScorer(worker)
    with running(worker):
        watch.start()
        known(0, 20)
        assert producer.flush(30) == 0
        wait_for_metric(worker, "anomaly_stream_series", lambda series: series == KNOWN)
        assert check(worker, "/readyz") == (200, "the state is recovered and partitions are held")
        for number in range(EXPLODING):
            publish(f"request-{number}", 1.0, 20)
        known(20, 20)
        assert producer.flush(60) == 0
        wait_until_committed(kafka, group, topic, worker, timeout=90)
        time.sleep(1.1)
        samples = read_metrics("127.0.0.1", worker.metrics_port)
        assert samples is not None
        assert total(samples, "anomaly_stream_series") == 50
        assert total(samples, "anomaly_stream_observations_refused_total") == EXPLODING - 10
        assert total(samples, "anomaly_stream_observations_scored_total") == 30 * KNOWN
        assert check(worker, "/livez")[0] == 200
        assert worker.stop() == 0
    watch.ended.set()
    assert worker.log.read_text().count("new series are not watched") == 1
    assert watch.live in ([0, 200, 0], [200, 0], [0, 200])
    assert [status for status in watch.ready if status] == [503, 200, 503]


@pytest.mark.timeout(60)
def test_a_port_that_is_taken_ends_the_worker_with_one_line(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", worker.metrics_port))
        taken.listen()
        with running(worker):
            assert worker.process is not None
            assert worker.process.wait(30) == 1
    (line,) = worker.log.read_text().splitlines()
    assert "cannot be served on 127.0.0.1" in line
    assert "Address already in use" in line
