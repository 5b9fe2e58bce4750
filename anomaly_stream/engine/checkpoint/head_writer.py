"""Kernels that write heads as words; ``format`` has their layout, ``head_reader`` reads them."""

from typing import Any

import numpy as np

from anomaly_stream.engine.checkpoint.format import (
    ALERT_WORDS,
    CLOCK_WORDS,
    COMMAND_WORDS,
    FIXED_WORDS,
    FLAGS_SHIFT,
    HAS_ALERT,
    HAS_CLOCK,
    HAS_COMMAND,
    HAS_KNOWN,
    HAS_NO_DATA,
    HAS_STATE,
    HEAD_CAPACITY,
    HEAD_FLAGS,
    HEAD_LAST_TIME,
    HEAD_M2,
    HEAD_M2_LARGEST,
    HEAD_MEAN,
    HEAD_PERIOD,
    HEAD_POINTS,
    HEAD_SERIAL,
    HEAD_STREAK,
    HEAD_STRIDE,
    HEAD_TURN,
    KNOWN_WORDS,
    NO_DATA_WORDS,
    SERIAL_BITS,
    SOURCE_WORDS,
    SOURCES_SHIFT,
    STREAK_WORDS,
    Words,
)
from anomaly_stream.engine.checkpoint.page_table import has_state, write_head_state
from anomaly_stream.engine.checkpoint.point_encoding import points_checksum, time_encoding, write_points
from anomaly_stream.engine.plan.dtypes import State
from anomaly_stream.kernels.arrays import Floats, Integers, Records
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel


@kernel
def write_heads(
    state: State,
    detector_state: Floats,
    pool: Pool,
    configs: Records,
    numbers: Integers,
    chunks_ends: Integers,
    sources: Integers,
    out: Words,
    written: Integers,
) -> None:
    """Write the heads of rows ``numbers``; ``written`` receives the word after each.

    ``chunks_ends`` are the ``ends`` of ``split_points``; ``sources`` are the ``format.source_words``.
    """
    words = detector_state.view(np.int64)
    at = 0
    for i in range(len(numbers)):
        row = state.rows[numbers[i]]
        alert = state.alerts[numbers[i]]
        config = configs[row.config]
        held = max(0, chunks_ends[i] - row.first)
        encoding = time_encoding(row, pool, held, row.count)
        flags = encoding | (HAS_ALERT if _is_set(alert) else 0) | (HAS_STATE if has_state(row, config) else 0)
        flags |= HAS_CLOCK if row.clock_start > -np.inf or row.votes > 0 else 0
        flags |= HAS_COMMAND if row.command >= 0 else 0
        flags |= HAS_NO_DATA if row.no_data_since > -np.inf else 0
        flags |= HAS_KNOWN if row.known[0] > 0.0 or row.known[1] > 0.0 else 0
        included = state.included[numbers[i]]
        _write_fixed(row, config, flags, (included[: len(sources)] >= 0).sum(), out, at)
        out.words[at + HEAD_POINTS] = (row.count - held) | points_checksum(row, pool, held) << 32
        at += FIXED_WORDS
        if flags & HAS_ALERT:
            _write_alert(alert, out, at)
            at += ALERT_WORDS
        if flags & HAS_CLOCK:
            _write_clock(row, out, at)
            at += CLOCK_WORDS
        if flags & HAS_COMMAND:
            out.words[at] = row.command
            at += COMMAND_WORDS
        if flags & HAS_NO_DATA:
            out.floats[at] = row.no_data_since
            out.words[at + 1] = row.no_data_events
            at += NO_DATA_WORDS
        if flags & HAS_KNOWN:
            for side in range(2):
                out.floats[at + 2 * side] = row.known[side]
                out.floats[at + 2 * side + 1] = row.known_since[side]
            at += KNOWN_WORDS
        if row.anomaly_streak > 0:
            out.floats[at] = row.streak_distance
            at += STREAK_WORDS
        for source in range(len(sources)):
            if included[source] < 0:
                continue
            out.words[at] = included[source]
            out.words[at + 1] = sources[source, 0]
            out.words[at + 2] = sources[source, 1]
            at += SOURCE_WORDS
        if flags & HAS_STATE:
            at = write_head_state(row, config, words, out, at)
        at = write_points(row, pool, held, row.count, encoding, out, at)
        written[i] = at


@kernel
def _is_set(alert: Any) -> bool:
    """Whether an alert differs from that of a fresh row."""
    return bool(
        alert.phase
        or alert.severity
        or alert.worst
        or alert.quiet
        or alert.count
        or alert.start != 0.0
        or alert.end != 0.0
        or alert.peak_score != 0.0
        or alert.peak_value != 0.0
        or alert.peak_deviation != 0.0
        or alert.normal_since != 0.0
        or alert.last_event != 0.0
        or alert.recent
        or alert.sequence
        or alert.level_before != 0.0
        or alert.noise != 0.0
        or alert.level != 0.0
        or alert.level_count
    )


@kernel
def _write_fixed(row: Any, config: Any, flags: int, sources: int, out: Words, at: int) -> None:
    out.words[at] = 0
    out.floats[at + HEAD_PERIOD] = config.period
    out.words[at + HEAD_CAPACITY] = config.capacity | np.int64(row.count) << 32
    out.words[at + HEAD_STRIDE] = row.stride | np.int64(row.position) << 32
    out.words[at + HEAD_TURN] = row.turn
    out.halves.view(np.float32)[2 * (at + HEAD_TURN) + 1] = row.step
    out.floats[at + HEAD_LAST_TIME] = row.last_time
    out.floats[at + HEAD_MEAN] = row.mean
    out.floats[at + HEAD_M2] = row.m2
    out.floats[at + HEAD_M2_LARGEST] = row.m2_largest
    out.words[at + HEAD_FLAGS] = (
        row.replaced
        | np.int64(row.stale | row.nonnegative << 1) << 32
        | np.int64(flags) << FLAGS_SHIFT
        | np.int64(sources) << SOURCES_SHIFT
    )
    out.words[at + HEAD_SERIAL] = row.first | np.int64(row.chunk_keys) << SERIAL_BITS
    out.words[at + HEAD_STREAK] = row.anomaly_streak | np.int64(row.adoption_left) << 32


@kernel
def _write_alert(alert: Any, out: Words, at: int) -> None:
    out.words[at] = alert.phase | alert.severity << 8 | alert.worst << 16 | np.int64(alert.quiet) << 32
    out.words[at] |= np.int64(alert.level_count) << 24
    out.words[at + 1] = alert.count
    out.floats[at + 2] = alert.start
    out.floats[at + 3] = alert.end
    out.floats[at + 4] = alert.peak_score
    out.floats[at + 5] = alert.peak_value
    out.floats[at + 6] = alert.peak_deviation
    out.floats[at + 7] = alert.normal_since
    out.floats[at + 8] = alert.last_event
    out.words[at + 9] = alert.recent
    out.words[at + 10] = alert.sequence
    out.floats[at + 11] = alert.level_before
    out.floats[at + 12] = alert.noise
    out.floats[at + 13] = alert.level


@kernel
def _write_clock(row: Any, out: Words, at: int) -> None:
    out.floats[at] = row.clock_before
    out.floats[at + 1] = row.clock_start
    out.floats[at + 2] = row.candidate
    out.words[at + 3] = row.agreed | np.int64(row.votes) << 32
