"""The scan of batch headers against struct."""

import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels import batch_headers as scan

HEADER = struct.Struct(">qiibIhiqqqhii")
int8, int16 = st.integers(2, 127), st.integers(-(2**15), 2**15 - 1)
int32, int64 = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
fields = st.tuples(
    st.integers(-(2**62), 2**62), int8, st.integers(0, 2**32 - 1), int16, int32, int64, int64, int64, int32
)
batches = st.lists(st.tuples(fields, st.binary(max_size=40)), max_size=6)


def packed(values: tuple, body: bytes) -> bytes:
    base, magic, crc, attributes, delta, first, last, producer, count = values
    length = HEADER.size - scan.PREFIX_BYTES + len(body)
    header = HEADER.pack(base, length, 5, magic, crc, attributes, delta, first, last, producer, 6, 7, count)
    return header + body


def scanned(data: bytes, rows: int = 50, position: int = 0) -> tuple[list[list[int]], int, bool]:
    table = np.empty((rows, scan.HEADER_WIDTH), np.int64)
    count, position, corrupt = scan.scan_headers(np.frombuffer(data, np.uint8), position, table)
    return table[:count].tolist(), position, corrupt


@settings(deadline=None)
@given(batches, st.integers(1, 60), st.integers(1, 3))
def test_every_field_is_read_and_a_partial_batch_left(found: list, cut: int, rows: int) -> None:
    wire = [packed(*batch) for batch in found]
    partial = packed((1, 2, 3, 4, 5, 6, 7, 8, 9), b"x" * 20)[:cut]
    expected, start = [], 0
    for (values, _), data in zip(found, wire, strict=True):
        base, magic, crc, attributes, delta, *rest = values
        place = [start, start + len(data), magic]
        expected.append([*place, crc, attributes, base, base + delta + 1, *rest])
        start += len(data)
    data = b"".join(wire) + partial
    assert scanned(data) == (expected, start, False)
    pieces, position = [], 0
    while part := scanned(data, rows, position)[0]:
        pieces += part
        position = part[-1][1]
    assert pieces == expected


def test_an_old_message_has_its_place_and_offset() -> None:
    message = struct.pack(">qiIbb", 42, 14, 1, 1, 3) + bytes(8)
    row = scanned(message)[0][0]
    assert (row[scan.START], row[scan.END], row[scan.MAGIC], row[scan.BASE_OFFSET]) == (0, 26, 1, 42)


def test_a_batch_without_room_for_its_header_is_corrupt() -> None:
    good = packed((1, 2, 3, 4, 5, 6, 7, 8, 9), b"")
    for length in (-1, -(2**31), 0, 13):
        rows, position, corrupt = scanned(good + struct.pack(">qi", 0, length) + bytes(40))
        assert (len(rows), position, corrupt) == (1, len(good), True)
    short_v2 = struct.pack(">qiib", 0, 30, 0, 2) + bytes(40)
    assert scanned(short_v2) == ([], 0, True)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_junk_is_scanned_within_its_bounds(junk: bytes) -> None:
    rows, position, _ = scanned(junk)
    assert 0 <= position <= len(junk)
    assert all(0 <= row[scan.START] < row[scan.END] <= len(junk) for row in rows)
