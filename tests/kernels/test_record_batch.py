"""The walk of record batches against a slow twin, on good bytes and on bad ones."""

from dataclasses import dataclass

import numpy as np
import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import encode_varint
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels import record_batch as walk
from tests.kernels.record_headers import headers_of

HEADER_BYTES = 61
BASE, FIRST_TIMESTAMP = 1000, 1_700_000_000_000

nullable_bytes = st.none() | st.binary(max_size=200)
headers = st.lists(st.tuples(st.text(max_size=8), nullable_bytes), max_size=3)
record = st.tuples(st.integers(0, 2**40), nullable_bytes, nullable_bytes, headers)
records = st.lists(record, min_size=1, max_size=12)


class CorruptError(Exception):
    pass


@dataclass(frozen=True)
class Row:
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list


class Twin:
    """Reads a body byte by byte, and raises at the first thing that is wrong."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, size: int, end: int) -> bytes:
        if self.position + size > end:
            raise CorruptError
        self.position += size
        return self.data[self.position - size : self.position]

    def varint(self, end: int) -> int:
        raw, shift = 0, 0
        while shift <= 63:
            byte = self.take(1, end)[0]
            raw |= (byte & 0x7F) << shift
            if byte < 0x80:
                raw &= 2**64 - 1
                value = (raw >> 1) ^ -(raw & 1)
                return value - 2**64 if value >= 2**63 else value
            shift += 7
        raise CorruptError

    def bytes(self, end: int) -> bytes | None:
        length = self.varint(end)
        return None if length < 0 else self.take(length, end)

    def record(self, end: int) -> Row:
        length = self.varint(end)
        if length < 0 or self.position + length > end:
            raise CorruptError
        end = self.position + length
        self.take(1, end)
        timestamp, offset = self.varint(end), self.varint(end)
        key, value = self.bytes(end), self.bytes(end)
        count = self.varint(end)
        if count < 0:
            raise CorruptError
        found = []
        for _ in range(count):
            name = self.bytes(end)
            if name is None:
                raise CorruptError
            found.append((name.decode("utf-8", "replace"), self.bytes(end)))
        if self.position != end:
            raise CorruptError
        return Row(offset, timestamp, key, value, found)

    def batch(self, count: int) -> tuple[list[Row], bool]:
        """The records before the first fault, and whether there is one."""
        rows = []
        try:
            while len(rows) < count:
                rows.append(self.record(len(self.data)))
        except CorruptError:
            return rows, True
        return rows, self.position != len(self.data)


def body_of(rows: list) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 2**30)
    for offset, (timestamp, key, value, found) in enumerate(rows):
        builder.append(offset, timestamp, key, value, found)
    return bytes(builder.build()[HEADER_BYTES:])


def segment(start: int, end: int, count: int, **fields: int) -> list[int]:
    row = [start, end, 0, 0, walk.NO_APPEND_TIME, count, fields.pop("end_offset", count)]
    for name, value in fields.items():
        row[getattr(walk, name.upper())] = value
    return row


def run(
    body: bytes, segments: list[list[int]], size: int = 100, floor: int = -(2**62)
) -> tuple[list[Row], int]:
    """Walk with tables of ``size`` rows; all rows, and the last error code."""
    buffer = np.frombuffer(body, np.uint8).copy()
    cursor = np.array([0, walk.BETWEEN_BATCHES, 0, floor], np.int64)
    rows: list[Row] = []
    while cursor[walk.AT_SEGMENT] < len(segments):
        table = np.full((walk.TABLE_HEIGHT, size), -99, np.int64)
        count, error = walk.walk_batches(buffer, np.array(segments, np.int64), cursor, table)
        rows += [row_of(buffer, table[:, index]) for index in range(count)]
        if error:
            return rows, error
        assert count or cursor[walk.AT_SEGMENT] == len(segments)
    return rows, walk.OK


def row_of(buffer: np.ndarray, column: np.ndarray) -> Row:
    def span(start: int, length: int) -> bytes | None:
        if column[length] < 0:
            assert column[length] == -1
            return None
        assert 0 <= column[start] <= column[start] + column[length] <= len(buffer)
        return buffer[column[start] : column[start] + column[length]].tobytes()

    found = headers_of(buffer, int(column[walk.HEADER_START]), int(column[walk.HEADER_COUNT]))
    key, value = span(walk.KEY_START, walk.KEY_LENGTH), span(walk.VALUE_START, walk.VALUE_LENGTH)
    return Row(int(column[walk.OFFSET]), int(column[walk.TIMESTAMP]), key, value, found)


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=3))
def test_a_varint_of_64_bits_is_read_and_its_end_found(value: int, rest: bytes) -> None:
    encoded = bytearray()
    encode_varint(value, encoded.append)
    buffer = np.frombuffer(bytes(encoded) + rest, np.uint8)
    assert walk.read_varint(buffer, 0, len(buffer)) == (value, len(encoded))
    for cut in range(len(encoded)):
        assert walk.read_varint(buffer, 0, cut)[1] == -1


def test_a_varint_of_more_than_64_bits_is_refused() -> None:
    assert walk.read_varint(np.full(20, 0xFF, np.uint8), 0, 20)[1] == -1


@settings(deadline=None)
@given(records, st.integers(1, 14))
def test_records_are_those_that_were_written(rows: list, size: int) -> None:
    body = body_of(rows)
    fields = segment(0, len(body), len(rows), base_offset=BASE, first_timestamp=rows[0][0])
    found, error = run(body, [fields], size)
    assert error == walk.OK
    assert found == [Row(BASE + offset, *row) for offset, row in enumerate(rows)]


@settings(deadline=None)
@given(st.lists(records, min_size=2, max_size=5), st.integers(1, 9), st.integers(0, 30))
def test_many_batches_are_one_walk(batches: list[list], size: int, floor: int) -> None:
    bodies = [body_of(rows) for rows in batches]
    segments, expected, start, base = [], [], 0, 0
    for rows, body in zip(batches, bodies, strict=True):
        first = rows[0][0]
        fields = {"base_offset": base, "first_timestamp": first, "end_offset": base + len(rows)}
        segments.append(segment(start, start + len(body), len(rows), **fields))
        expected += [Row(base + offset, *row) for offset, row in enumerate(rows) if base + offset >= floor]
        start, base = start + len(body), base + len(rows) + 3
    assert run(b"".join(bodies), segments, size, floor) == (expected, walk.OK)


def test_append_time_is_the_time_of_every_record() -> None:
    body = body_of([(5, None, b"a", []), (9, None, b"b", [])])
    found, _ = run(body, [segment(0, len(body), 2, append_time=77)])
    assert [row.timestamp for row in found] == [77, 77]


mutations = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4)


@settings(max_examples=400, deadline=None)
@given(records, mutations, st.integers(-2, 15), st.integers(0, 12))
def test_corrupt_bytes_are_an_error_exactly_where_the_twin_finds_one(
    rows: list, changes: list, count: int, cut: int
) -> None:
    body = bytearray(body_of(rows))
    for place, byte in changes:
        body[place % len(body)] = byte
    data = bytes(body[: len(body) - cut])
    expected, corrupt = Twin(data).batch(count)
    # Offsets that do not ascend are dropped; the twin knows nothing of that.
    rising, floor = [], -(2**62)
    for row in expected:
        if row.offset >= floor:
            rising.append(row)
            floor = row.offset + 1
    for guard in (b"\x00", b"\xff", b"\x02"):
        found, error = run(data + 40 * guard, [segment(0, len(data), count)])
        assert found == rising
        assert (error != walk.OK) == corrupt


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.integers(-1, 2**31 - 1))
def test_junk_never_reads_past_its_end(junk: bytes, count: int) -> None:
    buffers = [junk + 30 * guard for guard in (b"\x00", b"\xff")]
    first, second = (run(data, [segment(0, len(junk), count)]) for data in buffers)
    assert first == second
    if count > len(junk):
        assert first[1] != walk.OK


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x7e\x00", walk.BAD_LENGTH),
        (b"\x01\x00", walk.BAD_LENGTH),
        (b"\x80", walk.BAD_VARINT),
        (b"\x00", walk.BAD_SPAN),
        (b"\x0c\x00\x00\x00\x7e\x01\x00", walk.BAD_SPAN),
        (b"\x0c\x00\x00\x00\x01\x01\x01", walk.BAD_HEADERS),
        (b"\x10\x00\x00\x00\x01\x01\x02\x01\x01", walk.BAD_HEADERS),
        (b"\x0e\x00\x00\x00\x01\x01\x00\x00", walk.BAD_RECORD_END),
        (b"\x0c\x00\x00\x00\x01\x01\x00\x00", walk.BAD_BATCH_END),
    ],
)
def test_every_fault_has_its_code_and_words(body: bytes, code: int) -> None:
    assert run(body, [segment(0, len(body), 1)])[1] == code
    assert walk.REASONS[code]
