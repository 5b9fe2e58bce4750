"""Kernels that read heads, the counterpart of ``head_writer``; ``format`` has their layout.

Every length is checked before it is used.
"""

from typing import Any, NamedTuple

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
    HEAD_PERIOD,
    HEAD_POINTS,
    HEAD_STREAK,
    HEAD_TURN,
    KNOWN_WORDS,
    LOW_32,
    NO_DATA_WORDS,
    SOURCE_WORDS,
    SOURCES_SHIFT,
    STATE_WORDS,
    STREAK_WORDS,
    TIME_ENCODING,
    Words,
)
from anomaly_stream.engine.checkpoint.page_table import head_state_words
from anomaly_stream.engine.checkpoint.point_encoding import SHORT_MS, words_of_points
from anomaly_stream.engine.plan.dtypes import State
from anomaly_stream.kernels.arrays import Integers, Records
from anomaly_stream.kernels.blocks import SIZES
from anomaly_stream.kernels.jit import kernel


class Head(NamedTuple):
    """The parts of a head; positions are words of the buffer."""

    at: int
    flags: int
    points: int
    """Points in the window."""
    inline: int
    """Points in the head itself; chunks hold the others."""
    sources: int
    clock_at: int
    command_at: int
    no_data_at: int
    known_at: int
    streak_at: int
    sources_at: int
    state_at: int
    points_at: int


@kernel
def parse_head(source: Words, at: int, end: int) -> Head:
    """The parts of the head at word ``at``, which has at least ``FIXED_WORDS`` and ends before ``end``.

    If its description of detector state does not fit, ``points_at`` is past ``end``.
    """
    flags = source.words[at + HEAD_FLAGS] >> FLAGS_SHIFT & 0xFF
    sources = source.words[at + HEAD_FLAGS] >> SOURCES_SHIFT & 0xFFFF
    clock_at = at + FIXED_WORDS + (ALERT_WORDS if flags & HAS_ALERT else 0)
    command_at = clock_at + (CLOCK_WORDS if flags & HAS_CLOCK else 0)
    no_data_at = command_at + (COMMAND_WORDS if flags & HAS_COMMAND else 0)
    known_at = no_data_at + (NO_DATA_WORDS if flags & HAS_NO_DATA else 0)
    streak_at = known_at + (KNOWN_WORDS if flags & HAS_KNOWN else 0)
    has_streak = source.words[at + HEAD_STREAK] & LOW_32 > 0
    sources_at = streak_at + (STREAK_WORDS if has_streak else 0)
    state_at = sources_at + SOURCE_WORDS * sources
    points_at = state_at
    if flags & HAS_STATE:
        fits = state_at + STATE_WORDS <= end
        points_at = state_at + head_state_words(source.words[state_at] & LOW_32) if fits else end + 1
    points = source.words[at + HEAD_CAPACITY] >> 32
    inline = source.words[at + HEAD_POINTS] & LOW_32
    return Head(
        at,
        flags,
        points,
        inline,
        sources,
        clock_at,
        command_at,
        no_data_at,
        known_at,
        streak_at,
        sources_at,
        state_at,
        points_at,
    )


@kernel
def is_consistent(head: Head, source: Words, end: int) -> bool:
    """Whether the counts and flags of a head agree with each other and with its ``end``."""
    capacity = source.words[head.at + HEAD_CAPACITY] & LOW_32
    encoding = head.flags & TIME_ENCODING
    return bool(
        head.inline <= head.points <= capacity <= SIZES[-1]
        and encoding <= SHORT_MS
        and head.points_at + words_of_points(head.inline, encoding) == end
    )


@kernel
def has_shape(source: Words, head: Head, config: Any) -> bool:
    """Whether period, capacity and layout of detector state are those of the config."""
    layout = source.words[head.state_at + 1] if head.flags & HAS_STATE else np.int64(0)
    return bool(
        source.floats[head.at + HEAD_PERIOD] == config.period
        and (source.words[head.at + HEAD_CAPACITY] & LOW_32) == config.capacity
        and layout == config.state_digest
    )


@kernel
def restore_offsets(state: State, number: int, source: Words, head: Head, sources: Integers) -> None:
    """Read the last offset of each of ``sources``; -1 if the head does not have it."""
    for k in range(len(sources)):
        offset = np.int64(-1)
        for j in range(head.sources):
            word = head.sources_at + SOURCE_WORDS * j
            if source.words[word + 1] == sources[k, 0] and source.words[word + 2] == sources[k, 1]:
                offset = source.words[word]
        state.included[number, k] = offset
        state.replayed[number, k] = offset


@kernel
def restore_alert(alert: Any, source: Words, at: int) -> None:
    """Read the alert at word ``at``."""
    alert.phase = source.words[at] & 0xFF
    alert.severity = source.words[at] >> 8 & 0xFF
    alert.worst = source.words[at] >> 16 & 0xFF
    alert.level_count = source.words[at] >> 24 & 0xFF
    alert.quiet = source.words[at] >> 32
    alert.count = source.words[at + 1]
    alert.start = source.floats[at + 2]
    alert.end = source.floats[at + 3]
    alert.peak_score = source.floats[at + 4]
    alert.peak_value = source.floats[at + 5]
    alert.peak_deviation = source.floats[at + 6]
    alert.normal_since = source.floats[at + 7]
    alert.last_event = source.floats[at + 8]
    alert.recent = source.words[at + 9]
    alert.sequence = source.words[at + 10]
    alert.level_before = source.floats[at + 11]
    alert.noise = source.floats[at + 12]
    alert.level = source.floats[at + 13]


@kernel
def read_alert(alerts: Records, source: Words, at: int, length: int) -> bool:
    """Read the alert of the head at word ``at`` into ``alerts[0]``; returns whether it has one."""
    if length < FIXED_WORDS:
        return False
    head = parse_head(source, at, at + length)
    if not (head.flags & HAS_ALERT and is_consistent(head, source, at + length)):
        return False
    restore_alert(alerts[0], source, head.at + FIXED_WORDS)
    return True


@kernel
def read_no_data(rows: Records, source: Words, at: int, length: int) -> bool:
    """Read the alert for ``no_data`` of the head at word ``at`` into ``rows[0]``; whether it has one."""
    if length < FIXED_WORDS:
        return False
    head = parse_head(source, at, at + length)
    if not (head.flags & HAS_NO_DATA and is_consistent(head, source, at + length)):
        return False
    restore_no_data(rows[0], source, head)
    return True


@kernel
def restore_no_data(row: Any, source: Words, head: Head) -> None:
    """Read the alert for ``no_data`` of a row."""
    row.no_data_since = -np.inf
    row.no_data_events = 0
    if head.flags & HAS_NO_DATA:
        row.no_data_since = source.floats[head.no_data_at]
        row.no_data_events = source.words[head.no_data_at + 1]


@kernel
def restore_known(row: Any, source: Words, head: Head) -> None:
    """Read the known deviations of a row."""
    for side in range(2):
        has = head.flags & HAS_KNOWN
        row.known[side] = source.floats[head.known_at + 2 * side] if has else 0.0
        row.known_since[side] = source.floats[head.known_at + 2 * side + 1] if has else 0.0


@kernel
def restore_streak(row: Any, source: Words, head: Head) -> None:
    """Read the streak of anomalies of a row, and what is left of an adoption."""
    row.anomaly_streak = source.words[head.at + HEAD_STREAK] & LOW_32
    row.adoption_left = source.words[head.at + HEAD_STREAK] >> 32
    row.streak_distance = source.floats[head.streak_at] if row.anomaly_streak > 0 else 0.0


@kernel
def restore_clock(row: Any, source: Words, head: Head) -> None:
    """Read the clock of a row besides its last time, and the last command that the row obeyed."""
    row.command = source.words[head.command_at] if head.flags & HAS_COMMAND else -1
    row.step = source.halves.view(np.float32)[2 * (head.at + HEAD_TURN) + 1]
    if head.flags & HAS_CLOCK:
        at = head.clock_at
        row.clock_before = source.floats[at]
        row.clock_start = source.floats[at + 1]
        row.candidate = source.floats[at + 2]
        row.agreed = source.words[at + 3] & LOW_32
        row.votes = source.words[at + 3] >> 32
