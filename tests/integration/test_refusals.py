"""If writes fail, the worker ends with a reason; once they succeed, it continues correctly."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import load_settings
from tests.chaos.configs import ConfigShell
from tests.chaos.disk import NoDiskError, SmallDisk
from tests.chaos.eras import EraBook
from tests.chaos.feeder import Feeder
from tests.chaos.group import Member
from tests.chaos.load import chaos_load
from tests.chaos.reconfiguring import FIRST, HOST
from tests.chaos.refusal import refusing
from tests.chaos.schedule import Schedule
from tests.chaos.turns import judged_before, turns_of
from tests.chaos.verdict import Found, Verdict, judge
from tests.integration.test_config_changes import wait_for_metric
from tests.integration.workers import anomaly_stream, read_all, running, wait_until_committed

Trouble = Callable[[], contextlib.AbstractContextManager[None]]


@pytest.fixture
def worker(apache: str, namespace: str, tmp_path: Path) -> Member:
    """Topics and the config exist."""
    worker = Member(apache, namespace, tmp_path / "worker")
    anomaly_stream(worker.environment, "topics", "create")
    for config in (FIRST, HOST):
        ConfigShell(worker.environment, tmp_path).apply(config)
    return worker


@pytest.fixture
def disk(worker: Member) -> Iterator[SmallDisk]:
    """A disk for the data of the worker only."""
    try:
        disk = SmallDisk(worker.data)
    except NoDiskError as error:
        if os.environ.get("CI"):
            pytest.fail(f"no disk can be mounted and filled: {error}")
        pytest.skip(f"NO DISK WAS FILLED: {error}")
    yield disk
    disk.unmount()


@contextlib.contextmanager
def full(disk: SmallDisk) -> Iterator[None]:
    disk.fill()
    yield
    disk.free()


@pytest.mark.timeout(400)
def test_a_full_disk(apache: str, worker: Member, disk: SmallDisk) -> None:
    refuse_and_recover(apache, worker, lambda: full(disk), "No space left on device")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("topic", ["changelog", "alerts", "groups"])
def test_a_broker_that_refuses(apache: str, worker: Member, topic: str) -> None:
    name = getattr(TopicNames.of(load_settings(None, worker.environment)), topic)
    reason = "Message size too large" if topic == "changelog" else "MessageSizeTooLarge"
    refuse_and_recover(apache, worker, lambda: refusing(apache, name), reason)


def refuse_and_recover(bootstrap: str, worker: Member, trouble: Trouble, reason: str) -> None:
    """Under load: a fault ends the worker, a start fails, the fault is removed, and all results are right."""
    settings = load_settings(None, worker.environment)
    names = TopicNames.of(settings)
    feeder = Feeder(bootstrap, names.metrics[0], chaos_load(seed=8), duration_s=12)
    with running(worker):
        wait_for_metric(worker, "anomaly_stream_partitions", lambda held: held == 4)
        feeder.start()
        wait_for_metric(worker, "anomaly_stream_observations_scored_total", lambda count: count > 2000)
        with trouble():
            assert end_of(worker) == 1, worker.tail()
            assert worker.tail(1).startswith("anomaly-stream: "), worker.tail()
            assert reason in worker.tail(1)
            worker.start()
            assert end_of(worker) == 1, worker.tail()
            assert worker.tail(1).startswith("anomaly-stream: "), worker.tail()
        worker.start()
        feeder.join()
        for topic in names.sources:
            wait_until_committed(bootstrap, names.app_id, topic, worker, timeout=90)
        assert worker.stop() == 0
    assert not feeder.failures
    book = EraBook(bootstrap, settings)
    book.close()
    changelog = read_all(bootstrap, names.changelog)
    verdict = Verdict(Schedule(8, 1, ()))
    judge(
        Found(
            eras=book.eras,
            alerts=[message.value() for message in read_all(bootstrap, names.alerts)],
            changelog=changelog,
            turns=turns_of(changelog, names.metrics[0], partial(judged_before, settings)),
            data=[worker.data],
        ),
        verdict,
    )
    assert not verdict.faults, str(verdict)


def end_of(worker: Member) -> int | None:
    deadline = time.monotonic() + 90
    while worker.exit_code is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return worker.exit_code
