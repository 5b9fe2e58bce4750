"""An incident leaves the baseline of a running worker: it judges like one that never saw the incident."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.settings import load_settings
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, read_all, running, wait_until_committed

CONFIG = """
id: flow
metric: flow
detectors: [zscore, modified_zscore, iqr]
min_observations: 20
publish: all
labels: {site: berlin, team: red}
"""
NOW, END, START, STEP = 120, 160, 1_700_000_000.0, 60.0
FIRST, LAST = 80, 88
BOUNDS = ["--from", "2023-11-14T23:33:20Z", "--to", "2023-11-14T23:41:20Z"]
"""The times of FIRST and LAST."""


def messages(begin: int, end: int, without_incident: bool = False) -> list[bytes]:
    found = []
    for i in range(begin, end):
        for unit in ("a", "b"):
            is_incident = unit == "a" and FIRST <= i <= LAST
            if is_incident and without_incident:
                continue
            value = 300.0 + i if is_incident else 100.0 + i * 37 % 19 / 4
            labels = {"site": "berlin", "unit": unit}
            body = {"metric": "flow", "labels": labels, "timestamp": START + STEP * i, "value": value}
            found.append(json.dumps(body).encode())
    return found


def comparable(value: bytes) -> dict[str, Any]:
    document = json.loads(value)
    del document["source"]
    return document


def expected_scores() -> list[dict[str, Any]]:
    (parsed,) = parse_document(CONFIG, "configs", config_context(load_settings(environ={})))
    pipeline = Pipeline(compile_plan([parsed.config], SeverityBands()), [("all", 0)])  # type: ignore[list-item]
    past = records_of([(b"", one) for one in messages(0, NOW, without_incident=True)], "all", 0)
    pipeline.process(past)
    live = records_of([(b"", one) for one in messages(NOW, END)], "all", len(past))
    return [comparable(score.value) for score in pipeline.process(live).scores]


@pytest.mark.timeout(300)
def test_an_alert_leaves_the_baseline(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    (tmp_path / "flow.yaml").write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(tmp_path / "flow.yaml"))
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})

    def publish(values: list[bytes]) -> None:
        for value in values:
            producer.produce(f"{namespace}-metrics", value, "one")
        assert producer.flush(30) == 0
        wait_until_committed(kafka, f"{namespace}-anomaly-stream", f"{namespace}-metrics", worker, 90)

    with running(worker):
        publish(messages(0, NOW))
        events = [decode_alert(one.value()) for one in read_all(kafka, f"{namespace}-anomaly-alerts")]
        (alert_id,) = {event.alert_id for event in events}
        unlearn = ("configs", "unlearn", "--alert", alert_id, "--learn-from", "1h")
        said = anomaly_stream(worker.environment, *unlearn).decode()
        assert said.startswith(f"flow: 1 baseline learned again without {LAST - FIRST + 1} values (job "), (
            said
        )
        wait_for_metric(worker, "anomaly_stream_baselines_waiting", lambda rows: rows == 1)
        publish(messages(NOW, END))
        wait_for_metric(worker, "anomaly_stream_baselines_taken_total", lambda taken: taken == 1)
        assert worker.stop() == 0
    scores = [comparable(one.value()) for one in read_all(kafka, f"{namespace}-anomaly-scores")]
    behind = [one for one in scores if one["timestamp"] >= START + STEP * NOW]
    assert sorted(behind, key=_order) == sorted(expected_scores(), key=_order)
    assert (tmp_path / "worker" / "worker.log").read_text().count("No row here") == 0
    events = [decode_alert(one.value()) for one in read_all(kafka, f"{namespace}-anomaly-alerts")]
    for each in {event.alert_id for event in events}:  # the proof knows what was loaded
        proof = json.loads(anomaly_stream(worker.environment, "replay", each, "--json"))
        assert {event["result"] for event in proof["events"]} == {"same"}


@pytest.mark.timeout(300)
def test_a_series_that_goes_on_sending_loses_no_value(kafka: str, namespace: str, tmp_path: Path) -> None:
    """One value every 2 s, while it is learned again."""
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    (tmp_path / "flow.yaml").write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(tmp_path / "flow.yaml"))
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    sent = NOW
    stopped = threading.Event()

    def publish(values: list[bytes]) -> None:
        for value in values:
            producer.produce(f"{namespace}-metrics", value, "one")
        assert producer.flush(30) == 0

    def go_on() -> None:
        nonlocal sent
        while not stopped.wait(2.0):
            publish(messages(sent, sent + 1))
            sent += 1

    with running(worker):
        publish(messages(0, NOW))
        wait_until_committed(kafka, f"{namespace}-anomaly-stream", f"{namespace}-metrics", worker, 90)
        sender = threading.Thread(target=go_on)
        sender.start()
        try:
            unlearn = ["configs", "unlearn", "flow", "--label", "site=berlin", "--label", "unit=a"]
            run = subprocess.run(
                [sys.executable, "-m", "anomaly_stream", *unlearn, *BOUNDS, "--learn-from", "1h"],
                env=worker.environment,
                capture_output=True,
                check=False,
            )
            assert run.returncode == 0, run.stderr.decode()
        finally:
            stopped.set()
            sender.join()
        assert b"warning" not in run.stderr, run.stderr.decode()
        during = sent
        publish(messages(during, END))
        wait_until_committed(kafka, f"{namespace}-anomaly-stream", f"{namespace}-metrics", worker, 90)
        assert worker.stop() == 0
    assert during > NOW + 1
    scores = [comparable(one.value()) for one in read_all(kafka, f"{namespace}-anomaly-scores")]
    behind = [one for one in scores if one["timestamp"] >= START + STEP * during]
    expected = [one for one in expected_scores() if one["timestamp"] >= START + STEP * during]
    assert sorted(behind, key=_order) == sorted(expected, key=_order)


def _order(score: dict[str, Any]) -> tuple[str, float]:
    return score["labels"]["unit"], score["timestamp"]
