"""Membership of the group: idle workers stay, and workers that stop leave at once."""

from pathlib import Path

import pytest

from tests.chaos.feeder import Feeder
from tests.integration.load import make_load
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.test_worker import CONFIG
from tests.integration.workers import WorkerProcess, anomaly_stream, running, wait_until_committed

SESSION_S = 6
LONG_SESSION_S = 60
#: No waiting for a session to expire is in it.
AT_ONCE_S = 30


def worker_of(kafka: str, namespace: str, directory: Path, partitions: int, session_s: int) -> WorkerProcess:
    return WorkerProcess(
        kafka,
        namespace,
        directory,
        ANOMALY_STREAM_TOPICS__PARTITIONS=str(partitions),
        ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S=str(session_s),
    )


@pytest.mark.timeout(300)
def test_an_idle_worker_stays_a_member_and_takes_over(kafka: str, namespace: str, tmp_path: Path) -> None:
    """One partition, two workers: one of them has nothing to poll for several session timeouts."""
    workers = [worker_of(kafka, namespace, tmp_path / name, 1, SESSION_S) for name in ("busy", "idle")]
    busy, idle = workers
    config = tmp_path / "load.yaml"
    config.write_text(CONFIG)
    topic, group = f"{namespace}-metrics", f"{namespace}-anomaly-stream"
    anomaly_stream(busy.environment, "topics", "create")
    anomaly_stream(busy.environment, "configs", "apply", str(config))
    feeder = Feeder(kafka, topic, make_load(20, 200, seed=7, rubbish_share=0.0), duration_s=4 * SESSION_S)
    with running(busy), running(idle):
        wait_for_metric(busy, "anomaly_stream_rebalances_total", lambda count: count > 0)
        wait_for_metric(idle, "anomaly_stream_rebalances_total", lambda count: count > 0)
        feeder.start()
        feeder.join()
        if holds(idle):
            busy, idle = idle, busy
        before = rebalances(idle)
        wait_until_committed(kafka, group, topic, busy, timeout=60)
        assert rebalances(idle) == before  # no member was removed and rejoined
        busy.kill()
        wait_for_metric(idle, "anomaly_stream_partitions", lambda held: held == 1)
        assert idle.stop() == 0


def holds(worker: WorkerProcess) -> bool:
    return "Holding partitions [0]" in [line.split("] ")[-1].strip() for line in held_lines(worker)[-1:]]


def held_lines(worker: WorkerProcess) -> list[str]:
    return [line for line in worker.log.read_text().splitlines() if "Holding partitions" in line]


def rebalances(worker: WorkerProcess) -> int:
    return len(held_lines(worker))


@pytest.mark.timeout(300)
def test_a_worker_that_stops_leaves_the_group(kafka: str, namespace: str, tmp_path: Path) -> None:
    """A static or silent member would keep its partitions until the session expires."""
    first, second = (
        worker_of(kafka, namespace, tmp_path / name, 4, LONG_SESSION_S) for name in ("first", "second")
    )
    anomaly_stream(first.environment, "topics", "create")
    with running(first), running(second):
        for worker in (first, second):
            wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 2, timeout=90)
        assert first.stop() == 0
        wait_for_metric(second, "anomaly_stream_partitions", lambda held: held == 4, timeout=AT_ONCE_S)
        assert second.stop() == 0
