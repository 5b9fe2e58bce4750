"""JSON lines as record columns."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anomaly_stream.formats.lines import records_from_lines, whole_lines
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import FaultReason
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
