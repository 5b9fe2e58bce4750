"""The ``learn`` header of record headers as Kafka lays them out."""

import random

import pytest

from anomaly_stream.kernels.headers import learn_headers
from tests.formats.columns import record_columns

Headers = list[tuple[bytes, bytes | None]]


def learned(*headers: Headers) -> list[bool]:
    records = record_columns([b"{}"] * len(headers), headers)
    found: list[bool] = learn_headers(records.buffer, records.header_start, records.header_count).tolist()
    return found


@pytest.mark.parametrize(
    ("value", "expected"), [(b"true", True), (b"1", True), (b"false", False), (b"", False), (None, False)]
)
def test_values(value: bytes | None, expected: bool) -> None:
    assert learned([(b"learn", value)]) == [expected]


def test_among_others() -> None:
    other = (b"traceparent", b"x" * 300)
    assert learned(
        [], [other], [other, (b"learn", b"true")], [(b"learn", b"1"), other], [(b"Learn", b"1")]
    ) == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_the_last_one_counts() -> None:
    assert learned([(b"learn", b"true"), (b"learn", b"false")], [(b"learn", b"x"), (b"learn", b"1")]) == [
        False,
        True,
    ]


def test_against_a_twin() -> None:
    rng = random.Random(2)
    names, values = (b"learn", b"lear", b"learns", b"", b"trace"), (b"true", b"1", b"0", b"True", b"", None)
    headers = [
        [(rng.choice(names), rng.choice(values)) for _ in range(rng.randrange(5))] for _ in range(2000)
    ]
    assert learned(*headers) == [dict(pairs).get(b"learn") in (b"true", b"1") for pairs in headers]


def test_a_broken_layout_is_no_learn_header() -> None:
    records = record_columns([b""], [[(b"learn", b"true")]])
    for length in range(len(records.buffer)):
        assert not learn_headers(records.buffer[:length], records.header_start, records.header_count)[0]
