"""Partitions go on soon after a worker was killed, and at once when workers are restarted one by one."""

import json
import time
from pathlib import Path

import pytest

from anomaly_stream.settings import Settings
from tests.integration.flow import CONFIG, Flow
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import WorkerProcess, anomaly_stream, running

MOST_S = 30.0
"""A generous bound on the silence of a partition; `make bench ARGS="--only failover"` measures it."""


LONG_SESSION = 600.0
"""A test in which a session had to expire would time out."""


def pair(
    kafka: str, namespace: str, directory: Path, session_s: float = Settings().worker.session_timeout_s
) -> tuple[WorkerProcess, ...]:
    """Two workers; topics and config exist."""
    workers = tuple(
        WorkerProcess(
            kafka,
            namespace,
            directory / name,
            ANOMALY_STREAM_WORKER__SESSION_TIMEOUT_S=str(session_s),
        )
        for name in ("first", "second")
    )
    config = directory / "flow.yaml"
    config.write_text(CONFIG)
    anomaly_stream(workers[0].environment, "topics", "create")
    anomaly_stream(workers[0].environment, "configs", "apply", str(config))
    return workers


def wait_until_shared(workers: tuple[WorkerProcess, ...], flow: Flow) -> None:
    for worker in workers:
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 2, timeout=120)
    flow.wait_for_all(120)


@pytest.mark.timeout(600)
def test_partitions_of_a_killed_worker_continue(apache: str, namespace: str, tmp_path: Path) -> None:
    workers = pair(apache, namespace, tmp_path)
    first, second = workers
    with running(first), running(second), Flow(apache, namespace).running() as flow:
        wait_until_shared(workers, flow)
        begun = time.monotonic()
        first.kill()
        flow.wait_for_all(2 * MOST_S)
        silence = max(flow.silence(begun).values())
        assert second.stop() == 0
    # The session, whose last heartbeat preceded the kill, had to expire.
    assert Settings().worker.session_timeout_s / 2 < silence < MOST_S


@pytest.mark.timeout(600)
def test_a_worker_that_stops_leaves_its_group(apache: str, namespace: str, tmp_path: Path) -> None:
    workers = pair(apache, namespace, tmp_path, LONG_SESSION)
    workers[1].environment["ANOMALY_STREAM_LOG_FORMAT"] = "json"
    with running(workers[0]), running(workers[1]), Flow(apache, namespace).running() as flow:
        wait_until_shared(workers, flow)
        begun = time.monotonic()
        assert workers[0].stop() == 0
        flow.wait_for_all(MOST_S)
        workers[0].start()
        wait_until_shared(workers, flow)
        assert max(flow.silence(begun).values()) < MOST_S
        assert workers[1].stop() == 0
    lines = [json.loads(line) for line in workers[1].log.read_text().splitlines()]
    assert [line for line in lines if line["level"] != "INFO"] == []  # a rebalance is no fault
    assert {line["logger"].partition(".")[0] for line in lines} == {"anomaly_stream"}


@pytest.mark.timeout(600)
def test_a_restart_of_a_static_member_moves_no_partition(apache: str, namespace: str, tmp_path: Path) -> None:
    workers = pair(apache, namespace, tmp_path, LONG_SESSION)
    for worker in workers:
        worker.environment["ANOMALY_STREAM_WORKER__GROUP_INSTANCE_ID"] = f"worker-{worker.directory.name}"
    first, second = workers
    with running(first), running(second), Flow(apache, namespace).running() as flow:
        wait_until_shared(workers, flow)
        before = claims(first)[-1], claims(second)
        assert first.stop() == 0
        first.start()
        wait_until_shared(workers, flow)
        assert (claims(first)[-1], claims(second)) == before
        assert second.stop() == 0
        assert first.stop() == 0


def claims(worker: WorkerProcess) -> list[str]:
    """The partitions of each claim in the log."""
    lines = worker.log.read_text().splitlines()
    return [line.partition("Claiming partitions ")[2] for line in lines if "Claiming partitions" in line]
