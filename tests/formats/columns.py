"""Record columns built from plain lists, for tests."""

from collections.abc import Sequence

import numpy as np

from anomaly_stream.formats.json.decoder import JsonDecoder
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import Fault, ObservationColumns, RecordColumns

KAFKA_MS = 1_700_000_000_125


def decode(records: RecordColumns, index: SeriesIndex) -> tuple[ObservationColumns, list[Fault]]:
    """One batch of JSON."""
    return JsonDecoder(index).decode(records)


def varint(number: int) -> bytes:
    """A zigzag varint, as in record headers."""
    raw = (number << 1) ^ (number >> 63)
    out = bytearray()
    while raw >= 0x80:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)
    return bytes(out)


def header(name: bytes, value: bytes | None) -> bytes:
    if value is None:
        return varint(len(name)) + name + varint(-1)
    return varint(len(name)) + name + varint(len(value)) + value


def record_columns(
    values: Sequence[bytes | None],
    headers: Sequence[list[tuple[bytes, bytes | None]]] | None = None,
    timestamp_ms: int = KAFKA_MS,
) -> RecordColumns:
    """Consecutive values in one buffer, each after its headers."""
    parts: list[bytes] = []
    header_start, value_start, at = [], [], 0
    for row, value in enumerate(values):
        encoded = b"".join(header(*pair) for pair in headers[row]) if headers else b""
        header_start.append(at)
        value_start.append(at + len(encoded))
        parts += [encoded, value or b""]
        at += len(encoded) + len(value or b"")
    count = len(values)
    return RecordColumns(
        topic="metrics",
        partition=3,
        buffer=np.frombuffer(b"".join(parts), np.uint8),
        offset=np.arange(1000, 1000 + count, dtype=np.int64),
        timestamp_ms=np.full(count, timestamp_ms, np.int64),
        key_start=np.zeros(count, np.int64),
        key_length=np.full(count, -1, np.int64),
        value_start=np.array(value_start, np.int64),
        value_length=np.array([-1 if value is None else len(value) for value in values], np.int64),
        header_start=np.array(header_start, np.int64),
        header_count=np.array([len(pairs) for pairs in headers] if headers else [0] * count, np.int64),
        next_offset=1000 + count,
    )
