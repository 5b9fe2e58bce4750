"""The engine's kernels: one observation, and a batch of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.lifecycle import NONE
from anomaly_stream.engine.band import LARGEST
from anomaly_stream.engine.judge import DUPLICATE, LATE, LEARNED, LEARNING, REPLAYED, UNMATCHED, judge
from anomaly_stream.engine.layout import PUBLISH_ALL, Bands, Batch, Records, State, Verdicts
from anomaly_stream.engine.verdicts import STATUS_LEARNING, write_alert, write_frame
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import enter, expire


@kernel
def observe(
    row: Any,
    alert: Any,
    pool: Pool,
    config: Any,
    bands: Bands,
    time: float,
    value: float,
    learn: bool,
    out: Verdicts,
    at: int,
    observation: int,
    number: int,
    counts: NDArray[np.int64],
) -> bool:
    """Take one observation into one row; True where a verdict stands at ``at``.

    Time rises within a row: an observation at its last time is a duplicate, an earlier one late;
    both are dropped.
    """
    if time <= row.last_time:
        counts[DUPLICATE if time == row.last_time else LATE] += 1
        return False
    row.last_time = time
    row.dirty = 1
    leaving = expire(row, pool, time - config.period, config.capacity)
    entering = max(-LARGEST, min(LARGEST, value)) + 0.0
    written = False
    if learn or row.count < config.min_observations:
        counts[LEARNED if learn else LEARNING] += 1
        if config.publish == PUBLISH_ALL:
            write_frame(out, at, observation, number, row, STATUS_LEARNING)
            write_alert(out, at, alert, NONE)
            out.publish[at] = True
            written = True
    else:
        entering, written, leaving = judge(
            row, alert, pool, config, bands, time, entering, out, at, observation, number, counts, leaving
        )
    enter(row, pool, time, entering, config.capacity, leaving)
    return written


@kernel
def advance(
    configs: Records,
    bands: Bands,
    state: State,
    pool: Pool,
    batch: Batch,
    source: int,
    begin: int,
    filled: int,
    most_rows: int,
    most_places: int,
    out: Verdicts,
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Take a batch from observation ``begin`` on; returns where it stopped, and how full ``out`` is.

    It stops early where the next observation might not find room: for ``most_rows`` verdicts (the rows
    of a series at most) in ``out``, or for ``most_places`` places in the pool.
    """
    total = len(batch.series)
    for i in range(begin, total):
        if filled + most_rows > len(out.row) or pool.free[0] + most_places > len(pool.time):
            return i, filled
        number = state.first_row[batch.series[i]]
        if number < 0:
            counts[UNMATCHED] += 1
        while number >= 0:
            row = state.rows[number]
            if batch.offset[i] <= state.replayed[number, source]:
                counts[REPLAYED] += 1
            else:
                state.included[number, source] = batch.offset[i]
                filled += observe(
                    row,
                    state.alerts[number],
                    pool,
                    configs[row.config],
                    bands,
                    batch.timestamp[i],
                    batch.value[i],
                    batch.learn[i],
                    out,
                    filled,
                    i,
                    number,
                    counts,
                )
            number = row.next
    return total, filled
