"""A worker with two topics of different formats, against the offline scorer."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.integration.workers import WorkerProcess, anomaly_stream, read_all, running, wait_until_committed

MODULE = "tests.integration.plain_worker"
METRICS = ["metrics", {"name": "lines", "format": "plain"}]
CONFIG = "metric: '*'\ndetectors: [zscore]\nmin_observations: 10\nwindow_points: 64\npublish: all\n"


class PlainWorker(WorkerProcess):
    module = MODULE


def value_at(time: int) -> float:
    return 900.0 if time == 80 else float(time % 7)


@pytest.mark.timeout(240)
def test_topics_of_different_formats(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = PlainWorker(
        kafka, namespace, tmp_path / "worker", ANOMALY_STREAM_TOPICS__METRICS=json.dumps(METRICS)
    )
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create", module=MODULE)
    anomaly_stream(worker.environment, "configs", "apply", str(config), module=MODULE)
    producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "log_level": 0})
    for time in range(100):
        document = {"metric": "a", "timestamp": time, "value": value_at(time)}
        producer.produce(f"{namespace}-metrics", key=b"a", value=json.dumps(document).encode())
        producer.produce(f"{namespace}-lines", key=b"b", value=b"b %r %d" % (value_at(time), time))
    producer.produce(f"{namespace}-lines", key=b"b", value=b'{"metric":"b","value":1}')
    assert producer.flush(30) == 0
    with running(worker):
        for topic in ("metrics", "lines"):
            wait_until_committed(
                kafka, f"{namespace}-anomaly-stream", f"{namespace}-{topic}", worker, timeout=120
            )
        assert worker.stop() == 0
    scores = [json.loads(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-scores")]
    fields = ("timestamp", "value", "status", "score")
    a, b = ([tuple(s[f] for f in fields) for s in scores if s["metric"] == name] for name in "ab")
    assert len(a) == 100
    assert a == b
    assert {s["metric"] for s in scores if s["status"] == "anomaly"} == {"a", "b"}
    (letter,) = read_all(kafka, f"{namespace}-anomaly-dead-letter")
    assert dict(letter.headers())["reason"] == b"malformed"
