"""How far apart the points of a rolling window come, and how old they can be."""

from typing import Any

import numpy as np

from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import place_of


@kernel
def mean_step(row: Any, pool: Pool) -> float:
    """The mean time between two observations since the oldest point; 0 with fewer than two points."""
    if row.count < 2:
        return 0.0
    span = pool.time[place_of(row, row.count - 1)] - pool.time[row.start + row.head]
    return float(span / ((row.count - 1) * row.stride))


@kernel
def horizon(row: Any, pool: Pool, time: float, period: float, least: int) -> float:
    """The time up to which points leave the window at ``time``: those older than ``period``.

    A series whose pace (mean step of its window) is too slow for ``least`` points in a period keeps that
    many, however old they are. The pace decides, so that a gap in a faster series keeps no old points.
    """
    count = row.count
    oldest = time - period
    if count == 0 or count > least + 1:
        return oldest
    first = pool.time[row.start + row.head]
    newest = pool.time[place_of(row, count - 1)]
    step = (newest - first) / (count - 1) if count > 1 else time - newest
    if (least + 2) * step <= period:
        return oldest
    return min(oldest, first) if count > least else -np.inf
