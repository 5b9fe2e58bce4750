"""Range queries against a real Prometheus, whose storage is filled from an OpenMetrics file."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.prometheus.range_query import PAGE_POINTS, RangeQuery, read_range

START, STEP, POINTS = 1_700_000_040, 15, 25_000


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with two series of ``POINTS`` points."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("needs prometheus: apt-get install prometheus")
    directory = tmp_path_factory.mktemp("prometheus")
    lines = ["# TYPE flow gauge"]
    for unit in ("a", "b"):
        lines += [f'flow{{unit="{unit}"}} {n % 7}.5 {START + STEP * n}' for n in range(POINTS)]
    (directory / "flow.om").write_text("\n".join([*lines, "# EOF", ""]))
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
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://{address}/-/ready").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(30)


def query(
    url: str, text: str = "flow", end: float = START + STEP * (POINTS - 1), **fields: str
) -> RangeQuery:
    return RangeQuery(url, text, START, end, STEP, **fields)


def messages(block: InputBlock) -> list[dict[str, object]]:
    records = block.records
    data = bytes(records.buffer)
    spans = zip(records.value_start.tolist(), records.value_length.tolist(), strict=True)
    return [json.loads(data[start : start + length]) for start, length in spans]


def test_a_long_range_is_read_in_pages(prometheus: str) -> None:
    blocks = list(read_range(query(prometheus)))
    assert [len(block.records) for block in blocks] == [2 * PAGE_POINTS, 2 * PAGE_POINTS, 2 * 5_000]
    found = [message for block in blocks for message in messages(block)]
    of_b = [(one["timestamp"], one["value"]) for one in found if one["labels"] == {"unit": "b"}]
    assert of_b == [(START + STEP * n, n % 7 + 0.5) for n in range(POINTS)]
    assert {one["metric"] for one in found} == {"flow"}


def test_a_query_without_a_name_needs_one(prometheus: str) -> None:
    end = START + STEP * 10
    with pytest.raises(AnomalyStreamError, match="--metric"):
        list(read_range(query(prometheus, "sum(flow)", end)))
    (block,) = read_range(query(prometheus, "sum(flow)", end, metric="total"))
    assert messages(block)[3] == {"metric": "total", "labels": {}, "timestamp": START + 45, "value": 7.0}


def test_values_that_are_not_finite_are_left_out(prometheus: str) -> None:
    (block,) = read_range(query(prometheus, "flow / (flow - 1.5)", START + STEP * 6, metric="ratio"))
    assert len(block.records) == 2 * 6


def test_a_refused_query_says_why(prometheus: str) -> None:
    with pytest.raises(AnomalyStreamError, match="parse error"):
        list(read_range(query(prometheus, "flow{")))
    with pytest.raises(AnomalyStreamError, match="no answer of Prometheus"):
        list(read_range(query(f"{prometheus}/nowhere")))
    with pytest.raises(AnomalyStreamError, match="cannot be read"):
        list(read_range(query("http://127.0.0.1:9")))
