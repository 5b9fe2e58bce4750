"""Observations from record values in plain JSON; metric and labels are interned as bytes.

Plain JSON is an object, or an array of objects, whose keys and numbers are ASCII without escapes; no key of
an observation occurs twice, and unknown keys have scalar values. Metric and labels can be any JSON: they are
interned as bytes, and the owner of the table parses each spelling once. Every other record is flagged, for a
full parser to read.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.intern import SpellingTable, find_or_add
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.json_fields import (
    LABELS_LENGTH,
    LABELS_START,
    LEARN,
    METRIC_LENGTH,
    METRIC_START,
    MILLISECONDS,
    NO_TIMESTAMP,
    NUMBERS,
    SPANS,
    observation,
)
from anomaly_stream.kernels.json_spans import blank_end

LATEST_TIMESTAMP = 4102444800.0
"""Event times after 2100-01-01 are faults."""

_OPEN_BRACE, _OPEN_BRACKET, _CLOSE_BRACKET, _COMMA = 123, 91, 93, 44
_LONGEST_SPELLING = 4096
_NO_ROOM = -2


class Parsed(NamedTuple):
    """The output of the kernel: one entry per observation, except ``left``, which has one per record."""

    spelling: NDArray[np.int64]
    timestamp: NDArray[np.float64]
    value: NDArray[np.float64]
    learn: NDArray[np.bool_]
    record: NDArray[np.int64]
    left: NDArray[np.bool_]
    """True: the record is not plain, and none of its observations was written."""
    spans: NDArray[np.int64]
    """Scratch for one observation, as is ``numbers``."""
    numbers: NDArray[np.float64]


def empty_parsed(records: int, observations: int, milliseconds: bool = False) -> Parsed:
    """Room for that many records and observations; a number in ``timestamp`` can be in milliseconds."""
    spans = np.zeros(SPANS, np.int64)
    spans[MILLISECONDS] = milliseconds
    return Parsed(
        np.empty(observations, np.int64),
        np.empty(observations, np.float64),
        np.empty(observations, np.float64),
        np.empty(observations, np.bool_),
        np.empty(observations, np.int64),
        np.zeros(records, np.bool_),
        spans,
        np.empty(NUMBERS, np.float64),
    )


@leaf_kernel
def parse_records(
    buffer: NDArray[np.uint8],
    value_start: NDArray[np.int64],
    value_length: NDArray[np.int64],
    timestamp_ms: NDArray[np.int64],
    table: SpellingTable,
    parsed: Parsed,
    row: int,
    count: int,
) -> tuple[int, int]:
    """Parse records from ``row``, and write observations from place ``count``.

    Returns the row to continue at and the number of observations so far. The row is ``len(value_start)``
    unless the table has no room for the spellings of that row.
    """
    while row < len(value_start):
        start = value_start[row]
        end = start + value_length[row]
        written = _record(buffer, start, end, timestamp_ms[row], table, parsed, row, count)
        if written == _NO_ROOM:
            return row, count
        if written < 0:
            parsed.left[row] = True
        else:
            count = written
        row += 1
    return row, count


@leaf_kernel
def _record(
    buffer: NDArray[np.uint8],
    at: int,
    end: int,
    kafka_ms: int,
    table: SpellingTable,
    parsed: Parsed,
    row: int,
    count: int,
) -> int:
    """Parse one record: the new count of observations, -1 if it is not plain, or ``_NO_ROOM``."""
    at = blank_end(buffer, at, end)
    if at >= end:
        return -1
    array = buffer[at] == _OPEN_BRACKET
    if array:
        at = blank_end(buffer, at + 1, end)
    while True:
        if at >= end or buffer[at] != _OPEN_BRACE:
            return -1
        at = observation(buffer, at + 1, end, parsed.spans, parsed.numbers)
        if at < 0:
            return -1
        result = _write(buffer, kafka_ms, table, parsed, row, count)
        if result < 0:
            return result
        count = result
        at = blank_end(buffer, at, end)
        if not array:
            return count if at == end else -1
        if at >= end:
            return -1
        if buffer[at] == _CLOSE_BRACKET:
            return count if blank_end(buffer, at + 1, end) == end else -1
        if buffer[at] != _COMMA:
            return -1
        at = blank_end(buffer, at + 1, end)


@leaf_kernel
def _write(
    buffer: NDArray[np.uint8],
    kafka_ms: int,
    table: SpellingTable,
    parsed: Parsed,
    row: int,
    count: int,
) -> int:
    """Write one observation: the new count, or as in ``_record``."""
    spans = parsed.spans
    timestamp = parsed.numbers[0]
    if timestamp == NO_TIMESTAMP:
        timestamp = kafka_ms / 1000.0
    if not 0.0 <= timestamp <= LATEST_TIMESTAMP or count >= len(parsed.spelling):
        return -1
    if spans[METRIC_LENGTH] + spans[LABELS_LENGTH] > _LONGEST_SPELLING:
        return -1
    spelling = find_or_add(
        table,
        buffer,
        spans[METRIC_START],
        spans[METRIC_LENGTH],
        spans[LABELS_START],
        spans[LABELS_LENGTH],
    )
    if spelling < 0:
        return _NO_ROOM
    parsed.spelling[count] = spelling
    parsed.timestamp[count] = timestamp
    parsed.value[count] = parsed.numbers[1]
    parsed.learn[count] = spans[LEARN] == 1
    parsed.record[count] = row
    return count + 1
