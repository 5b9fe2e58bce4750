"""Range queries against a real Prometheus."""

import json
from collections.abc import Iterator

import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import InputBlock
from anomaly_stream.prometheus.range_query import PAGE_POINTS, RangeQuery, read_range
from tests.prometheus.server import prometheus_with

START, STEP, POINTS = 1_700_000_040, 15, 25_000


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with two series of ``POINTS`` points."""
    samples = [
        f'flow{{unit="{unit}"}} {n % 7}.5 {START + STEP * n}' for unit in ("a", "b") for n in range(POINTS)
    ]
    with prometheus_with(samples, tmp_path_factory.mktemp("prometheus")) as url:
        yield url


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
