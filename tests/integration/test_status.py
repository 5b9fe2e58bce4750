"""What workers say on the status topic, read as the API reads it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Producer

from anomaly_stream.kafka.config_topic import config_context, read_configs
from anomaly_stream.kafka.status_topic import StatusBoard, status_view
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.registry.parsing import parse_document
from tests.integration.workers import WorkerProcess, anomaly_stream, running
from tests.kafka.test_topics import settings_of

CONFIGS = """
- {id: flow, metric: flow, min_observations: 10, detectors: [zscore, iqr], baseline_period: 1d}
- {id: narrow, metric: flow, max_series: 1, min_observations: 10, baseline_period: 1d}
- {id: unused, metric: nothing}
"""


def publish(bootstrap: str, topic: str, documents: list[dict[str, object]]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for document in documents:
        producer.produce(topic, json.dumps(document), key=str(document["labels"]))
    assert producer.flush(20) == 0


def wait(board: StatusBoard, done: Callable[[WorkerStatus], bool], seconds: float = 60) -> WorkerStatus:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = board.now()
        if done(status):
            return status
        time.sleep(0.2)
    raise AssertionError(f"not in {seconds} s: {board.now()}")


def seen(status: WorkerStatus) -> int:
    return sum(metric.series for metric in status.metrics())


def test_workers_report_and_their_reports_end_with_them(kafka: str, namespace: str, tmp_path: Path) -> None:
    settings = settings_of(kafka, namespace)
    worker = WorkerProcess(
        kafka, namespace, tmp_path / "worker", ANOMALY_STREAM_WORKER__STATUS_INTERVAL_S="0.3"
    )
    configs = tmp_path / "configs.yaml"
    configs.write_text(CONFIGS)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(configs))
    now = time.time()
    flow: list[dict[str, object]] = [
        {
            "metric": "flow",
            "labels": {"unit": unit, "env": "prod"},
            "timestamp": now - 300 + i,
            "value": i % 3,
        }
        for i in range(30)
        for unit in "ab"
    ]
    flow.append(
        {"metric": "flow", "labels": {"unit": "a", "env": "prod"}, "timestamp": now - 270, "value": 900.0}
    )
    other: list[dict[str, object]] = [
        {"metric": "other", "labels": {"unit": str(unit), "env": "dev"}, "timestamp": now, "value": 1.0}
        for unit in range(20)
    ]
    with status_view(settings) as view, running(worker):
        board = StatusBoard(view)
        publish(kafka, f"{namespace}-metrics", [*flow, *other])
        status = wait(board, lambda one: one.config("flow").activity.alerts > 0 and seen(one) == 22)

        found = status.config("flow")
        assert len(status.partitions) == settings.topics.partitions
        assert [position.config_offset for position in found.workers] == [read_configs(settings).next_offset]
        assert (found.activity.series, found.activity.learning, found.activity.refused) == (2, 0, 0)
        assert (found.activity.alerts, found.activity.anomalies, found.activity.error) == (1, 1, "")
        assert found.alerts_per_day is None  # counted for some seconds only
        narrow = status.config("narrow").activity  # max_series is for each partition
        assert narrow.series + narrow.refused == 2
        assert status.config("unused").activity.series == 0

        (one, two) = status.metrics()
        assert (one.name, one.series, one.labels["unit"]) == ("flow", 2, {"a": 1, "b": 1})
        assert (two.name, two.series, two.labels["env"]) == ("other", 20, {"dev": 20})
        assert one.per_minute > 0
        (new,) = parse_document("{metric: 'o*', match: {env: dev}}", "n.yaml", config_context(settings))
        matched = status.matched(new.config, 3)
        assert matched is not None
        count, examples = matched
        assert count == 20
        assert [series.metric for series in examples] == ["other"] * 3

        configs.write_text("{id: unused, metric: nothing, sensitivity: high}")
        anomaly_stream(worker.environment, "configs", "apply", str(configs))
        offset = read_configs(settings).next_offset
        wait(board, lambda status: all(one.config_offset == offset for one in status.partitions.values()), 20)
        worker.kill()
        wait(board, lambda status: not status.partitions, 30)
