"""A real Prometheus, whose storage is filled from an OpenMetrics file."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest


@contextmanager
def prometheus_with(samples: Iterable[str], directory: Path) -> Iterator[str]:
    """The address of a server whose gauge ``flow`` has these samples, as lines of OpenMetrics."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("needs prometheus: apt-get install prometheus")
    (directory / "flow.om").write_text("\n".join(["# TYPE flow gauge", *samples, "# EOF", ""]))
    create = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "flow.om", "data"]
    subprocess.run(create, cwd=directory, check=True, capture_output=True)
    (directory / "prometheus.yml").write_text("global: {}\n")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    server = subprocess.Popen(
        [
            "prometheus",
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address={address}",
        ],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(address)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(30)


def _wait(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://{address}/-/ready").raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail("Prometheus is not ready after 60 s")
