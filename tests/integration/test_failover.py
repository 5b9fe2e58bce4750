"""Partitions go on soon after a worker was killed, and at once when workers are restarted one by one."""

import time
from pathlib import Path

import pytest

from anomaly_stream.settings import Settings
from tests.integration.flow import CONFIG, Flow
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, running

MOST_S = 30.0
"""A generous bound on the silence of a partition; `make bench ARGS="--only failover"` measures it."""


def pair(kafka: str, namespace: str, directory: Path, **environment: str) -> tuple[WorkerProcess, ...]:
    """Two workers with default timeouts; topics and config exist."""
    workers = tuple(
        WorkerProcess(kafka, namespace, directory / name, **environment) for name in ("first", "second")
    )
    for worker in workers:
        del worker.environment["ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S"]
    config = directory / "flow.yaml"
    config.write_text(CONFIG)
    anomaly_stream(workers[0].environment, "topics", "create")
    anomaly_stream(workers[0].environment, "configs", "apply", str(config))
    return workers


def wait_until_shared(workers: tuple[WorkerProcess, ...], flow: Flow) -> None:
    for worker in workers:
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 2)
    flow.wait_for_all(60)


@pytest.mark.timeout(300)
def test_partitions_go_on_behind_a_kill_and_a_restart(apache: str, namespace: str, tmp_path: Path) -> None:
    workers = pair(apache, namespace, tmp_path)
    first, second = workers
    with running(first), running(second), Flow(apache, namespace).running() as flow:
        wait_until_shared(workers, flow)
        begun = time.monotonic()
        assert first.stop() == 0
        first.start()
        wait_until_shared(workers, flow)
        restart = max(flow.silence(begun).values())
        begun = time.monotonic()
        first.kill()
        flow.wait_for_all(MOST_S)
        killed = max(flow.silence(begun).values())
        assert second.stop() == 0
    session_s = Settings().worker.session_timeout_s
    assert restart < session_s < MOST_S  # nobody waited for a session to expire
    assert session_s / 2 < killed < MOST_S  # the session, whose last heartbeat preceded the kill, did expire


@pytest.mark.timeout(300)
def test_a_restart_of_a_static_member_moves_no_partition(apache: str, namespace: str, tmp_path: Path) -> None:
    workers = pair(apache, namespace, tmp_path)
    first, second = workers
    for worker in workers:
        worker.environment["ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S"] = "60"
        worker.environment["ANOMALY_STREAM_WORKER__GROUP_INSTANCE_ID"] = f"worker-{worker.directory.name}"
    with running(first), running(second), Flow(apache, namespace).running() as flow:
        wait_until_shared(workers, flow)
        claims = second.log.read_text().count("Claiming partitions")
        held = claimed_last(first)
        assert first.stop() == 0
        first.start()
        wait_until_shared(workers, flow)
        assert claimed_last(first) == held
        assert second.log.read_text().count("Claiming partitions") == claims
        assert second.stop() == 0
        assert first.stop() == 0


def claimed_last(worker: WorkerProcess) -> str:
    """The last line about a claim, without its time."""
    lines = [line for line in worker.log.read_text().splitlines() if "Claiming partitions" in line]
    return lines[-1].partition(" ")[2]
