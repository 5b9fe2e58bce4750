"""The engine's kernels: one observation, and a batch of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.engine.plan.dtypes import Bands, Batch, Moment, State
from anomaly_stream.engine.scoring.observe import observe_with_memory
from anomaly_stream.engine.scoring.window_judge import (
    NO_BASELINE,
    REPLAYED,
    SCORED,
    UNMATCHED,
    calmed,
    in_range,
    is_adopting,
    is_next,
    is_plain,
    judge,
    learning,
)
from anomaly_stream.kernels.arrays import Floats, Records
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.memory import prefetch
from anomaly_stream.kernels.window import enter, expire

_FAR, _NEAR = 8, 3
"""How many observations ahead rows and windows are fetched."""
_FETCHED = 512
"""Of the sorted values at most so many; the hardware fetches the rest of a longer run by itself."""


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
    verdict: Any,
    counts: NDArray[np.int64],
) -> bool:
    """Take one observation into one row without a memory; True where ``verdict`` is filled.

    It is kept apart from ``observe_with_memory`` since arrays that are handed on for each value cost as much
    as most values do.
    """
    if not is_next(row, time, counts):
        return False
    value = in_range(value)
    leaving = expire(row, pool, time - config.period, config.capacity)
    entering = value
    if learn or is_adopting(row) or row.count < config.min_observations:
        written = learning(row, alert, config, learn, verdict, counts)
    elif is_plain(row, alert, pool, config, value, leaving):
        counts[SCORED] += 1
        calmed(row, time)
        written = False
    else:
        moment = Moment(time, value, pool.sorted, 0.0, 1.0)  # which nobody takes for a memory
        entering, written, leaving = judge(
            row, alert, pool, NO_BASELINE, config, bands, moment, value, verdict, counts, leaving
        )
    if written:
        verdict.value = value
    enter(row, pool, time, entering, config.capacity, leaving)
    return written


@kernel
def _fetch_row(state: State, series: int, source: int) -> None:
    """Have the memory of a series' first row at hand soon: most of an event's time is waiting for memory."""
    number = state.first_row[series]
    if number >= 0:
        prefetch(state.rows, number)
        prefetch(state.alerts, number)
        prefetch(state.included, number * state.included.shape[1] + source)
        prefetch(state.replayed, number * state.included.shape[1] + source)


@kernel
def _fetch_window(state: State, pool: Pool, series: int) -> None:
    """The same for its window."""
    number = state.first_row[series]
    if number >= 0:
        row = state.rows[number]
        tail = row.head + row.count
        tail = row.start + (tail - row.size if tail >= row.size else tail)
        prefetch(pool.time, row.start + row.head)
        prefetch(pool.value, row.start + row.head)
        prefetch(pool.time, tail)
        prefetch(pool.value, tail)
        for place in range(row.start, row.start + min(row.count, _FETCHED), 8):
            prefetch(pool.sorted, place)


@kernel
def _is_due(state: State, ticks: NDArray[np.float64], number: int, heard: float) -> bool:
    """Whether the config of this row, or of one behind it in its chain, is due."""
    while number >= 0:
        row = state.rows[number]
        if heard >= ticks[row.config]:
            return True
        number = row.next
    return False


@kernel
def advance(
    configs: Records,
    seasons: Seasons,
    bands: Bands,
    state: State,
    pool: Pool,
    memory: Floats | None,
    batch: Batch,
    source: int,
    ticks: NDArray[np.float64],
    begin: int,
    filled: int,
    most_rows: int,
    most_places: int,
    out: Records,
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Take a batch from observation ``begin`` on; returns where it stopped, and how full ``out`` is.

    It stops early where the next observation might not find room: for ``most_rows`` verdicts (the rows
    of a series at most) in ``out``, or for ``most_places`` places in the pool. It stops too, but for the
    first, before one that is heard when one of its configs is due by ``ticks`` (empty: none will be).

    ``memory`` is that of the bank, None where no config has one: a kernel of its own, without any of the code
    for those, is compiled for that, since the mere way there costs rows without one a twentieth of their
    time.
    """
    total = len(batch.series)
    for i in range(begin, total):
        if i + _FAR < total:
            _fetch_row(state, batch.series[i + _FAR], source)
        if i + _NEAR < total:
            _fetch_window(state, pool, batch.series[i + _NEAR])
        if filled + most_rows > len(out) or pool.free[0] + most_places > len(pool.time):
            return i, filled
        number = state.first_row[batch.series[i]]
        if len(ticks) > 0 and i > begin and _is_due(state, ticks, number, batch.clock_time[i]):
            return i, filled
        if number < 0:
            counts[UNMATCHED] += 1
        while number >= 0:
            row = state.rows[number]
            if batch.offset[i] <= state.replayed[number, source]:
                counts[REPLAYED] += 1
            else:
                state.included[number, source] = batch.offset[i]
                verdict = out[filled]
                config = configs[row.config]
                alert = state.alerts[number]
                time = batch.timestamp[i]
                value = batch.value[i]
                learn = batch.learn[i]
                if memory is None or config.state_words == 0:
                    written = observe(row, alert, pool, config, bands, time, value, learn, verdict, counts)
                else:
                    written = observe_with_memory(
                        row,
                        alert,
                        pool,
                        memory,
                        config,
                        seasons,
                        bands,
                        time,
                        value,
                        learn,
                        verdict,
                        counts,
                    )
                if written:
                    verdict.observation = i
                    verdict.row = number
                    filled += 1
            number = row.next
    return total, filled
