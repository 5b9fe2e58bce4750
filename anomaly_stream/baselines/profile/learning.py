"""How a profile learns: values give slot means, slots give cycles, and each cycle has a level and a drift."""

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
    MEAN_OFFSET,
    MEANS,
    OFFSET,
    READY,
    ROOM,
    SLOT,
    STEP,
    SUM,
    slots_in_use,
)
from anomaly_stream.kernels.jit import kernel

_ZERO = 1e-300
"""This value is stored for a mean of 0, because 0 means missing."""
_OFFSET_RATE = 0.02
"""The weight of a value in the mean offset, unless a cycle has fewer slots."""
_OVERLAP = 0.25
"""The level follows from a cycle's entries only if at least this fraction of them has a forecast."""


@kernel
def add(state: NDArray[np.float64], profile: Any, value: float) -> None:
    """Add a value to the open slot, at the place of the last forecast."""
    head = profile.head
    state[head + SUM] += value
    state[head + COUNT] += 1.0
    rate = max(_OFFSET_RATE, 1.0 / slots_in_use(state, profile))
    state[head + MEAN_OFFSET] += rate * (state[head + OFFSET] - state[head + MEAN_OFFSET])


@kernel
def close_slot(state: NDArray[np.float64], profile: Any) -> None:
    """Write the mean of the open slot to the column of its cycle."""
    head = profile.head
    if state[head + COUNT] > 0.0:
        mean = state[head + SUM] / state[head + COUNT]
        column = int(state[head + CYCLE]) % profile.cycles
        place = profile.table + column * profile.slots + int(state[head + SLOT]) - 1
        state[place] = mean if mean != 0.0 else _ZERO
    state[head + SUM] = 0.0
    state[head + COUNT] = 0.0


@kernel
def turn_cycle(state: NDArray[np.float64], profile: Any, cycle: float) -> None:
    """Complete the cycle that ends, and give the oldest column to the cycle that begins."""
    head = profile.head
    if state[head + SLOT] != 0.0:
        _complete(state, profile, int(state[head + CYCLE]) % profile.cycles)
    state[head + CYCLE] = cycle
    column = int(cycle) % profile.cycles
    start = profile.table + column * profile.slots
    state[start : start + profile.slots] = 0.0
    state[head + ENTRIES + column] = 0.0
    filled = 0.0
    for i in range(profile.cycles):
        filled += state[head + ENTRIES + i]
    state[head + FILLED] = filled / ((profile.cycles - 1) * slots_in_use(state, profile))
    if profile.kind != HOLIDAY:
        state[head + CENTRE] = mean_over_cycle(state, profile, 0)
        state[head + CENTRE + 1] = mean_over_cycle(state, profile, 1)


@kernel
def _complete(state: NDArray[np.float64], profile: Any, column: int) -> None:
    """Set the level of a column: the median distance of its entries from the forecast of the others.

    Holidays are distances from the level of the days around them, which is stored in ``MEANS``.
    """
    head = profile.head
    state[head + ENTRIES + column] = 0.0
    start = profile.table + column * profile.slots
    slots = slots_in_use(state, profile)
    distances = np.empty(slots)
    room = np.empty(ROOM)
    entries = shared = 0
    total = 0.0
    for slot in range(slots):
        entry = state[start + slot]
        if entry != 0.0:
            entries += 1
            total += entry
            known = profile_at(state, profile, slot, 0, room)
            if not isnan(known):
                distances[shared] = entry - known
                shared += 1
    if entries == 0:
        return
    state[head + ENTRIES + column] = entries
    state[head + READY] += 1.0
    if profile.kind == HOLIDAY:
        return
    mean = total / entries
    level = mean
    if shared > 0 and shared >= _OVERLAP * entries:
        level = middle(distances, shared)
    state[head + LEVELS + column] = level
    state[head + MEANS + column] = mean
    _follow_drift(state, profile, column)


@kernel
def _follow_drift(state: NDArray[np.float64], profile: Any, column: int) -> None:
    """Set the drift: the change of level per cycle if it had the same sign twice in a row, else 0.

    The drift is a trend, and not a part of the season.
    """
    head = profile.head
    step = 0.0
    if state[head + READY] > 1.0 and state[head + DONE] == state[head + CYCLE] - 1.0:
        before = int(state[head + DONE]) % profile.cycles
        step = state[head + LEVELS + column] - state[head + LEVELS + before]
    last = state[head + STEP]
    state[head + DRIFT] = 0.0
    if step * last > 0.0:
        state[head + DRIFT] = step if abs(step) < abs(last) else last
    state[head + STEP] = step
    state[head + DONE] = state[head + CYCLE]
