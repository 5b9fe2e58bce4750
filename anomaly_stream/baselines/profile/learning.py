"""What a profile learns: values to means of slots, slots to cycles, and each cycle's level and drift."""

from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.profile.forecast import mean_over_cycle, middle, profile_at
from anomaly_stream.baselines.profile.layout import (
    CENTRE,
    COUNT,
    CYCLE,
    DONE,
    DRIFT,
    ENTRIES,
    FILLED,
    HOLIDAY,
    LEVELS,
    MEANS,
    READY,
    ROOM,
    SLOT,
    STEP,
    SUM,
    slots_in_use,
)
from anomaly_stream.kernels.jit import kernel

_ZERO = 1e-300
"""Stands in the table for a mean of 0."""
_OVERLAP = 0.25


@kernel
def add(memory: NDArray[np.float64], profile: Any, value: float) -> None:
    """Let a value into the open slot."""
    memory[profile.head + SUM] += value
    memory[profile.head + COUNT] += 1.0


@kernel
def close_slot(memory: NDArray[np.float64], profile: Any) -> None:
    """Write the mean of the open slot into its cycle's column."""
    head = profile.head
    if memory[head + COUNT] > 0.0:
        mean = memory[head + SUM] / memory[head + COUNT]
        column = int(memory[head + CYCLE]) % profile.cycles
        place = profile.table + column * profile.slots + int(memory[head + SLOT]) - 1
        memory[place] = mean if mean != 0.0 else _ZERO
    memory[head + SUM] = 0.0
    memory[head + COUNT] = 0.0


@kernel
def turn_cycle(memory: NDArray[np.float64], profile: Any, cycle: float) -> None:
    """Take the cycle that ends among the complete ones, and give its oldest column to the one that begins."""
    head = profile.head
    if memory[head + SLOT] != 0.0:
        _complete(memory, profile, int(memory[head + CYCLE]) % profile.cycles)
    memory[head + CYCLE] = cycle
    column = int(cycle) % profile.cycles
    start = profile.table + column * profile.slots
    memory[start : start + profile.slots] = 0.0
    memory[head + ENTRIES + column] = 0.0
    filled = 0.0
    for i in range(profile.cycles):
        filled += memory[head + ENTRIES + i]
    memory[head + FILLED] = filled / ((profile.cycles - 1) * slots_in_use(memory, profile))
    if profile.kind != HOLIDAY:
        memory[head + CENTRE] = mean_over_cycle(memory, profile, 0)
        memory[head + CENTRE + 1] = mean_over_cycle(memory, profile, 1)


@kernel
def _complete(memory: NDArray[np.float64], profile: Any, column: int) -> None:
    """Find the level of a column: the median distance of its entries from the profile of the others.

    Holidays are kept as distances from the level that the days around them had, which stands in ``MEANS``.
    """
    head = profile.head
    memory[head + ENTRIES + column] = 0.0
    start = profile.table + column * profile.slots
    slots = slots_in_use(memory, profile)
    distances = np.empty(slots)
    room = np.empty(ROOM)
    entries = shared = 0
    total = 0.0
    for slot in range(slots):
        entry = memory[start + slot]
        if entry != 0.0:
            entries += 1
            total += entry
            known = profile_at(memory, profile, slot, 0, room)
            if not isnan(known):
                distances[shared] = entry - known
                shared += 1
    if entries == 0:
        return
    memory[head + ENTRIES + column] = entries
    memory[head + READY] += 1.0
    if profile.kind == HOLIDAY:
        return
    mean = total / entries
    level = mean
    if shared > 0 and shared >= _OVERLAP * entries:
        level = middle(distances, shared)
    memory[head + LEVELS + column] = level
    memory[head + MEANS + column] = mean
    _follow_drift(memory, profile, column)


@kernel
def _follow_drift(memory: NDArray[np.float64], profile: Any, column: int) -> None:
    """What levels rise by from cycle to cycle, twice in a row: a trend, which is no part of the season."""
    head = profile.head
    step = 0.0
    if memory[head + READY] > 1.0 and memory[head + DONE] == memory[head + CYCLE] - 1.0:
        before = int(memory[head + DONE]) % profile.cycles
        step = memory[head + LEVELS + column] - memory[head + LEVELS + before]
    last = memory[head + STEP]
    memory[head + DRIFT] = 0.0
    if step * last > 0.0:
        memory[head + DRIFT] = step if abs(step) < abs(last) else last
    memory[head + STEP] = step
    memory[head + DONE] = memory[head + CYCLE]
