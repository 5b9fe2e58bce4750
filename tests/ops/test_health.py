"""The answers of the health checks."""

import json
import logging
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.ops.health import Answer, Health, Progress
from anomaly_stream.ops.http import serve
from anomaly_stream.ops.metrics import WorkerMetrics


@dataclass
class Worker:
    ready: bool = True
    found: list[Progress] = field(default_factory=list)

    def progress(self) -> list[Progress]:
        return self.found


class World:
    """Health with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.worker = Worker()
        self.health = Health(30.0, lambda: self.now, works="the state is recovered and partitions are held")

    def beat(self, seconds: float, done: int = 0, end: int = 0) -> bool:
        """Whether the worker is live ``seconds`` later, with the partition at ``done``."""
        self.now += seconds
        self.worker.found = [Progress("metrics", 3, done, end)]
        self.health.beat_once()
        return self.health.live().ok


def test_a_worker_that_starts_is_live_and_not_ready() -> None:
    world = World()
    assert world.health.live().ok
    assert not world.health.ready().ok
    world.health.watch(world.worker)
    assert not world.health.ready().ok
    world.worker.ready = False
    world.beat(1)
    assert not world.health.ready().ok
    world.worker.ready = True
    assert world.health.ready().ok


def test_a_blocked_loop_is_not_live() -> None:
    world = World()
    assert world.beat(1)
    world.now += 29
    assert world.health.live().ok
    world.now += 2
    assert world.health.live().reason == "the event loop has been blocked for 31 s"


def test_a_partition_with_lag_must_advance() -> None:
    world = World()
    world.health.watch(world.worker)
    assert world.beat(1, 10, 20)
    assert world.beat(25, 10, 25)
    assert not world.beat(10, 10, 30)
    assert world.health.live().reason == (
        "partition 3 of metrics is 20 records behind and has not advanced for 35 s"
    )
    assert world.beat(1, 11, 1000)
    assert world.beat(29, 11, 1000)


def test_a_partition_without_lag_may_rest() -> None:
    world = World()
    world.health.watch(world.worker)
    assert all(world.beat(20, 10, 10) for _ in range(5))
    assert world.beat(1, 10, 11)
    assert world.beat(29, 10, 11)
    assert not world.beat(2, 10, 11)


def test_nothing_need_move_while_partitions_are_away() -> None:
    world = World()
    world.health.watch(world.worker)
    assert world.beat(1, 10, 20)
    world.worker.ready = False
    assert world.beat(25, 10, 20)
    assert world.beat(25, 10, 20)
    world.worker.ready = True
    assert world.beat(25, 10, 20)


def get(port: int, path: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read().decode()


def test_metrics_and_health_are_served_on_one_port(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world, registry = World(), CollectorRegistry()
    WorkerMetrics(registry)
    port = serve("127.0.0.1", 0, registry, world.health)
    assert f"http://127.0.0.1:{port}/metrics" in caplog.text
    status, kind, body = get(port, "/readyz")
    assert (status, kind) == (503, "application/json")
    assert json.loads(body) == {"status": "failing", "reason": "starting"}
    world.health.watch(world.worker)
    world.beat(0)
    assert get(port, "/readyz")[0] == 200
    assert json.loads(get(port, "/livez")[2])["status"] == "ok"
    status, _, body = get(port, "/metrics")
    assert status == 200
    assert "anomaly_stream_build_info" in body
    assert get(port, "/")[0] == 404


def test_a_port_that_is_taken_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for setting in ("metrics.port", "notify.metrics_port"):
            with pytest.raises(AnomalyStreamError) as caught:
                serve("127.0.0.1", port, CollectorRegistry(), World().health, setting)
            assert str(caught.value) == (
                f"metrics and health cannot be served on 127.0.0.1:{port}: Address already in use;"
                f" set metrics.host and {setting}"
            )


def test_an_unknown_host_is_reported() -> None:
    with pytest.raises(AnomalyStreamError, match="cannot be served on no\\.such\\.host\\.invalid:0"):
        serve("no.such.host.invalid", 0, CollectorRegistry(), World().health)


def test_a_process_of_another_kind_says_what_it_does() -> None:
    health, world = Health(60.0, works="alerts are delivered"), World()
    health.watch(world.worker)
    health.beat_once()
    assert health.ready() == Answer(True, "alerts are delivered")


@pytest.mark.parametrize("required", [True, False])
def test_a_further_check_that_fails_is_the_reason_of_readiness(required: bool) -> None:
    answers = [Answer(True, "the history is recorded")]
    world = World()
    health = world.health
    health.watch(world.worker)
    world.beat(1)
    health.add_check(lambda: answers[0], required)
    assert health.ready() == Answer(True, "the state is recovered and partitions are held")
    answers[0] = Answer(False, "the database is down")
    assert health.ready().ok is not required
    assert "the database is down" in health.ready().reason
    assert health.live().ok
