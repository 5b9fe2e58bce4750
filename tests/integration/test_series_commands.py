"""A reset on a real broker: obeyed by a running worker, and once by one that was down."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import (
    WorkerProcess,
    anomaly_stream,
    read_all,
    running,
    wait_until_committed,
)

CONFIG = (
    "id: flow\nmetric: flow\npublish: all\nmin_observations: 20\ndetectors: [zscore, modified_zscore, iqr]\n"
)


@pytest.mark.timeout(400)
def test_a_reset_reaches_the_worker_and_one_that_was_down(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "flow.yaml"
    config.write_text(CONFIG)
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})

    def publish(begin: int, end: int) -> None:
        for i in range(begin, end):
            for unit in ("a", "b"):
                value = 900.0 if i in (49, 100) and unit == "a" else 40 + i % 7 * 0.3
                document = {"metric": "flow", "labels": {"unit": unit}, "timestamp": 1e9 + i, "value": value}
                producer.produce(topic, key=b"one", value=json.dumps(document).encode())
        assert producer.flush(60) == 0
        wait_until_committed(kafka, group, topic, worker, timeout=180)

    def reset(unit: str) -> None:
        arguments = ("--config", "flow", "--metric", "flow", "--label", f"unit={unit}")
        anomaly_stream(worker.environment, "series", "reset", *arguments)

    with running(worker):
        publish(0, 50)
        reset("a")
        wait_for_metric(worker, "anomaly_stream_series_commands_total", lambda count: count == 1)
        reset("nobody")
        wait_for_metric(worker, "anomaly_stream_series_commands_total", lambda count: count == 2)
        publish(50, 80)
        assert worker.stop() == 0
    reset("b")
    for begin in (80, 110):
        with running(worker):
            publish(begin, begin + 30)
            assert worker.stop() == 0

    scores = [json.loads(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-scores")]
    learning = {
        unit: [
            int(score["timestamp"] - 1e9)
            for score in scores
            if score["labels"]["unit"] == unit and score["status"] == "learning"
        ]
        for unit in ("a", "b")
    }
    assert learning["a"] == [*range(20), *range(50, 70)]
    assert learning["b"][:20] == list(range(20))
    begun = learning["b"][20]
    assert learning["b"][20:] == list(range(begun, begun + 20))
    assert begun >= 80
    alerts = [json.loads(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-alerts")]
    assert [alert["status"] for alert in alerts] == 2 * ["firing", "resolved"]
    assert alerts[1]["timestamp"] == 1e9 + 50
    assert "flow{unit=a} was reset and learns anew" in alerts[1]["explanation"]
    for alert in alerts[::2]:
        proof = json.loads(anomaly_stream(worker.environment, "replay", alert["alert_id"], "--json"))
        assert [event["result"] for event in proof["events"]] == ["same", "same"]
    log = worker.log.read_text()
    assert "reset of flow{unit=a} under config flow, by" in log
    assert "No row here for the reset of flow{unit=nobody} under config flow" in log
    assert log.count("reset of flow{unit=b} under config flow, by") == 1
