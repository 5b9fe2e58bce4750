"""Kafka's record batches (magic 2), parsed into columns without an object per record.

A record of a batch, from Kafka's protocol guide ("Record Batch"); every integer is a zigzag varint::

    length, attributes (one byte), timestamp delta, offset delta,
    key length, key, value length, value, header count, headers of (key length, key, value length, value)

Every read is checked against the end of its record, and every record against the end of its batch. So corrupt
bytes give an error code, never a read out of bounds.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

# Columns of a segment: one decompressed batch in the buffer.
SEGMENT_START, SEGMENT_END, BASE_OFFSET, FIRST_TIMESTAMP, APPEND_TIME, RECORD_COUNT, END_OFFSET = range(7)
SEGMENT_WIDTH = 7
NO_APPEND_TIME = -(2**63)
"""`APPEND_TIME` has this value for a batch whose records have the timestamps of the producer."""

# Rows of the table of records.
OFFSET, TIMESTAMP, KEY_START, KEY_LENGTH, VALUE_START, VALUE_LENGTH, HEADER_START, HEADER_COUNT = range(8)
TABLE_HEIGHT = 8

# Columns of the cursor of a walk.
AT_SEGMENT, AT_POSITION, AT_RECORD, FLOOR = range(4)
CURSOR_WIDTH = 4
BETWEEN_BATCHES = -1
"""`AT_POSITION` has this value until a walk has entered its segment."""

OK, BAD_LENGTH, BAD_VARINT, BAD_SPAN, BAD_HEADERS, BAD_RECORD_END, BAD_BATCH_END = range(7)

REASONS = (
    "",
    "a record extends past the end of its batch",
    "a number is truncated, or longer than 64 bits",
    "a key, value or header extends past the end of its record",
    "the header count is negative, or a header has no key",
    "a record has bytes after its last header",
    "a batch has bytes after its last record",
)
"""The text for each error code of `walk_batches`."""

MAX_VARINT_BITS = 63


@kernel
def read_varint(buffer: NDArray[np.uint8], position: int, end: int) -> tuple[int, int]:
    """Read one zigzag varint of at most 64 bits.

    Returns the value and the position after it; the position is -1 if the number does not end before ``end``
    or has more than 64 bits.
    """
    shift = np.uint64(0)
    raw = np.uint64(0)
    while position < end and shift <= np.uint64(MAX_VARINT_BITS):
        byte = np.uint64(buffer[position])
        position += 1
        raw |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            return int(np.int64(raw >> np.uint64(1)) ^ -np.int64(raw & np.uint64(1))), position
        shift += np.uint64(7)
    return 0, -1


@kernel
def read_span(buffer: NDArray[np.uint8], position: int, end: int) -> tuple[int, int, int]:
    """Read a length and skip that many bytes: (start, length, position after).

    A null span has length -1. On a fault, the position after is ``-BAD_VARINT`` or ``-BAD_SPAN``.
    """
    length, start = read_varint(buffer, position, end)
    if start < 0:
        return 0, -1, -BAD_VARINT
    if length < 0:
        return start, -1, start
    if length > end - start:
        return 0, -1, -BAD_SPAN
    return start, length, start + length


@kernel
def skip_headers(buffer: NDArray[np.uint8], position: int, end: int, count: int) -> int:
    """Skip ``count`` headers; the position after them, or a negated error code."""
    if count < 0:
        return -BAD_HEADERS
    for _ in range(count):
        _start, length, position = read_span(buffer, position, end)
        if position < 0:
            return position
        if length < 0:
            return -BAD_HEADERS
        _start, _length, position = read_span(buffer, position, end)
        if position < 0:
            return position
    return position


@kernel
def walk_record(
    buffer: NDArray[np.uint8], position: int, end: int, table: NDArray[np.int64], row: int
) -> tuple[int, int]:
    """Read one record into a row of the table; its timestamp is a delta. Returns (error code, offset delta).

    ``position`` and ``end`` delimit the bytes of the record after its length.
    """
    if position >= end:
        return BAD_SPAN, 0
    timestamp, position = read_varint(buffer, position + 1, end)
    if position < 0:
        return BAD_VARINT, 0
    delta, position = read_varint(buffer, position, end)
    if position < 0:
        return BAD_VARINT, 0
    key_start, key_length, position = read_span(buffer, position, end)
    if position < 0:
        return -position, 0
    value_start, value_length, position = read_span(buffer, position, end)
    if position < 0:
        return -position, 0
    headers, position = read_varint(buffer, position, end)
    if position < 0:
        return BAD_VARINT, 0
    table[TIMESTAMP, row] = timestamp
    table[KEY_START, row] = key_start
    table[KEY_LENGTH, row] = key_length
    table[VALUE_START, row] = value_start
    table[VALUE_LENGTH, row] = value_length
    table[HEADER_START, row] = position
    table[HEADER_COUNT, row] = headers
    if headers != 0:
        position = skip_headers(buffer, position, end, headers)
        if position < 0:
            return -position, 0
    if position != end:
        return BAD_RECORD_END, 0
    return OK, delta


@kernel
def walk_segment(
    buffer: NDArray[np.uint8],
    segment: NDArray[np.int64],
    cursor: NDArray[np.int64],
    table: NDArray[np.int64],
    rows: int,
) -> tuple[int, int]:
    """Read the rest of one batch into ``table`` from row ``rows``; (rows filled, error code)."""
    position, floor = cursor[AT_POSITION], cursor[FLOOR]
    record = cursor[AT_RECORD]
    error = OK
    while record < segment[RECORD_COUNT] and rows < table.shape[1]:
        start, length, behind = read_span(buffer, position, segment[SEGMENT_END])
        if behind < 0 or length < 0:
            error = BAD_VARINT if behind == -BAD_VARINT else BAD_LENGTH
            break
        error, delta = walk_record(buffer, start, behind, table, rows)
        if error != OK:
            break
        position = behind
        record += 1
        offset = segment[BASE_OFFSET] + delta
        if offset >= floor:
            table[OFFSET, rows] = offset
            if segment[APPEND_TIME] != NO_APPEND_TIME:
                table[TIMESTAMP, rows] = segment[APPEND_TIME]
            else:
                table[TIMESTAMP, rows] += segment[FIRST_TIMESTAMP]
            floor = offset + 1
            rows += 1
    cursor[AT_POSITION], cursor[AT_RECORD], cursor[FLOOR] = position, record, floor
    return rows, error


@kernel
def walk_batches(
    buffer: NDArray[np.uint8],
    segments: NDArray[np.int64],
    cursor: NDArray[np.int64],
    table: NDArray[np.int64],
) -> tuple[int, int]:
    """Read decompressed batches into ``table`` until it is full or the last batch ends.

    ``segments`` is (batches, `SEGMENT_WIDTH`), with spans inside ``buffer``; ``table`` is (`TABLE_HEIGHT`,
    rows). ``cursor`` is where the walk starts, and is updated: begin with ``(0, BETWEEN_BATCHES, 0, floor)``;
    records with an offset below ``floor`` are dropped. The walk is over when ``cursor[AT_SEGMENT]`` is the
    number of segments. Returns (rows filled, error code); rows before an error are valid.
    """
    rows = 0
    while cursor[AT_SEGMENT] < len(segments):
        segment = segments[cursor[AT_SEGMENT]]
        if cursor[AT_POSITION] == BETWEEN_BATCHES:
            cursor[AT_POSITION] = segment[SEGMENT_START]
            cursor[AT_RECORD] = 0
        rows, error = walk_segment(buffer, segment, cursor, table, rows)
        if error != OK:
            return rows, error
        if cursor[AT_RECORD] < segment[RECORD_COUNT]:
            return rows, OK
        if cursor[AT_POSITION] != segment[SEGMENT_END]:
            return rows, BAD_BATCH_END
        cursor[FLOOR] = max(cursor[FLOOR], segment[END_OFFSET])
        cursor[AT_SEGMENT] += 1
        cursor[AT_POSITION] = BETWEEN_BATCHES
    return rows, OK
