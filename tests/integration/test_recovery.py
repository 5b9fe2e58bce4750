"""A worker whose directory was deleted restores the same state and continues from it."""

import shutil
import time
from pathlib import Path

import pytest

from tests.chaos.states import rocksdb_states
from tests.integration.load import make_load
from tests.integration.test_worker import CONFIG, publish
from tests.integration.workers import WorkerProcess, anomaly_stream, running, wait_until_committed


@pytest.mark.timeout(300)
def test_the_changelog_gives_back_what_rocksdb_held(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = WorkerProcess(kafka, namespace, tmp_path / "worker")
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    load = make_load(200, 90, seed=5, rubbish_share=0.0)
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    with running(worker):
        for part in range(3):  # several checkpoints, so that there are chunks
            publish(kafka, topic, load[part * len(load) // 3 : (part + 1) * len(load) // 3])
            wait_until_committed(kafka, group, topic, worker, timeout=100)
        assert worker.stop() == 0
    before = {number: records for number, (_, records) in rocksdb_states(worker.directory / "data").items()}
    shutil.rmtree(worker.directory / "data")
    with running(worker):
        wait_until_recovered(worker)
        assert worker.stop() == 0
    after = {number: records for number, (_, records) in rocksdb_states(worker.directory / "data").items()}
    assert after == before
    assert any(key.count(b"\0", 0, -2) > 1 for records in before.values() for key in records)
    assert sum(map(len, before.values())) > 200


def wait_until_recovered(worker: WorkerProcess) -> None:
    deadline = time.monotonic() + 60
    while worker.log.read_text().count("Holding partitions [0") < 2:
        assert time.monotonic() < deadline, worker.tail()
        time.sleep(0.2)
