"""Lines of text as record columns: files are decoded as records from Kafka are.

A line is a record. Its offset is its line number, from 0. It has no key, no header and no timestamp.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.model import RecordColumns

_NEWLINE = 10
_BLANKS = (9, 13, 32)


def whole_lines(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Split blocks at line ends: chunks of whole lines, each with the number of its first line."""
    rest = b""
    first_line = 0
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut == 0:
            rest += block
            continue
        chunk = rest + block[:cut]
        yield chunk, first_line
        first_line += chunk.count(b"\n")
        rest = block[cut:]
    if rest:
        yield rest, first_line


def records_from_lines(chunk: bytes, name: str, first_line: int) -> RecordColumns:
    """Lines as records of partition 0 of topic ``name``; blank lines are skipped."""
    buffer = np.frombuffer(chunk, np.uint8)
    ends = np.flatnonzero(buffer == _NEWLINE)
    if len(buffer) and buffer[-1] != _NEWLINE:
        ends = np.append(ends, len(buffer))
    starts = np.concatenate((np.zeros(1, np.int64), ends[:-1] + 1)) if len(ends) else ends
    inked = np.flatnonzero(~np.isin(buffer, (*_BLANKS, _NEWLINE)))
    filled = np.searchsorted(inked, ends) > np.searchsorted(inked, starts)
    lines = first_line + np.flatnonzero(filled)
    return columns_of_spans(
        buffer, name, lines, starts[filled], ends[filled] - starts[filled], first_line + len(ends)
    )


def columns_of_spans(
    buffer: NDArray[np.uint8],
    name: str,
    lines: NDArray[np.int64],
    start: NDArray[np.int64],
    length: NDArray[np.int64],
    next_line: int,
) -> RecordColumns:
    """Records that have only a value and a line number."""
    count = len(lines)
    none = np.zeros(count, np.int64)
    return RecordColumns(
        topic=name,
        partition=0,
        buffer=buffer,
        offset=lines.astype(np.int64),
        timestamp_ms=np.full(count, -1, np.int64),
        key_start=none,
        key_length=np.full(count, -1, np.int64),
        value_start=start.astype(np.int64),
        value_length=length.astype(np.int64),
        header_start=none,
        header_count=none,
        next_offset=next_line,
    )


def records_of(messages: Sequence[tuple[bytes, bytes]], name: str, first: int) -> RecordColumns:
    """Keys and values as records of partition 0 of topic ``name``, with offsets from ``first``."""
    parts = [part for message in messages for part in message]
    lengths = np.array([len(part) for part in parts], np.int64).reshape(-1, 2)
    starts = (np.cumsum(lengths) - lengths.ravel()).reshape(-1, 2)
    offsets = first + np.arange(len(messages))
    none = np.zeros(len(messages), np.int64)
    return RecordColumns(
        topic=name,
        partition=0,
        buffer=np.frombuffer(b"".join(parts), np.uint8),
        offset=offsets,
        timestamp_ms=none - 1,
        key_start=starts[:, 0],
        key_length=lengths[:, 0],
        value_start=starts[:, 1],
        value_length=lengths[:, 1],
        header_start=none,
        header_count=none,
        next_offset=first + len(messages),
    )
