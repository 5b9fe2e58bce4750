"""JSON lines and CSV as record columns."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.formats.csv_rows import CsvHeader
from anomaly_stream.formats.lines import records_from_lines, whole_lines
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import FaultReason, Series
from tests.formats.columns import decode


def test_lines_are_records_by_number() -> None:
    chunk = b'\n {"metric":"a","value":1,"timestamp":3}\r\n\n \t\n{"metric":"a","value":2}'
    records = records_from_lines(chunk, "input", 10)
    assert [records.value(i) for i in range(len(records))] == [
        b' {"metric":"a","value":1,"timestamp":3}\r',
        b'{"metric":"a","value":2}',
    ]
    assert records.offset.tolist() == [11, 14]
    assert (records.topic, records.partition, records.next_offset) == ("input", 0, 15)
    assert records.key(0) is None
    columns, faults = decode(records, SeriesIndex())
    assert columns.value.tolist() == [1.0]
    assert [(fault.record, fault.reason) for fault in faults] == [(1, FaultReason.TIMESTAMP)]


@pytest.mark.parametrize(("chunk", "next_line"), [(b"", 5), (b"\n", 6), (b" \n\r\n", 7), (b" ", 6)])
def test_chunks_without_records(chunk: bytes, next_line: int) -> None:
    records = records_from_lines(chunk, "input", 5)
    assert len(records) == 0
    assert records.next_offset == next_line


@given(st.lists(st.sampled_from([b"a", b"\n", b"bc\n", b"\r\n", b" "]), max_size=30), st.integers(0, 99))
def test_cutting_into_blocks_changes_nothing(pieces: list[bytes], seed: int) -> None:
    text = b"".join(pieces)
    rng = random.Random(seed)
    cuts = sorted(rng.randrange(len(text) + 1) for _ in range(5))
    blocks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    found = [
        (int(records.offset[i]), records.value(i))
        for chunk, first in whole_lines(blocks)
        for records in [records_from_lines(chunk, "input", first)]
        for i in range(len(records))
    ]
    assert found == [(n, line) for n, line in enumerate(text.split(b"\n")) if line.strip(b" \r\t")]


def test_csv_rows() -> None:
    header = CsvHeader("\ufefftimestamp,metric,value,site,learn\r\n")
    chunk = (
        b'1700000000.25,flow,3.20,"A ""x"", y",\r\n'
        b"2023-11-14T22:13:21Z,flow,.5,,true\r\n"
        b"\r\n"
        b"1700000002,flow,1e-3,\xc3\xa9,0\r\n"
    )
    index = SeriesIndex()
    records = header.records(chunk, "input", 1)
    columns, faults = decode(records, index)
    assert not faults
    assert columns.offset.tolist() == [1, 2, 4]
    assert records.next_offset == 5
    assert columns.timestamp.tolist() == [1700000000.25, 1700000001.0, 1700000002.0]
    assert columns.value.tolist() == [3.2, 0.5, 0.001]
    assert columns.learn.tolist() == [False, True, False]
    assert [index.series[i] for i in columns.series] == [
        Series.of("flow", {"site": 'A "x", y'}),
        Series.of("flow"),
        Series.of("flow", {"site": "é"}),
    ]


@pytest.mark.parametrize("spelled", ["2023-11-14 22:13:20", "2023-11-14T22:13:20", " 2023-11-14 22:13:20.0 "])
def test_a_timestamp_without_a_zone_is_utc(spelled: str) -> None:
    header = CsvHeader("timestamp,value", "flow")
    columns, faults = decode(header.records(f"{spelled},1\n".encode(), "input", 1), SeriesIndex())
    assert not faults
    assert columns.timestamp.tolist() == [1_700_000_000.0]


def test_a_metric_for_files_without_one() -> None:
    header = CsvHeader("timestamp_ms,value", "flow")
    index = SeriesIndex()
    columns, faults = decode(header.records(b"1700000000000,1\n1700000001000,2", "input", 1), index)
    assert not faults
    assert columns.timestamp.tolist() == [1700000000.0, 1700000001.0]
    assert index.series == [Series("flow")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,nan,x", FaultReason.VALUE),
        (b"1,inf,x", FaultReason.VALUE),
        (b"1,,x", FaultReason.VALUE),
        (b"1,1_0,x", FaultReason.VALUE),
        (b"1,abc,x", FaultReason.VALUE),
        (b"never,1,x", FaultReason.TIMESTAMP),
        (b",1,x", FaultReason.TIMESTAMP),
        (b"1,1", FaultReason.MALFORMED),
        (b"1,1,x,y", FaultReason.MALFORMED),
        (b'1,1,"x', FaultReason.MALFORMED),
        (b"1,1,\xff", FaultReason.MALFORMED),
    ],
)
def test_faulty_rows(row: bytes, reason: FaultReason) -> None:
    header = CsvHeader("timestamp,value,site", "flow")
    columns, faults = decode(header.records(b"1,1,x\n" + row, "input", 1), SeriesIndex())
    assert len(columns) == 1
    assert [(fault.record, fault.reason) for fault in faults] == [(1, reason)]


@pytest.mark.parametrize(
    ("line", "said"),
    [("timestamp,site", "'value'"), ("value", "'metric'"), ("value,metric,value", "more than once")],
)
def test_headers_that_cannot_be_used(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CsvHeader(line)
