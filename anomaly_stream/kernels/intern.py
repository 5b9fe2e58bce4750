"""Interning of spellings: (metric bytes, labels bytes) to a dense number, by open addressing.

A spelling is the bytes of a message, unparsed. Two spellings of the same labels have two numbers;
:class:`anomaly_stream.formats.json.spellings.SpellingCache` maps both to one series.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.kernels.machine import high_product, load_word

ABSENT = -1
"""This number means that the spelling is new, and that the table is full."""

_SEED = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)


class SpellingTable(NamedTuple):
    """The arrays of a table of at most s spellings; the number of slots is a power of two."""

    slots: NDArray[np.int32]
    """Spelling number + 1; 0 if the slot is free."""
    hashes: NDArray[np.uint64]
    start: NDArray[np.int64]
    """Where the spelling begins in ``arena``: its metric, then its labels; length s."""
    metric_length: NDArray[np.int64]
    labels_length: NDArray[np.int64]
    arena: NDArray[np.uint8]
    used: NDArray[np.int64]
    """[spellings, bytes of the arena] in use."""


def empty_table(spellings: int, arena: int) -> SpellingTable:
    """A table for at most this many spellings and bytes; at most half of its slots are used."""
    slots = 1 << max(4, (2 * spellings - 1).bit_length())
    return SpellingTable(
        np.zeros(slots, np.int32),
        np.empty(spellings, np.uint64),
        np.empty(spellings, np.int64),
        np.empty(spellings, np.int64),
        np.empty(spellings, np.int64),
        np.empty(arena, np.uint8),
        np.zeros(2, np.int64),
    )


def grown_table(table: SpellingTable, spellings: int, arena: int) -> SpellingTable:
    """A larger table with the same spellings and numbers."""
    grown = empty_table(spellings, arena)
    for column in ("hashes", "start", "metric_length", "labels_length", "arena"):
        old = getattr(table, column)
        getattr(grown, column)[: len(old)] = old
    grown.used[:] = table.used
    _fill_slots(grown)
    return grown


@leaf_kernel
def _fill_slots(table: SpellingTable) -> None:
    mask = len(table.slots) - 1
    for number in range(table.used[0]):
        slot = np.int64(table.hashes[number]) & mask
        while table.slots[slot] != 0:
            slot = (slot + 1) & mask
        table.slots[slot] = number + 1


@leaf_kernel
def _mix(state: np.uint64, word: np.uint64) -> np.uint64:
    """Fold the 128-bit product of both words: the step of wyhash (Wang Yi, 2019)."""
    left = np.uint64(state ^ word)
    return np.uint64(high_product(left, _STEP) ^ np.uint64(left * _STEP))


@leaf_kernel
def _digest(state: np.uint64, buffer: NDArray[np.uint8], start: int, length: int) -> np.uint64:
    at = start
    last = start + length - 8
    while at < last:
        state = _mix(state, load_word(buffer, at))
        at += 8
    if last >= start:
        return _mix(state, load_word(buffer, last))
    word = np.uint64(length)
    for i in range(length):
        word = np.uint64(word << np.uint64(8)) | np.uint64(buffer[start + i])
    return _mix(state, word)


@leaf_kernel
def _same(
    left: NDArray[np.uint8], left_start: int, right: NDArray[np.uint8], right_start: int, length: int
) -> bool:
    """Whether two spans have the same bytes."""
    i = 0
    while i + 8 <= length:
        if load_word(left, left_start + i) != load_word(right, right_start + i):
            return False
        i += 8
    while i < length:
        if left[left_start + i] != right[right_start + i]:
            return False
        i += 1
    return True


@leaf_kernel
def find_or_add(
    table: SpellingTable,
    buffer: NDArray[np.uint8],
    metric_start: int,
    metric_length: int,
    labels_start: int,
    labels_length: int,
) -> int:
    """The number of this spelling, which is added if it is new; ``ABSENT`` if there is no room for it."""
    state = _mix(_SEED, np.uint64(metric_length))
    state = _digest(state, buffer, metric_start, metric_length)
    state = _digest(state, buffer, labels_start, labels_length)
    mask = len(table.slots) - 1
    slot = int(np.int64(state) & mask)
    while table.slots[slot] != 0:
        number = int(table.slots[slot]) - 1
        if (
            table.hashes[number] == state
            and table.metric_length[number] == metric_length
            and table.labels_length[number] == labels_length
        ):
            start = table.start[number]
            if _same(table.arena, start, buffer, metric_start, metric_length) and _same(
                table.arena, start + metric_length, buffer, labels_start, labels_length
            ):
                return number
        slot = (slot + 1) & mask
    return _add(table, buffer, metric_start, metric_length, labels_start, labels_length, state, slot)


@leaf_kernel
def _add(
    table: SpellingTable,
    buffer: NDArray[np.uint8],
    metric_start: int,
    metric_length: int,
    labels_start: int,
    labels_length: int,
    state: np.uint64,
    slot: int,
) -> int:
    number = int(table.used[0])
    start = int(table.used[1])
    if number == len(table.start) or start + metric_length + labels_length > len(table.arena):
        return ABSENT
    table.slots[slot] = number + 1
    table.hashes[number] = state
    table.start[number] = start
    table.metric_length[number] = metric_length
    table.labels_length[number] = labels_length
    for i in range(metric_length):
        table.arena[start + i] = buffer[metric_start + i]
    for i in range(labels_length):
        table.arena[start + metric_length + i] = buffer[labels_start + i]
    table.used[0] = number + 1
    table.used[1] = start + metric_length + labels_length
    return number
