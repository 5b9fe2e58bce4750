"""Chains of rows: those of one series hang one behind the other, in order of their configs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import release


@kernel
def link(rows: Any, first_row: NDArray[np.int64], numbers: NDArray[np.int64]) -> tuple[int, int]:
    """Hang the rows ``numbers`` into the chains of their series.

    Returns how many series had no row before, and the length of the longest chain touched.
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
def unlink(rows: Any, first_row: NDArray[np.int64], pool: Pool, numbers: NDArray[np.int64]) -> int:
    """Take the rows ``numbers`` out of their chains and give their blocks back.

    Returns how many series have no row any more.
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
