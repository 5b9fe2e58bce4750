"""A running worker follows the configs topic without a restart."""

import json
import time
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

import pytest
from confluent_kafka import Producer

from anomaly_stream.demo.watcher import read_metrics, total
from tests.integration.load import make_load
from tests.integration.workers import (
    WorkerProcess,
    anomaly_stream,
    read_all,
    running,
    wait_until_committed,
)


def wait_for_metric(
    worker: WorkerProcess, name: str, holds: Callable[[float], bool], timeout: float = 60
) -> None:
    """Wait until ``holds`` is true for the sum of a metric's samples."""
    deadline = time.monotonic() + timeout
    value: float | None = None
    while time.monotonic() < deadline:
        samples = read_metrics("127.0.0.1", worker.metrics_port)
        value = total(samples, name) if samples is not None else None
        if value is not None and holds(value):
            return
        time.sleep(0.05)
    raise AssertionError(f"{name} is {value} after {timeout} s:\n{worker.tail()}")


@pytest.mark.timeout(240)
def test_apply_and_delete_reach_a_running_worker(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "load.yaml"
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "log_level": 0})
    load = make_load(20, 90, seed=4, rubbish_share=0.0)
    thirds = [load[: len(load) // 3], load[len(load) // 3 : 2 * len(load) // 3], load[2 * len(load) // 3 :]]

    def publish(part: int) -> None:
        for message in thirds[part]:
            producer.produce(topic, key=message.key, value=message.value)
        assert producer.flush(30) == 0
        wait_until_committed(kafka, group, topic, worker, timeout=60)

    anomaly_stream(worker.environment, "topics", "create")
    with running(worker):
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 4)
        publish(0)
        wait_for_metric(worker, "anomaly_stream_observations_unmatched_total", lambda count: count > 0)
        config.write_text("id: load\nmetric: load\nmin_observations: 20\n")
        anomaly_stream(worker.environment, "configs", "apply", str(config))
        wait_for_metric(worker, "anomaly_stream_configs", lambda count: count == 1)
        publish(1)
        wait_for_metric(worker, "anomaly_stream_rows", lambda count: count == 20)
        wait_for_metric(worker, "anomaly_stream_observations_scored_total", lambda count: count > 0)
        for i in range(61):  # the last value opens an alert
            value = 900.0 if i == 60 else 40.0 + i % 7 * 0.3
            spiky = {"metric": "load", "labels": {"host": "spiky"}, "timestamp": 1e9 + i, "value": value}
            producer.produce(topic, key=b"spiky", value=json.dumps(spiky).encode())
        assert producer.flush(30) == 0
        wait_until_committed(kafka, group, topic, worker, timeout=60)
        anomaly_stream(worker.environment, "configs", "delete", "load")
        wait_for_metric(worker, "anomaly_stream_rows", lambda count: count == 0)
        publish(2)
        assert worker.stop() == 0

    alerts = [json.loads(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-alerts")]
    newest = {alert["alert_id"]: alert for alert in sorted(alerts, key=itemgetter("sequence"))}
    assert {alert["status"] for alert in newest.values()} == {"resolved"}
    (ended,) = [alert for alert in newest.values() if alert["labels"].get("host") == "spiky"]
    assert (ended["reason"], ended["timestamp"], ended["source"]) == ("config_deleted", 1e9 + 60, None)
