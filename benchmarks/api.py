"""Latency of the configuration API on 10,000 configs: a process of its own, called over HTTP, one by one."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
import numpy as np

from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import config_writer
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.parsing import parse_one
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings, load_settings
from benchmarks import api_tasks
from benchmarks.processes import ContenderError
from tests.brokers.broker import free_port

CONFIGS = 10_000
CREATES = 300
READS = 1_000
START_S = 120.0
_BATCH = 1_000

Request = Callable[[int], httpx.Response]


def measure(bootstrap: str, namespace: str) -> list[str]:
    """Lines to print. Raises ContenderError if the API does not start, or refuses a request."""
    port = free_port()
    variables = {
        "KAFKA__BOOTSTRAP_SERVERS": bootstrap,
        "NAMESPACE": namespace,
        "API__PORT": str(port),
        "API__METRICS_PORT": str(free_port()),
        "LOG_LEVEL": "WARNING",
    }
    environ = {f"ANOMALY_STREAM_{name}": value for name, value in variables.items()}
    settings = load_settings(environ=environ)
    create_topics(settings)
    _fill(settings)
    with _served(port, environ) as client:
        requests: dict[str, tuple[int, Request]] = {
            "create": (CREATES, lambda n: client.post("/v1/configs", json={"metric": f"new_{n}"})),
            "read one": (READS, lambda n: client.get(f"/v1/configs/c{n:05}")),
            "list a page of 100": (READS, lambda n: client.get("/v1/configs")),
            "list a page of 1000": (READS // 10, lambda n: client.get("/v1/configs?limit=1000")),
            "list by owner": (READS, lambda n: client.get("/v1/configs?owner=team-7")),
            "list by text": (CREATES, lambda n: client.get("/v1/configs?q=_9999")),
        }
        lines = [f"{name:19} {_latency(count, request)}" for name, (count, request) in requests.items()]
        return [*lines, *api_tasks.measure(client)]


def _fill(settings: Settings) -> None:
    """Put the configs in force."""
    context = config_context(settings)

    def batch(first: int) -> Callable[[Registry], Sequence[ConfigRecord]]:
        documents = (
            {
                "id": f"c{n:05}",
                "metric": f"metric_{n:05}",
                "owner": f"team-{n % 100}",
                "match": {"env": "prod"},
            }
            for n in range(first, first + _BATCH)
        )
        parsed = [parse_one(document, context, of_group=False) for document in documents]
        return lambda registry: [
            record for one in parsed if (record := registry.revise(one, "bench", 0)) is not None
        ]

    with config_writer(settings) as writer:
        for first in range(0, CONFIGS, _BATCH):
            writer.write(batch(first))


@contextmanager
def _served(port: int, environ: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of an API process, which is ready."""
    command = [sys.executable, "-m", "anomaly_stream", "api", "--insecure-no-auth"]
    process = subprocess.Popen(command, env={**os.environ, **environ}, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            _wait(process, client)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", client: httpx.Client) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.ConnectError:
            time.sleep(0.1)
    raise ContenderError("the API is not ready")


def _latency(count: int, request: Request) -> str:
    """Median and 99th percentile of ``count`` requests in turn, after a tenth as many that do not count."""
    seconds = []
    for number in range(-count // 10, count):
        began = time.perf_counter()
        answer = request(number % CONFIGS)
        if number >= 0:
            seconds.append(time.perf_counter() - began)
        if not answer.is_success:
            raise ContenderError(f"the API answers {answer.status_code}: {answer.text}")
    p50, p99 = np.percentile(seconds, (50, 99), method="higher")
    return f"p50 {p50 * 1e3:6.1f} ms, p99 {p99 * 1e3:6.1f} ms ({count:,} requests)"
