"""The fields of one observation from a span of JSON."""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.decimal import number
from anomaly_stream.kernels.instants import instant
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.json_spans import blank_end, labels_end, plain_end, scalar_end, string_end
from anomaly_stream.kernels.machine import load_word

METRIC_START, METRIC_LENGTH, LABELS_START, LABELS_LENGTH, LEARN, MILLISECONDS = range(6)
"""Indices into the array of spans. The caller sets ``MILLISECONDS``: 1 if a number in ``timestamp`` is in
milliseconds, 0 if it is in seconds."""
SPANS = 6
NUMBERS = 2
"""The array of numbers has this length: timestamp (seconds) and value."""

NO_TIMESTAMP = -1.0
"""This value stands for a missing timestamp; timestamps in messages are never negative."""

EARLIEST_MILLISECONDS = 1e11
"""A smaller number in a ``timestamp`` in milliseconds (before 1973) is a fault: it is probably in seconds."""

_METRIC, _LABELS, _VALUE, _TIMESTAMP, _TIMESTAMP_MS, _LEARN, _UNKNOWN = 1, 2, 4, 8, 16, 32, 0
_QUOTE, _COMMA, _COLON, _CLOSE_BRACE, _OPEN_BRACE = 34, 44, 58, 125, 123


def _word(spelled: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(spelled, "little"))


_METRIC_WORD, _LABELS_WORD = _word(b'"metric"'), _word(b'"labels"')
_VALUE_WORD, _LEARN_WORD = _word(b'"value"'), _word(b'"learn"')
_TIME_HEAD, _TIME_TAIL, _MS_TAIL = _word(b'"timesta'), _word(b'mestamp"'), _word(b'tamp_ms"')
_SEVEN_BYTES = np.uint64((1 << 56) - 1)
_TRUE, _FALSE = _word(b"true"), _word(b"false")


@leaf_kernel
def _key(buffer: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """The key whose quote is at ``at``: its field, and the end of its closing quote; -1 if not plain."""
    if at + 8 <= end:
        word = load_word(buffer, at)
        if word == _METRIC_WORD:
            return _METRIC, at + 8
        if word == _LABELS_WORD:
            return _LABELS, at + 8
        if (word & _SEVEN_BYTES) == _VALUE_WORD:
            return _VALUE, at + 7
        if (word & _SEVEN_BYTES) == _LEARN_WORD:
            return _LEARN, at + 7
        if word == _TIME_HEAD:
            if at + 11 <= end and load_word(buffer, at + 3) == _TIME_TAIL:
                return _TIMESTAMP, at + 11
            if at + 14 <= end and load_word(buffer, at + 6) == _MS_TAIL:
                return _TIMESTAMP_MS, at + 14
    return _UNKNOWN, plain_end(buffer, at, end)


@leaf_kernel
def observation(
    buffer: NDArray[np.uint8], at: int, end: int, spans: NDArray[np.int64], numbers: NDArray[np.float64]
) -> int:
    """Parse the object whose brace is before ``at``: its end, or -1 if it is not plain.

    Fills ``spans`` (see the places above) and ``numbers`` (timestamp in seconds, value).
    """
    seen = 0
    spans[LABELS_START] = at
    spans[LABELS_LENGTH] = 0
    spans[LEARN] = 0
    numbers[0] = NO_TIMESTAMP
    while True:
        at = blank_end(buffer, at, end)
        if at >= end or buffer[at] != _QUOTE:
            return -1
        field, at = _key(buffer, at, end)
        if at < 0 or (seen & field):
            return -1
        seen |= field
        at = blank_end(buffer, at, end)
        if at >= end or buffer[at] != _COLON:
            return -1
        at = blank_end(buffer, at + 1, end)
        if at >= end:
            return -1
        at = _field(buffer, at, end, field, spans, numbers)
        if at < 0:
            return -1
        at = blank_end(buffer, at, end)
        if at >= end:
            return -1
        if buffer[at] == _CLOSE_BRACE:
            break
        if buffer[at] != _COMMA:
            return -1
        at += 1
    both = _TIMESTAMP | _TIMESTAMP_MS
    needed = _METRIC | _VALUE
    if (seen & needed) != needed or (seen & both) == both:
        return -1
    return at + 1


@leaf_kernel
def _field(
    buffer: NDArray[np.uint8],
    at: int,
    end: int,
    field: int,
    spans: NDArray[np.int64],
    numbers: NDArray[np.float64],
) -> int:
    """Parse the value of one field: its end, or -1."""
    if field == _VALUE:
        at, numbers[1] = number(buffer, at, end)
        return at
    if field == _METRIC:
        stop = string_end(buffer, at, end)
        spans[METRIC_START] = at + 1
        spans[METRIC_LENGTH] = stop - at - 2
        return stop
    if field == _LABELS:
        stop = labels_end(buffer, at, end)
        spans[LABELS_START] = at
        spans[LABELS_LENGTH] = stop - at
        return stop
    if field in (_TIMESTAMP, _TIMESTAMP_MS):
        if field == _TIMESTAMP and buffer[at] == _QUOTE:
            return _instant(buffer, at, end, numbers)
        in_milliseconds = field == _TIMESTAMP_MS or spans[MILLISECONDS] == 1
        earliest = EARLIEST_MILLISECONDS if field == _TIMESTAMP and in_milliseconds else 0.0
        return _timestamp(buffer, at, end, in_milliseconds, earliest, numbers)
    if field == _LEARN:
        if at + 8 <= end:
            word = load_word(buffer, at)
            if (word & np.uint64(0xFFFFFFFF)) == _TRUE:
                spans[LEARN] = 1
                return at + 4
            if (word & np.uint64(0xFFFFFFFFFF)) == _FALSE:
                return at + 5
        return _learn_at_the_end(buffer, at, end, spans)
    return scalar_end(buffer, at, end)


@leaf_kernel
def _instant(buffer: NDArray[np.uint8], at: int, end: int, numbers: NDArray[np.float64]) -> int:
    """An RFC 3339 timestamp: its end, or -1."""
    stop = plain_end(buffer, at, end)
    if stop < 0:
        return -1
    numbers[0] = instant(buffer, at + 1, stop - 1)
    return stop if numbers[0] >= 0.0 else -1


@leaf_kernel
def _timestamp(
    buffer: NDArray[np.uint8],
    at: int,
    end: int,
    milliseconds: bool,
    earliest: float,
    numbers: NDArray[np.float64],
) -> int:
    """A number in a timestamp that is at least ``earliest``: its end, or -1."""
    stop, given = number(buffer, at, end)
    if stop < 0 or not given >= earliest:
        return -1
    numbers[0] = given / 1000.0 if milliseconds else given
    return stop


@leaf_kernel
def _learn_at_the_end(buffer: NDArray[np.uint8], at: int, end: int, spans: NDArray[np.int64]) -> int:
    """``true`` or ``false`` if fewer than eight bytes are left."""
    stop = scalar_end(buffer, at, end)
    if stop == at + 4 and buffer[at] == 116:
        spans[LEARN] = 1
        return stop
    if stop == at + 5 and buffer[at] == 102:
        return stop
    return -1
