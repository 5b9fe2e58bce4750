"""Linked lists of rows: one list for each series, in order of the rows' configs."""

from typing import Any

import numpy as np

from anomaly_stream.kernels.arrays import Integers
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import release


@kernel
def link(rows: Any, first_row: Integers, numbers: Integers) -> tuple[int, int]:
    """Insert the rows ``numbers`` into the lists of their series.

    Returns how many series had no row before, and the length of the longest list that changed.
    """
    begun = 0
    longest = 0
    for number in numbers:
        series, config = rows[number].series, rows[number].config
        before = -1
        behind = first_row[series]
        length = 1
        if behind < 0:
            begun += 1
        while behind >= 0 and rows[behind].config < config:
            before = behind
            behind = rows[behind].next
            length += 1
        rows[number].next = behind
        if before < 0:
            first_row[series] = number
        else:
            rows[before].next = number
        while behind >= 0:
            behind = rows[behind].next
            length += 1
        longest = max(longest, length)
    return begun, longest


@kernel
def unlink(rows: Any, first_row: Integers, pool: Pool, numbers: Integers) -> int:
    """Remove the rows ``numbers`` from their lists and free their blocks.

    Returns how many series have no row left.
    """
    ended = 0
    for number in numbers:
        row = rows[number]
        at = first_row[row.series]
        if at == number:
            first_row[row.series] = row.next
            if row.next < 0:
                ended += 1
        else:
            while rows[at].next != number:
                at = rows[at].next
            rows[at].next = row.next
        release(row, pool)
    return ended


@kernel
def find(rows: Any, first_row: Integers, series: Integers, configs: Integers) -> Integers:
    """The row of each series under the config at the same index; -1 if there is none."""
    found = np.empty(len(series), np.int64)
    for i in range(len(series)):
        number = first_row[series[i]]
        while number >= 0 and rows[number].config != configs[i]:
            number = rows[number].next
        found[i] = number
    return found
