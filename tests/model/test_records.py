"""Parts of a topic partition, joined, are the records that they were before."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from anomaly_stream.model import RecordColumns
from tests.formats.columns import record_columns
from tests.kernels.record_headers import headers_of

VALUES = [b"one", None, b"", b"four", b"five", b"six", None, b"eight"]
HEADERS = [[(b"learn", b"true")], [], [(b"a", None), (b"b", b"c")], [], [], [(b"learn", None)], [], []]


def records() -> RecordColumns:
    return replace(record_columns(VALUES, HEADERS), first_offset=990)  # type: ignore[arg-type]


def content(found: RecordColumns) -> list[object]:
    return [
        (
            int(found.offset[row]),
            int(found.timestamp_ms[row]),
            found.key(row),
            found.value(row),
            headers_of(found.buffer, int(found.header_start[row]), int(found.header_count[row])),
        )
        for row in range(len(found))
    ]


def moved(part: RecordColumns, unused: int) -> RecordColumns:
    """The same records in a buffer of their own, behind ``unused`` bytes."""
    return replace(
        part,
        buffer=np.concatenate((np.full(unused, 255, np.uint8), part.buffer)),
        key_start=part.key_start + unused,
        value_start=part.value_start + unused,
        header_start=part.header_start + unused,
    )


@pytest.mark.parametrize("cuts", [[0, 3, 8], [0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 4, 4, 6, 8], [0, 8]])
@pytest.mark.parametrize("unused", [None, 0, 7])
def test_joined_parts_are_the_whole(cuts: list[int], unused: int | None) -> None:
    """Parts share a buffer (``unused`` is None), or have one each."""
    parts = [records().slice(*cut) for cut in itertools.pairwise(cuts)]
    if unused is None:
        whole = records()
        parts = [whole.slice(*cut) for cut in itertools.pairwise(cuts)]
    else:
        parts = [moved(part, unused) for part in parts]

    joined = RecordColumns.joined(parts)

    assert content(joined) == content(records())
    assert (joined.first_offset, joined.next_offset) == (990, 1008)
    assert (joined.topic, joined.partition) == ("metrics", 3)


def test_a_shared_buffer_is_copied_once_and_only_from_where_it_is_used() -> None:
    whole = records()
    parts = [whole.slice(3, 5), whole.slice(5, 8)]
    joined = RecordColumns.joined(parts)
    assert len(joined.buffer) == len(whole.buffer) - int(whole.header_start[3])
