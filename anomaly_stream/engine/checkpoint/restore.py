"""Kernels that read state records back into rows; ``codec`` has the layout, ``chunks`` the idea.

Every length is proven before it is followed.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.checkpoint.head_writer import (
    ALERT_WORDS,
    FIXED_WORDS,
    HAS_ALERT,
    HAS_MEMORY,
    SOURCE_WORDS,
)
from anomaly_stream.engine.checkpoint.point_encoding import SHORT_MS, Words, checksum, read_run, run_words
from anomaly_stream.engine.checkpoint.restore_windows import (
    Found,
    begin_window,
    finish_window,
    read_chunks,
    restart_window,
)
from anomaly_stream.engine.checkpoint.shadow_pages import (
    MEMORY_WORDS,
    pages_of,
    restart_memory,
    restore_memory,
    side_words,
)
from anomaly_stream.engine.plan.dtypes import State
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.kernels.blocks import SIZES, Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.window import claim

OK, LENGTH, CAPACITY, INCOMPLETE, FORGOTTEN = range(5)
FAULTS = (
    "",
    "its lengths contradict each other",
    "it has more points than its capacity",
    "its chunks are not those that it was written with",
    "its pages are not those that it was written with",
)
"""By code: what is wrong with a record."""
_LOW_32 = np.int64(0xFFFFFFFF)


@kernel
def find_rows(
    state: State, series: NDArray[np.int64], configs: NDArray[np.int64], rows: NDArray[np.int64]
) -> None:
    """The row of each series under each config into ``rows``; -1 where there is none."""
    for i in range(len(series)):
        number = state.first_row[series[i]]
        while number >= 0 and state.rows[number].config != configs[i]:
            number = state.rows[number].next
        rows[i] = number


@kernel
def restore_rows(
    state: State,
    memories: NDArray[np.float64],
    pool: Pool,
    configs: Records,
    rows: NDArray[np.int64],
    source: Words,
    found: Found,
    sources: NDArray[np.int64],
    faults: NDArray[np.int64],
) -> None:
    """Take the records of ``rows`` over; those of row -1 are passed over.

    ``faults`` takes a code for each. The pool must have room for a block of every row.
    """
    for i in range(len(rows)):
        if rows[i] < 0:
            continue
        at = found.head[i]
        length = found.head_length[i]
        config = configs[state.rows[rows[i]].config]
        faults[i] = _fault_of_head(source, at, length)
        if faults[i] != OK:
            continue
        memory = _restore_place(state, rows[i], source, at, sources)
        has_memory = source.words[at + 9] >> 40 & HAS_MEMORY
        points = memory + (_memory_words(source, memory) if has_memory else 0)
        row = state.rows[rows[i]]
        shape = source.words[memory + 1] if has_memory else np.int64(0)
        if not _is_of_shape(source, at, config) or shape != config.shape:
            restart_window(row, source, at)
            if has_memory:
                restart_memory(row, config, memories, source, memory)
            continue
        begin_window(row, source, at)
        count = source.words[at + 2] >> 32
        held = count - (source.words[at + 11] & _LOW_32)
        if count > row.size:
            claim(row, pool, max(min(int(config.capacity), SIZES[0]), count))
        if not read_chunks(row, pool, config, held, source, found, i):
            faults[i] = INCOMPLETE
            continue
        kind = source.words[at + 9] >> 40 & 3
        read_run(source, points, count - held, kind, pool, row.start + held, 0, count - held)
        finish_window(row, pool, count, held, source, at)
        if checksum(row, pool, held) != (source.words[at + 11] >> 32 & _LOW_32):
            faults[i] = INCOMPLETE
        if not has_memory:
            continue
        begin = found.first_page[i]
        end = found.first_page[i + 1]
        if (source.words[memory] & _LOW_32) != config.memory:
            faults[i] = LENGTH
        elif not restore_memory(
            row,
            config,
            memories,
            source,
            memory,
            found.page[begin:end],
            found.page_length[begin:end],
            found.page_slot[begin:end],
        ):
            faults[i] = FORGOTTEN


@kernel
def _is_of_shape(source: Words, at: int, config: Any) -> bool:
    """Whether window and period of a head are those of the config."""
    return bool(
        source.floats[at + 1] == config.period and (source.words[at + 2] & _LOW_32) == config.capacity
    )


@kernel
def _memory_words(source: Words, at: int) -> int:
    """Words of a head's part on the memory, which begins at word ``at``."""
    return MEMORY_WORDS + side_words(pages_of(source.words[at] & _LOW_32))


@kernel
def _fault_of_head(source: Words, at: int, length: int) -> int:
    if length < FIXED_WORDS:
        return LENGTH
    capacity = source.words[at + 2] & _LOW_32
    count = source.words[at + 2] >> 32
    inline = source.words[at + 11] & _LOW_32
    flags = source.words[at + 9] >> 40 & 0xFF
    sources = source.words[at + 9] >> 48 & 0xFFFF
    if count < 0 or count > capacity or capacity > SIZES[-1] or inline > count:
        return CAPACITY
    if flags & 3 > SHORT_MS or flags > (HAS_MEMORY | HAS_ALERT | SHORT_MS):
        return LENGTH
    before = FIXED_WORDS + (ALERT_WORDS if flags & HAS_ALERT else 0) + SOURCE_WORDS * sources
    if flags & HAS_MEMORY:
        if before + MEMORY_WORDS > length:
            return LENGTH
        before += _memory_words(source, at + before)
    return OK if before + run_words(inline, flags & 3) == length else LENGTH


@kernel
def _restore_place(state: State, number: int, source: Words, at: int, sources: NDArray[np.int64]) -> int:
    """Take alert, offsets and last time over; returns where the rest of the head begins."""
    state.rows[number].last_time = source.floats[at + 5]
    flags = source.words[at + 9] >> 40 & 0xFF
    alerts = at + FIXED_WORDS
    named = alerts
    if flags & HAS_ALERT:
        _restore_alert(state.alerts[number], source, alerts)
        named += ALERT_WORDS
    count = source.words[at + 9] >> 48 & 0xFFFF
    for k in range(len(sources)):
        offset = np.int64(-1)
        for j in range(count):
            word = named + SOURCE_WORDS * j
            if source.words[word + 1] == sources[k, 0] and source.words[word + 2] == sources[k, 1]:
                offset = source.words[word]
        state.included[number, k] = offset
        state.replayed[number, k] = offset
    return int(named + SOURCE_WORDS * count)


@kernel
def _restore_alert(alert: Any, source: Words, at: int) -> None:
    alert.open = source.words[at] & 0xFF
    alert.severity = source.words[at] >> 8 & 0xFF
    alert.worst = source.words[at] >> 16 & 0xFF
    alert.quiet = source.words[at] >> 32
    alert.count = source.words[at + 1]
    alert.start = source.floats[at + 2]
    alert.end = source.floats[at + 3]
    alert.peak_score = source.floats[at + 4]
    alert.peak_value = source.floats[at + 5]
    alert.peak_deviation = source.floats[at + 6]
