"""A value of the future on a real broker: a dead letter with its reason, and nothing else is late."""

import json
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.integration.workers import (
    WorkerProcess,
    anomaly_stream,
    read_all,
    running,
    wait_until_committed,
)

VALUES, WILD, SPIKE = 260, 80, 200
CONFIG = "id: flow\nmetric: flow\npublish: all\n"


def observations(now: float) -> list[bytes]:
    """Two series by the minute up to now, one of which has a time two days ahead, and later a spike."""
    messages = []
    for i in range(VALUES):
        at = round(now) - 60 * (VALUES - i)
        for unit in ("a", "b"):
            wild = unit == "a" and i == WILD
            document = {
                "metric": "flow",
                "labels": {"unit": unit},
                "timestamp": at + (172_800 if wild else 0),
                "value": 900.0 if i == SPIKE else 40 + i % 7 * 0.3,
            }
            messages.append(json.dumps(document).encode())
    return messages


@pytest.mark.timeout(240)
def test_a_value_of_the_future_is_a_dead_letter_and_makes_no_other_late(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "flow.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    messages = observations(time.time())
    with running(worker):
        producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
        for message in messages:
            producer.produce(f"{namespace}-metrics", key=b"one", value=message)
        assert producer.flush(60) == 0
        wait_until_committed(
            kafka, f"{namespace}-anomaly-stream", f"{namespace}-metrics", worker, timeout=180
        )
        assert worker.stop() == 0
    (letter,) = read_all(kafka, f"{namespace}-anomaly-dead-letter")
    headers = dict(letter.headers() or ())
    assert letter.value() == messages[2 * WILD]
    assert headers["reason"] == b"ahead"
    assert b"flow{unit=a}" in headers["detail"]
    scores = [json.loads(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-scores")]
    assert len(scores) == 2 * VALUES - 1
    found = {
        score["labels"]["unit"]
        for score in scores
        if score["value"] == 900.0 and score["status"] == "anomaly"
    }
    assert found == {"a", "b"}
    log = worker.log.read_text()
    assert f"Sent to the dead-letter topic: topic {namespace}-metrics" in log
    assert "ahead: flow{unit=a}" in log
