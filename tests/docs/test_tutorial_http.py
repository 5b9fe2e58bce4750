"""The requests of docs/tutorial.md, as they stand: a metric that flows is registered, an alert arrives."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

from tests.docs.test_tutorial import HTTP, OFFLINE, Reader
from tests.integration.workers import free_port, read_all

REQUESTS = [block.text for block in HTTP if block.text.startswith("curl ")]
SERVER = next(block.text for block in HTTP if block.background)


def wait(done: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.3)
    return found


def test_there_are_five_requests() -> None:
    assert len(REQUESTS) == 5


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("workers", "servers"), [(1, 1), (3, 2)])
def test_a_metric_is_registered_over_http(
    workers: int, servers: int, tmp_path: Path, apache: str, namespace: str
) -> None:
    environment = {
        "ANOMALY_STREAM_KAFKA__BOOTSTRAP_SERVERS": apache,
        "ANOMALY_STREAM_NAMESPACE": namespace,
        "ANOMALY_STREAM_METRICS__PORT": "0",
        "ANOMALY_STREAM_API__METRICS_PORT": "0",
    }
    with ExitStack() as stack:
        reader = Reader(tmp_path, environment)
        reader.run("anomaly-stream topics create")
        for block in (*OFFLINE, *HTTP):
            if block.title:
                (tmp_path / block.title).write_text(block.text)
        reader.run("python make_orders.py")
        for number in range(workers):
            own = {**environment, "ANOMALY_STREAM_DATA_DIR": f"data{number}"}
            stack.enter_context(_in_own_folder(tmp_path, f"w{number}", own).running("anomaly-stream worker"))
        urls = list(_servers(servers, tmp_path, environment, stack))
        turn = cycle(urls)

        def ask(request: str) -> Any:
            reader.environment["API"] = next(turn)
            return json.loads(reader.run(request))

        wait(lambda: _are_one_group(apache, f"{namespace}-anomaly-stream", workers))
        reader.run("python send_visits.py 600 620 && head -n 621 orders.csv > visits.csv")
        metrics, preview, create, history, status = REQUESTS
        wait(lambda: [one["series"] for one in ask(metrics)["items"]] == [1])
        assert ask(preview)["observations"] == 20
        created = ask(create)
        assert (created["id"], created["version"], created["series"]["count"]) == ("visits", 1, 1)
        job = ask(history)["id"]
        wait(lambda: httpx.get(f"{next(turn)}/v1/jobs/{job}").json()["state"] == "done")
        wait(lambda: ask(status)["in_force"])
        assert len(ask(status)["workers"]) == workers
        time.sleep(2)  # workers take loaded baselines within a second
        reader.run("python send_visits.py 620 672")
        topic = f"{namespace}-anomaly-alerts"
        events = wait(lambda: (found := read_all(apache, topic)) and len(found) >= 2 and found)
        alerts = [json.loads(event.value()) for event in events]
        assert [(alert["status"], alert["config_id"]) for alert in alerts] == [
            ("firing", "visits"),
            ("resolved", "visits"),
        ]
        assert alerts[0]["timestamp"] == 1711792800.0  # the first hour of the outage
        held = wait(lambda: (found := ask(status))["alerts"] == 1 and found)
        assert (held["series"], held["learning"]) == (1, 0)


def _servers(count: int, folder: Path, environment: dict[str, str], stack: ExitStack) -> Iterator[str]:
    for number in range(count):
        port = free_port()
        own = {
            **environment,
            "ANOMALY_STREAM_API__PORT": str(port),
            "ANOMALY_STREAM_DATA_DIR": f"api{number}",
        }
        log = stack.enter_context(_in_own_folder(folder, f"s{number}", own).running(SERVER.strip()))
        url = f"http://127.0.0.1:{port}"
        wait(lambda url=url, log=log: _answers(url))
        yield url


def _are_one_group(apache: str, group: str, workers: int) -> bool:
    """Whether all workers have joined: what was seen before is not told by the next owner of a partition."""
    admin = AdminClient({"bootstrap.servers": apache})
    found = admin.describe_consumer_groups([group])[group].result()
    return found.state == ConsumerGroupState.STABLE and len(found.members) == workers


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").is_success
    except httpx.TransportError:
        return False


def _in_own_folder(folder: Path, name: str, environment: dict[str, str]) -> Reader:
    (folder / name).mkdir()
    return Reader(folder / name, environment)
