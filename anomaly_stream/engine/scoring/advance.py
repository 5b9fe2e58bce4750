"""The kernel that applies a batch of observations to the rows of their series."""

from typing import Any

import numpy as np

from anomaly_stream.alerts.decision import Bands
from anomaly_stream.baselines.seasonality import Seasons
from anomaly_stream.engine.bank.cadence import ages_others, continues, is_new
from anomaly_stream.engine.plan.dtypes import LINE, Batch, State
from anomaly_stream.engine.scoring.admit import IS_BOTH, IS_SCORED, TEACHES
from anomaly_stream.engine.scoring.counters import CURRENT, KNOWN, MINOR, REPLAYED, UNMATCHED
from anomaly_stream.engine.scoring.observe import observe_stateful, observe_stateless
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.memory import prefetch

_ROW_AHEAD, _WINDOW_AHEAD, _STATE_AHEAD = 8, 3, 1
"""How many observations ahead rows, windows and detector states are prefetched."""
_PREFETCHED = 512
"""At most this many sorted values, or words of detector state, are prefetched. The hardware prefetches the
rest of a longer run."""


@kernel
def _fetch_row(state: State, series: int, source: int) -> None:
    """Prefetch the first row of a series: most of the time per observation is spent waiting for memory."""
    number = state.first_row[series]
    if number >= 0:
        prefetch(state.rows, number)
        prefetch(state.alerts, number)
        prefetch(state.included, number * state.included.shape[1] + source)
        prefetch(state.replayed, number * state.included.shape[1] + source)


@kernel
def _fetch_window(state: State, pool: Pool, series: int) -> None:
    """Prefetch the window of a series' first row."""
    number = state.first_row[series]
    if number >= 0:
        row = state.rows[number]
        tail = row.head + row.count
        tail = row.start + (tail - row.size if tail >= row.size else tail)
        prefetch(pool.time, row.start + row.head)
        prefetch(pool.value, row.start + row.head)
        prefetch(pool.time, tail)
        prefetch(pool.value, tail)
        for place in range(row.start, row.start + min(row.count, _PREFETCHED), 8):
            prefetch(pool.sorted, place)


@kernel
def _fetch_state(state: State, configs: Records, detector_state: Floats, series: int) -> None:
    """Prefetch the detector state of a series' first row."""
    number = state.first_row[series]
    if number >= 0:
        row = state.rows[number]
        start = row.segment * LINE
        for place in range(start, start + min(configs[row.config].state_words, _PREFETCHED), LINE):
            prefetch(detector_state, place)


@kernel
def _is_due(state: State, due: Floats, number: int, time: float, clock_time: float) -> bool:
    """Whether an observation may make due the config of this row, or of a later one of the same series."""
    while number >= 0:
        row = state.rows[number]
        if clock_time >= due[row.config] and (is_new(row) or ages_others(row, time)):
            return True
        number = row.next
    return False


@kernel
def _may_end_silence(state: State, number: int, time: float, is_due: bool, any_silent: bool) -> bool:
    """Whether an observation may move the clock of its source, or end the silence of its series."""
    while number >= 0:
        row = state.rows[number]
        if is_due and continues(row, time):
            return True
        silent = any_silent and row.no_data_since > -np.inf
        if silent and (time > row.last_time or row.last_time > row.no_data_since):
            return True
        number = row.next
    return False


@kernel
def _observe(
    configs: Records,
    seasons: Seasons,
    bands: Bands,
    state: State,
    pool: Pool,
    detector_state: Floats | None,
    batch: Batch,
    i: int,
    number: int,
    verdict: Any,
    counts: Integers,
) -> bool:
    """Apply observation ``i`` to a row; returns whether ``verdict`` was written."""
    row, alert = state.rows[number], state.alerts[number]
    config = configs[row.config]
    time, value = batch.timestamp[i], batch.value[i]
    use = TEACHES if batch.learn[i] else IS_BOTH
    if use == IS_BOTH and config.kept_out >= 0 and batch.kept_out[i, config.kept_out]:
        use = IS_SCORED
    if detector_state is None or config.state_words == 0:
        written = observe_stateless(row, alert, pool, config, bands, time, value, use, verdict, counts)
    else:
        written = observe_stateful(
            row, alert, pool, detector_state, config, seasons, bands, time, value, use, verdict, counts
        )
    if written:
        if verdict.severity > 0:
            counts[MINOR + verdict.severity - 1] += 1
            if verdict.known_since == verdict.known_since:  # not NaN
                counts[KNOWN] += 1
        verdict.observation = i
        verdict.row = number
    return written


@kernel
def advance(
    configs: Records,
    seasons: Seasons,
    bands: Bands,
    state: State,
    pool: Pool,
    detector_state: Floats | None,
    batch: Batch,
    source: int,
    due: Floats,
    clock_due: float,
    any_silent: bool,
    begin: int,
    filled: int,
    most_rows: int,
    most_places: int,
    out: Records,
    counts: Integers,
) -> tuple[int, int]:
    """Process a batch from observation ``begin`` on; returns where it stopped, and how full ``out`` is.

    It stops early if the next observation might not find room: ``most_rows`` verdicts in ``out`` (the most
    rows of any series) or ``most_places`` places in the pool. It also stops before an observation, other than
    the first, that may make one of its configs due for expiry. ``due`` has the clock time of each config, and
    is empty if none becomes due in this batch. Likewise it stops before one that may move the clock of the
    source to ``clock_due`` or, with ``any_silent``, end the silence of a series.

    ``detector_state`` is that of the bank, or None if no config has one. For None a second version of the
    kernel is compiled: compiling that branch in slows stateless rows by 5 %.
    """
    total = len(batch.series)
    for i in range(begin, total):
        if i + _ROW_AHEAD < total:
            _fetch_row(state, batch.series[i + _ROW_AHEAD], source)
        if i + _WINDOW_AHEAD < total:
            _fetch_window(state, pool, batch.series[i + _WINDOW_AHEAD])
        if detector_state is not None and i + _STATE_AHEAD < total:
            _fetch_state(state, configs, detector_state, batch.series[i + _STATE_AHEAD])
        if filled + most_rows > len(out) or pool.free[0] + most_places > len(pool.time):
            return i, filled
        number = state.first_row[batch.series[i]]
        if (
            len(due) > 0
            and i > begin
            and _is_due(state, due, number, batch.timestamp[i], batch.clock_time[i])
        ):
            return i, filled
        if (
            i > begin
            and (any_silent or batch.clock_time[i] >= clock_due)
            and _may_end_silence(
                state, number, batch.timestamp[i], batch.clock_time[i] >= clock_due, any_silent
            )
        ):
            return i, filled
        counts[CURRENT] = i
        if number < 0:
            counts[UNMATCHED] += 1
        while number >= 0:
            if batch.offset[i] <= state.replayed[number, source]:
                counts[REPLAYED] += 1
            else:
                state.included[number, source] = batch.offset[i]
                state.rows[number].dirty = 1
                filled += _observe(
                    configs,
                    seasons,
                    bands,
                    state,
                    pool,
                    detector_state,
                    batch,
                    i,
                    number,
                    out[filled],
                    counts,
                )
            number = state.rows[number].next
    return total, filled
