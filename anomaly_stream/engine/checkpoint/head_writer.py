"""Kernels that write heads and chunks as words; ``codec`` has the layout."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.engine.checkpoint.chunks import CHUNK, slot_count
from anomaly_stream.engine.checkpoint.point_encoding import Words, checksum, time_kind, write_run
from anomaly_stream.engine.checkpoint.shadow_pages import head_words, write_memory
from anomaly_stream.engine.plan.dtypes import State
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel

FIXED_WORDS = 13
"""Words of a head before alert and sources."""
ALERT_WORDS = 7
SOURCE_WORDS = 3
CHUNK_WORDS = 2
"""Words of a chunk before its points."""
MOST_CHUNK_WORDS = CHUNK_WORDS + 2 * CHUNK
HAS_ALERT = 4
"""Flag: the alert's words are there; else it is as in a new row. The two bits below are the kind of times."""
HAS_MEMORY = 8
"""Flag: the part on the memory is there; else there is none."""
SERIAL_BITS = 48


@kernel
def write_chunks(
    state: State,
    pool: Pool,
    configs: Records,
    numbers: NDArray[np.int64],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    out: Words,
    described: NDArray[np.int64],
) -> int:
    """Write the chunks of the points from ``begins`` to ``ends`` of each row, one behind the other.

    ``described`` takes of each chunk the place of its row in ``numbers``, its slot, and where it ends, in
    words. Returns how many there are.
    """
    at = 0
    written = 0
    for i in range(len(numbers)):
        row = state.rows[numbers[i]]
        if ends[i] <= begins[i]:
            continue
        slots = slot_count(configs[row.config].capacity)
        for chunk in range(begins[i] // CHUNK, (ends[i] - 1) // CHUNK + 1):
            begin = max(chunk * CHUNK, row.first) - row.first
            end = min((chunk + 1) * CHUNK, ends[i]) - row.first
            kind = time_kind(row, pool, begin, end)
            out.words[at] = 0
            out.words[at + 1] = (row.first + begin) | (end - begin) << SERIAL_BITS | kind << (SERIAL_BITS + 8)
            at = write_run(row, pool, begin, end, kind, out, at + CHUNK_WORDS)
            described[written, 0] = i
            described[written, 1] = chunk % slots
            described[written, 2] = at
            written += 1
    return written


@kernel
def write_heads(
    state: State,
    memory: NDArray[np.float64],
    pool: Pool,
    configs: Records,
    numbers: NDArray[np.int64],
    ends: NDArray[np.int64],
    sources: NDArray[np.int64],
    out: Words,
    behind: NDArray[np.int64],
) -> None:
    """Write the heads one behind the other; ``behind`` takes where each ends, in words.

    ``ends`` is the serial up to which chunks hold the points, -1: they hold none. ``sources`` has a row for
    each source: the words that follow its offset.
    """
    at = 0
    for i in range(len(numbers)):
        row = state.rows[numbers[i]]
        alert = state.alerts[numbers[i]]
        held = max(0, ends[i] - row.first)
        kind = time_kind(row, pool, held, row.count)
        config = configs[row.config]
        flags = kind | (HAS_ALERT if _is_set(alert) else 0)
        if head_words(config.memory, row.pages) > 0:
            flags |= HAS_MEMORY
        _write_fixed(row, config, flags, len(sources), out, at)
        out.words[at + 11] = (row.count - held) | checksum(row, pool, held) << 32
        at += FIXED_WORDS
        if flags & HAS_ALERT:
            _write_alert(alert, out, at)
            at += ALERT_WORDS
        for source in range(len(sources)):
            out.words[at] = state.included[numbers[i], source]
            out.words[at + 1] = sources[source, 0]
            out.words[at + 2] = sources[source, 1]
            at += SOURCE_WORDS
        at = write_memory(row, config, memory, out, at)
        at = write_run(row, pool, held, row.count, kind, out, at)
        behind[i] = at


@kernel
def _is_set(alert: Any) -> bool:
    return bool(
        alert.open
        or alert.severity
        or alert.worst
        or alert.quiet
        or alert.count
        or alert.start != 0.0
        or alert.end != 0.0
        or alert.peak_score != 0.0
        or alert.peak_value != 0.0
        or alert.peak_deviation != 0.0
    )


@kernel
def _write_fixed(row: Any, config: Any, flags: int, sources: int, out: Words, at: int) -> None:
    out.words[at] = 0
    out.floats[at + 1] = config.period
    out.words[at + 2] = config.capacity | np.int64(row.count) << 32
    out.words[at + 3] = row.stride | np.int64(row.position) << 32
    out.words[at + 4] = row.turn
    out.floats[at + 5] = row.last_time
    out.floats[at + 6] = row.mean
    out.floats[at + 7] = row.m2
    out.floats[at + 8] = row.m2_largest
    out.words[at + 9] = (
        row.replaced | np.int64(row.stale) << 32 | np.int64(flags) << 40 | np.int64(sources) << 48
    )
    out.words[at + 10] = row.first | np.int64(row.slots) << SERIAL_BITS
    out.words[at + 12] = row.anomaly_streak | np.int64(row.adoption_left) << 32


@kernel
def _write_alert(alert: Any, out: Words, at: int) -> None:
    out.words[at] = alert.open | alert.severity << 8 | alert.worst << 16 | np.int64(alert.quiet) << 32
    out.words[at + 1] = alert.count
    out.floats[at + 2] = alert.start
    out.floats[at + 3] = alert.end
    out.floats[at + 4] = alert.peak_score
    out.floats[at + 5] = alert.peak_value
    out.floats[at + 6] = alert.peak_deviation
