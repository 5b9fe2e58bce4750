"""Two API processes on Apache Kafka: they act as one, and one may die at any moment."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from anomaly_stream.kafka.config_topic import read_configs
from anomaly_stream.kafka.topic_setup import create_topics
from tests.kafka.test_topics import settings_of

START_S = 60.0

KILLED_AT_ITS_COMMIT = """
import os, signal, sys
from anomaly_stream.cli import main
from anomaly_stream.kafka import config_writer

new_producer, moment = config_writer._new_producer, sys.argv.pop(1)

class Killed:
    def __init__(self, producer):
        self._producer = producer

    def __getattr__(self, name):
        return getattr(self._producer, name)

    def commit_transaction(self, *arguments):
        if moment == "after":
            self._producer.commit_transaction(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

config_writer._new_producer = lambda settings: Killed(new_producer(settings))
main(sys.argv[1:])
"""
"""An API that is killed by its first write: before the commit of the transaction, or after it."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Replica:
    """An API process."""

    def __init__(self, kafka: str, namespace: str, program: Sequence[str] = ("-m", "anomaly_stream")) -> None:
        port = free_port()
        variables = {
            "KAFKA__BOOTSTRAP_SERVERS": kafka, "NAMESPACE": namespace, "API__PORT": str(port),
            "API__METRICS_PORT": "0", "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, *program, "api", "--insecure-no-auth"],
            env={**os.environ, **{f"ANOMALY_STREAM_{name}": value for name, value in variables.items()}},
        )
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def wait(self) -> "Replica":
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self
            except httpx.ConnectError:
                time.sleep(0.1)
        pytest.fail(f"the API is not ready after {START_S:g} s")

    def stop(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(60) == 0  # a graceful end


@pytest.fixture
def replicas(apache: str, namespace: str) -> Iterator[list[Replica]]:
    create_topics(settings_of(apache, namespace))
    made = [Replica(apache, namespace) for _ in range(2)]
    yield [replica.wait() for replica in made]
    for replica in made:
        replica.stop()


@pytest.mark.slow
def test_two_replicas_act_as_one(apache: str, namespace: str, replicas: list[Replica]) -> None:
    one, two = (replica.client for replica in replicas)
    for number in range(10):  # what one has answered, the other serves
        writer, reader = (one, two) if number % 2 else (two, one)
        created = writer.post(
            "/v1/configs", json={"metric": f"m{number}"}, headers={"Idempotency-Key": str(number)}
        )
        assert created.status_code == 201
        assert reader.get(f"/v1/configs/m{number}").headers["ETag"] == created.headers["ETag"]
        again = reader.post(
            "/v1/configs", json={"metric": f"m{number}"}, headers={"Idempotency-Key": str(number)}
        )
        assert (again.status_code, again.headers["ETag"]) == (201, created.headers["ETag"])

    def attempt(number: int) -> int | None:
        client = (one, two)[number % 2]
        tag = client.get("/v1/configs/m0").headers["ETag"]
        patch = {"annotations": {"by": str(number)}}
        answer = client.patch("/v1/configs/m0", json=patch, headers={"If-Match": tag})
        assert answer.status_code in (200, 412), answer.text
        return int(answer.json()["version"]) if answer.status_code == 200 else None

    with ThreadPoolExecutor(100) as pool:
        won = [version for version in pool.map(attempt, range(100)) if version is not None]
    assert sorted(won) == list(range(2, len(won) + 2))
    assert read_configs(settings_of(apache, namespace)).records["m0"].version == len(won) + 1


@pytest.mark.slow
def test_a_replica_that_is_killed_loses_nothing(apache: str, namespace: str, replicas: list[Replica]) -> None:
    """Killed between a write and its answer: what was answered is there; the other replica goes on."""
    victim, survivor = replicas
    answered: list[int] = []

    def write(number: int) -> None:
        try:
            created = victim.client.post("/v1/configs", json={"metric": f"m{number}"})
        except httpx.HTTPError:
            return
        if created.status_code == 201:
            answered.append(number)

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(write, number) for number in range(200)]
        while len(answered) < 20:
            time.sleep(0.001)
        victim.process.send_signal(signal.SIGKILL)
        for future in futures:
            future.result()
    assert 20 <= len(answered) < 200
    for number in answered:
        assert survivor.client.get(f"/v1/configs/m{number}").status_code == 200
    began = time.monotonic()
    assert survivor.client.post("/v1/configs", json={"metric": "after"}).status_code == 201
    assert time.monotonic() - began < 10
    registry = read_configs(settings_of(apache, namespace))
    assert not registry.refused
    assert {f"m{number}" for number in answered} <= set(registry.records)
    assert {record.version for record in registry} == {1}


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_request_that_was_not_answered_can_be_repeated(apache: str, namespace: str, moment: str) -> None:
    """Killed at its commit: the other replica makes the change once, whether it was committed or not."""
    create_topics(settings_of(apache, namespace))
    victim = Replica(apache, namespace, ("-c", KILLED_AT_ITS_COMMIT, moment))
    survivor = Replica(apache, namespace)
    try:
        victim.wait()
        survivor.wait()
        request = {"json": {"metric": "m"}, "headers": {"Idempotency-Key": "k"}}
        with pytest.raises(httpx.TransportError):
            victim.client.post("/v1/configs", **request)
        assert victim.process.wait(10) == -signal.SIGKILL
        answer = survivor.client.post("/v1/configs", **request)
        assert (answer.status_code, answer.json()["version"]) == (201, 1), answer.text
        assert survivor.client.post("/v1/configs", json={"metric": "m"}).status_code == 409
        assert read_configs(settings_of(apache, namespace)).records["m"].version == 1
    finally:
        victim.stop()
        survivor.stop()
