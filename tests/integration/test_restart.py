"""Workers are killed, stopped and joined by others: every alert appears once by id, as in `score`."""

import time
from pathlib import Path

import pytest

from tests.integration.load import make_load
from tests.integration.test_worker import CONFIG, publish, without_source
from tests.integration.workers import (
    WorkerProcess,
    anomaly_stream,
    read_all,
    running,
    wait_until_committed,
)


@pytest.mark.timeout(420)
def test_kill_restart_and_rebalance_lose_and_invent_nothing(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    first = WorkerProcess(kafka, namespace, tmp_path / "first")
    second = WorkerProcess(kafka, namespace, tmp_path / "second")
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    anomaly_stream(first.environment, "topics", "create")
    anomaly_stream(first.environment, "configs", "apply", str(config))
    load = make_load(300, 160, seed=2, rubbish_share=0.0)
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    third = len(load) // 3
    with running(first):
        publish(kafka, topic, load[:third])
        time.sleep(3)
        publish(kafka, topic, load[third : 2 * third])
        time.sleep(1.5)
        first.kill()  # during a checkpoint, or between two
        with running(second):
            first.start()
            publish(kafka, topic, load[2 * third :])
            wait_until_committed(kafka, group, topic, second, timeout=120)
            assert first.stop() == 0
            assert second.stop() == 0
    reference_alerts = tmp_path / "alerts.jsonl"
    reference = anomaly_stream(
        first.environment,
        *("score", "--config", str(config), "--alerts", str(reference_alerts)),
        stdin=b"\n".join(b" ".join(message.value.split(b"\n")) for message in load),
    )
    scores = {without_source(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-scores")}
    alerts = {without_source(message.value()) for message in read_all(kafka, f"{namespace}-anomaly-alerts")}
    assert scores == {without_source(line) for line in reference.splitlines()}
    assert alerts == {without_source(line) for line in reference_alerts.read_bytes().splitlines()}


@pytest.mark.timeout(240)
def test_a_first_start_reads_all_existing_records(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    publish(kafka, topic, make_load(20, 60, seed=3, rubbish_share=0.0))
    with running(worker):
        wait_until_committed(kafka, group, topic, worker, timeout=60)
        assert worker.stop() == 0
