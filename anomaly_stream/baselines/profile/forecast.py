"""The forecast of a profile for a slot: the median of its entries in the complete cycles, with mean 0.

There are two: an additive one, and one relative to the level. If the entries of a slot do not differ clearly
from those of its two neighbours, each cycle counts with the median of its three slots. So a cycle has one
voice, and two holidays in five weeks are outvoted on a slope, too.
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
from anomaly_stream.kernels.magnitudes import LARGEST

_SMOOTHED_FROM = 8
_OWN_ENTRIES = 3
_STANDS_OUT = 2.0


@kernel
def centred(
    state: NDArray[np.float64], profile: Any, slot: int, multiplicative: int, room: NDArray[np.float64]
) -> float:
    """``profile_at`` with its mean over the cycle subtracted."""
    return float(
        profile_at(state, profile, slot, multiplicative, room) - state[profile.head + CENTRE + multiplicative]
    )


@kernel
def profile_at(
    state: NDArray[np.float64], profile: Any, slot: int, multiplicative: int, room: NDArray[np.float64]
) -> float:
    """The forecast for a slot (modulo the cycle) from the complete cycles; NaN if unknown.

    ``multiplicative``: relative to the level. ``room``: scratch of length ``ROOM``.
    """
    slots = slots_in_use(state, profile)
    slot = slot % slots
    own = _gather(state, profile, slot, 0, multiplicative, room, 0)
    if own < 0:
        return nan
    reach = 1 if slots >= _SMOOTHED_FROM else 0
    total = _gather(state, profile, slot, reach, multiplicative, room, own)
    if total == own:
        return nan
    together = middle(room[own:], total - own)
    if own < _OWN_ENTRIES:
        return together
    alone = middle(room, own)
    for i in range(own):
        room[total + i] = abs(room[i] - alone)
    spread = middle(room[total:], own)
    return alone if abs(alone - together) > _STANDS_OUT * spread else together


@kernel
def disagreement(state: NDArray[np.float64], profile: Any, slot: int, room: NDArray[np.float64]) -> float:
    """Range of the middle half of a slot's own entries; ``LARGEST`` if there are fewer than three."""
    own = _gather(state, profile, slot, 0, 0, room, 0)
    if own < _OWN_ENTRIES:
        return LARGEST
    middle(room, own)
    return float(room[own - 1 - own // 4] - room[own // 4])


@kernel
def _gather(
    state: NDArray[np.float64],
    profile: Any,
    slot: int,
    reach: int,
    multiplicative: int,
    found: NDArray[np.float64],
    count: int,
) -> int:
    """Write one entry for each cycle to ``found`` from place ``count``; returns the new count.

    It is the median of the entries of the slot and its ``reach`` neighbours on both sides. -1 if the forecast
    would be relative to a level that is not above 0.
    """
    head = profile.head
    slots = slots_in_use(state, profile)
    for column in range(profile.cycles):
        if state[head + ENTRIES + column] == 0.0:
            continue
        mean = state[head + MEANS + column]
        if multiplicative and mean <= 0.0:
            return -1
        near, known = found[count:], 0
        for other in range(slot - reach, slot + reach + 1):
            place = (other + slots) % slots
            entry = state[profile.table + column * profile.slots + place]
            if entry != 0.0:
                drifted = state[head + DRIFT] * ((place + 0.5) / slots - 0.5)
                near[known] = entry - state[head + LEVELS + column] - drifted
                known += 1
        if known > 0:
            distance = middle(near, known)
            found[count] = distance / mean if multiplicative else distance
            count += 1
    return count


@kernel
def mean_over_cycle(state: NDArray[np.float64], profile: Any, multiplicative: int) -> float:
    """Mean of the forecasts of all known slots, before centring; 0 if none is known."""
    total = 0.0
    count = 0
    room = np.empty(ROOM)
    for slot in range(slots_in_use(state, profile)):
        known = profile_at(state, profile, slot, multiplicative, room)
        if not isnan(known):
            total += known
            count += 1
    return total / count if count > 0 else 0.0


@kernel
def middle(values: NDArray[np.float64], count: int) -> float:
    """Median of the first ``count`` values, which are sorted in place."""
    for i in range(1, count):
        value = values[i]
        j = i - 1
        while j >= 0 and values[j] > value:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = value
    half = count // 2
    return float(values[half] if count % 2 else values[half - 1] + (values[half] - values[half - 1]) / 2.0)
