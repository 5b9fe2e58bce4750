"""How a worker ends: in order on SIGTERM, and with a reason when it cannot continue."""

from pathlib import Path

import pytest

from tests.chaos.feeder import Feeder
from tests.chaos.group import Member
from tests.integration.load import make_load
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.test_worker import CONFIG
from tests.integration.workers import anomaly_stream, ends, read_all, running, wait_until_committed

STOP_S = 10


def prepare(kafka: str, namespace: str, directory: Path) -> Member:
    """A worker that can start: topics and config exist."""
    worker = Member(kafka, namespace, directory / "worker")
    config = directory / "load.yaml"
    config.write_text(CONFIG)
    anomaly_stream(worker.environment, "topics", "create")
    anomaly_stream(worker.environment, "configs", "apply", str(config))
    return worker


@pytest.mark.timeout(240)
def test_sigterm_under_load_leaves_nothing_to_replay(kafka: str, namespace: str, tmp_path: Path) -> None:
    worker = prepare(kafka, namespace, tmp_path)
    worker.environment["ANOMALY_STREAM_WORKER__CHECKPOINT_INTERVAL_S"] = "3600"  # only the last one matters
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    feeder = Feeder(kafka, topic, make_load(200, 200, seed=5, rubbish_share=0.0), duration_s=15)
    with running(worker):
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 4)
        feeder.start()
        wait_for_metric(worker, "anomaly_stream_observations_scored_total", lambda count: count > 5000)
        assert worker.stop(timeout=STOP_S) == 0
        assert feeder.is_alive()  # it was under load
        worker.environment["ANOMALY_STREAM_WORKER__CHECKPOINT_INTERVAL_S"] = "1"
        worker.start()
        feeder.join()
        wait_until_committed(kafka, group, topic, worker, timeout=60)
        wait_for_metric(worker, "anomaly_stream_observations_replayed_total", lambda count: count == 0)
        assert worker.stop(timeout=STOP_S) == 0
    events = [message.value() for message in read_all(kafka, f"{namespace}-anomaly-alerts")]
    assert len(events) > 100
    assert len(events) == len(set(events))
    assert sum(ends(kafka, topic).values()) > 0


@pytest.mark.timeout(240)
def test_a_worker_that_cannot_checkpoint_ends_with_a_reason(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    worker = prepare(kafka, namespace, tmp_path)
    feeder = Feeder(kafka, f"{namespace}-metrics", make_load(50, 50, seed=6), duration_s=1)
    with running(worker):
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 4)
        worker.arm("before-rocksdb", "fill-disk")
        feeder.start()
        assert worker.process is not None
        assert worker.process.wait(timeout=60) == 1
    assert worker.tail(1).startswith("anomaly-stream: ")
    assert "No space left on device" in worker.tail(1)
    feeder.join()
