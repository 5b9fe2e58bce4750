"""What a profile says of a slot: the median of the entries it has in the complete cycles, 0 in the mean.

The forecast is read in two ways, as a sum to add to the level and as a share to scale it by.
"""

from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.profile.layout import (
    CENTRE,
    DRIFT,
    ENTRIES,
    LEVELS,
    MEANS,
    ROOM,
    slots_in_use,
)
from anomaly_stream.kernels.jit import kernel

_SMOOTHED_FROM = 8
_OWN_ENTRIES = 3
_STANDS_OUT = 2.0


@kernel
def centred(
    memory: NDArray[np.float64], profile: Any, slot: int, scaled: int, room: NDArray[np.float64]
) -> float:
    """As ``profile_at``, but 0 in the mean over the cycle."""
    return float(profile_at(memory, profile, slot, scaled, room) - memory[profile.head + CENTRE + scaled])


@kernel
def profile_at(
    memory: NDArray[np.float64], profile: Any, slot: int, scaled: int, room: NDArray[np.float64]
) -> float:
    """The profile's value at a slot (counted around the cycle) from the complete cycles, NaN where unknown.

    ``scaled``: as a share of the level rather than a sum. ``room``: ``ROOM`` words to work in.
    """
    slots = slots_in_use(memory, profile)
    slot = slot % slots
    own = _gather(memory, profile, slot, scaled, room, 0)
    if own < 0:
        return nan
    total = own
    if slots >= _SMOOTHED_FROM:
        total = _gather(memory, profile, slot + 1 if slot + 1 < slots else 0, scaled, room, total)
        total = _gather(memory, profile, slot - 1 if slot > 0 else slots - 1, scaled, room, total)
    if total == 0:
        return nan
    if own < _OWN_ENTRIES:
        return middle(room, total)
    alone = middle(room, own)
    for i in range(own):
        room[total + i] = abs(room[i] - alone)
    spread = middle(room[total:], own)
    together = middle(room, total)
    return alone if abs(alone - together) > _STANDS_OUT * spread else together


@kernel
def _gather(
    memory: NDArray[np.float64],
    profile: Any,
    slot: int,
    scaled: int,
    found: NDArray[np.float64],
    count: int,
) -> int:
    """Write a slot's entries behind the first ``count`` of ``found``; returns how many there are then.

    -1 where shares of the level make no sense: a level that is not above 0.
    """
    head = profile.head
    drifted = memory[head + DRIFT] * ((slot + 0.5) / slots_in_use(memory, profile) - 0.5)
    for column in range(profile.cycles):
        if memory[head + ENTRIES + column] == 0.0:
            continue
        mean = memory[head + MEANS + column]
        if scaled and mean <= 0.0:
            return -1
        entry = memory[profile.table + column * profile.slots + slot]
        if entry != 0.0:
            distance = entry - memory[head + LEVELS + column] - drifted
            found[count] = distance / mean if scaled else distance
            count += 1
    return count


@kernel
def mean_over_cycle(memory: NDArray[np.float64], profile: Any, scaled: int) -> float:
    """The mean of the known slots, uncentred: what is to be taken from each; 0 where none is known."""
    total = 0.0
    count = 0
    room = np.empty(ROOM)
    for slot in range(slots_in_use(memory, profile)):
        known = profile_at(memory, profile, slot, scaled, room)
        if not isnan(known):
            total += known
            count += 1
    return total / count if count > 0 else 0.0


@kernel
def middle(values: NDArray[np.float64], count: int) -> float:
    """The median of the first ``count`` values, which are put in order."""
    for i in range(1, count):
        value = values[i]
        j = i - 1
        while j >= 0 and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value
    half = count // 2
    return float(values[half] if count % 2 else values[half - 1] + (values[half] - values[half - 1]) / 2.0)
