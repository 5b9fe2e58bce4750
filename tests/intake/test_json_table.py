"""JSON lines: messages of metrics topics as they are, other objects as rows."""

import json

import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.options import IntakeOptions
from anomaly_stream.intake.reader import read_input
from anomaly_stream.model import FaultReason
from tests.intake.test_csv_table import observations, read

PLAIN = IntakeOptions()


def lines(*documents: object) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def test_messages_are_passed_on_unchanged() -> None:
    text = lines(
        {"metric": "m", "timestamp": 1, "value": 2},
        [{"metric": "m", "timestamp_ms": 2000, "value": 2}, {"metric": "m", "timestamp": 3, "value": 2}],
        {"metric": "m", "timestamp": "2023-11-14T22:13:20Z", "value": 2, "labels": {"a": "b"}},
        {"ts": 5, "value": 2},
    ).encode()
    (block,) = read_input([text], "input", PLAIN)
    assert block.records.buffer.tobytes() == text
    assert block.written_times is None


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_encodings_and_line_ends(end: str, encoding: str, size: int) -> None:
    text = lines(*({"metric": "mé", "timestamp": n, "value": 2} for n in (1, 2))).replace("\n", end)
    assert observations(text.encode(encoding), PLAIN, size) == [("mé", {}, 1.0, 2.0), ("mé", {}, 2.0, 2.0)]


def test_flat_objects_as_pandas_writes_them() -> None:
    text = lines(
        {"date": 1700000000000, "v": 1.5, "host": "a", "learn": True},
        {"date": "2023-11-14 22:14:20", "v": "2", "host": None, "rack": 7, "labels": {"site": "x"}},
    )
    assert observations(text, IntakeOptions(metric="flow")) == [
        ("flow", {"host": "a"}, 1_700_000_000.0, 1.5),
        ("flow", {"rack": "7", "site": "x"}, 1_700_000_060.0, 2.0),
    ]


def test_messages_in_milliseconds_or_without_a_zone() -> None:
    in_ms = lines({"metric": "m", "timestamp": 1700000000000, "value": 2})
    assert observations(in_ms, PLAIN) == [("m", {}, 1_700_000_000.0, 2.0)]
    local = lines({"metric": "m", "timestamp": "2023-11-14T23:13:20", "value": 2})
    assert observations(local, IntakeOptions(timezone="Europe/Berlin")) == [("m", {}, 1_700_000_000.0, 2.0)]


def test_wide_objects_with_keys_that_come_later() -> None:
    text = lines({"ts": 1, "cpu": 0.5, "host": "a"}, {"ts": 2, "cpu": None, "memory": 7, "host": "a"})
    for size in (20, 1 << 20):
        assert observations(text, IntakeOptions(wide=True), size) == [
            ("cpu", {"host": "a"}, 1.0, 0.5),
            ("memory", {"host": "a"}, 2.0, 7.0),
        ]


@pytest.mark.parametrize(
    ("row", "reason", "said"),
    [
        ("{", FaultReason.MALFORMED, "not JSON"),
        ("7", FaultReason.MALFORMED, "must be a JSON object"),
        ('{"ts": 1, "v": {"a": 1}}', FaultReason.MALFORMED, "'v' is nested"),
        ('{"ts": 1, "v": 2, "labels": "x"}', FaultReason.LABELS, "not an object"),
        ('{"ts": 1, "v": null}', FaultReason.VALUE, "empty"),
        ('{"ts": null, "v": 1}', FaultReason.TIMESTAMP, "empty"),
        ('{"ts": 1, "v": 1, "learn": 7}', FaultReason.MALFORMED, "'7', not true or false"),
    ],
)
def test_faulty_rows(row: str, reason: FaultReason, said: str) -> None:
    found, faults, _ = read(lines({"ts": 1, "v": 1, "learn": False}) + row, IntakeOptions(metric="m"))
    assert sum(map(len, found)) == 1
    assert [(fault.line, fault.reason) for fault in faults] == [(1, reason)]
    assert said in faults[0].detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[\n{"metric": "m"}\n]', "several lines.*jq"),
        ('{\n"metric": "m"}', "several lines.*jq"),
        ('{"when": 1, "metric": "m", "value": 2}', "--timestamp-column"),
        ('{"ts": 1, "metric": "m", "cpu": 2}', "--value-column"),
        ('{"ts": 1, "value": 2}', "--metric"),
        ('{"ts": 1, "val": 1, "tags": {"x": "1"}}', "'tags' is nested: only 'labels' may be; flatten it"),
    ],
)
def test_inputs_that_cannot_be_used(text: str, said: str) -> None:
    with pytest.raises(AnomalyStreamError, match=f"(?s)^input: .*{said}"):
        read(text, PLAIN)


def test_the_first_bytes_say_what_a_file_called_csv_is() -> None:
    rows = lines({"ts": 5, "value": 2}).encode()
    (block,) = read_input([rows], "a.csv", IntakeOptions(metric="m"))
    assert (block.written_times, block.faults) == (["5"], [])
    named = IntakeOptions(metric="m", timestamp_column="[time]")
    (block,) = read_input([b"[time],value\n5,2\n"], "a.csv", named)
    assert (block.written_times, block.faults) == (["5"], [])


def test_an_empty_input_has_no_blocks() -> None:
    for text in (b"", b"\n \n", b"\xef\xbb\xbf"):
        assert list(read_input([text], "input", PLAIN)) == []
