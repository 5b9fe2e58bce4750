"""A seasonal profile: what the slots of a cycle (a day, a week, any period) usually hold.

Of each of the last cycles the profile keeps one mean a slot. A slot's value is the median over the complete
ones, each taken relative to the level of its own cycle and without the trend from cycle to cycle, so a cycle
with an outage in it is outvoted, and neither a change of level nor a trend is a season. While a slot's own
entries do not stand out from those of its two neighbours, all three are taken together. Between the middles
of slots the profile runs straight, with the slope that the smaller step to a neighbour gives, and none at a
peak or an edge (minmod limiter, Roe 1986): slopes are followed, and a job of one slot keeps its corners.

Memory: a head of ``HEAD`` words, and one column of slots for each cycle kept. An entry of 0 is none.
"""

from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

MOST_CYCLES = 8
ROOM = 4 * MOST_CYCLES
WIDTH, PERIOD, SLOT, CYCLE, SUM, COUNT = range(6)
ADDED, SCALED, CENTRE = 6, 9, 12
FILLED, READY, DONE, STEP, DRIFT = range(14, 19)
LEVELS = 19
MEANS = LEVELS + MOST_CYCLES
ENTRIES = MEANS + MOST_CYCLES
HEAD = ENTRIES + MOST_CYCLES
"""Words: slot width and period in seconds; the open slot (numbered from 1), its cycle, the sum and count of
its values; the profile at the previous, this and the next slot as sums (``ADDED``) and as shares of the level
(``SCALED``); what is taken from sums and shares for them to be 0 in the mean; the share of entries there
are; complete cycles so far, and the last of them; how its level differs from that of the cycle before, and
what of that is a trend. Then by column: the level of the cycle, the mean of its slots, and how many slots
have an entry (0 while it is not complete)."""

PROFILE = np.dtype(
    [
        ("kind", "i4"),
        ("cycles", "i4"),
        ("slots", "i4"),
        ("contest", "i4"),
        ("head", "i4"),
        ("table", "i4"),
        ("period", "f8"),
        ("width", "f8"),
    ],
    align=True,
)
"""A compiled profile: its kind, columns, slots a column at most, and where in the row's memory its
``contest`` words, its head and its columns begin; period (0: found from the data) and least slot width in
seconds."""

DAILY, WEEKLY, HOUR_OF_WEEK, FOUND, HOLIDAY = range(5)
"""Kinds of profiles; ``FOUND``: its period is found from the data; ``HOLIDAY``: a day, of holidays alone."""

_ZERO = 1e-300
"""Stands in the table for a mean of 0."""
_NOWHERE = -1.0
"""The open slot, between two."""
_SMOOTHED_FROM = 8
_OWN_ENTRIES = 3
_STANDS_OUT = 2.0
_OVERLAP = 0.25
_WIDTHS = np.array([900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0])


@kernel
def slots_in_use(memory: NDArray[np.float64], profile: Any) -> int:
    """How many slots a cycle has at the present width."""
    return int(np.rint(memory[profile.head + PERIOD] / memory[profile.head + WIDTH]))


@kernel
def clear_profile(memory: NDArray[np.float64], profile: Any, period: float, width: float) -> None:
    """Forget all, and begin with this period and slot width."""
    memory[profile.head : profile.head + HEAD] = 0.0
    memory[profile.table : profile.table + profile.slots * profile.cycles] = 0.0
    memory[profile.head + PERIOD] = period
    memory[profile.head + WIDTH] = width


@kernel
def arrive(memory: NDArray[np.float64], profile: Any, cycle: float, position: float) -> tuple[float, float]:
    """The profile at ``position`` seconds into ``cycle``: (sum to add to the level, share to scale it by).

    NaN where it has nothing to say. Closes the slot, and the cycle, that are left behind.
    """
    head = profile.head
    slots = slots_in_use(memory, profile)
    slot = min(int(position / memory[head + WIDTH]), slots - 1)
    if memory[head + SLOT] != slot + 1 or memory[head + CYCLE] != cycle:
        follows = memory[head + CYCLE] == cycle and memory[head + SLOT] == slot
        turned = memory[head + CYCLE] != cycle
        close_slot(memory, profile)
        if turned:
            _turn_cycle(memory, profile, cycle)
        memory[head + SLOT] = slot + 1
        room = np.empty(ROOM)
        for scaled in range(2):
            first = head + (SCALED if scaled else ADDED)
            if follows:
                memory[first] = memory[first + 1]
                memory[first + 1] = memory[first + 2]
            else:
                memory[first] = centred(memory, profile, slot - 1, scaled, room)
                memory[first + 1] = centred(memory, profile, slot, scaled, room)
            memory[first + 2] = centred(memory, profile, slot + 1, scaled, room)
    offset = position / memory[head + WIDTH] - slot - 0.5
    return _between(memory, head + ADDED, offset), _between(memory, head + SCALED, offset)


@kernel
def _between(memory: NDArray[np.float64], place: int, offset: float) -> float:
    """Value at ``offset`` slots from the middle of the slot, of which the neighbours stand beside it."""
    here = memory[place + 1]
    rise = here - memory[place]
    fall = memory[place + 2] - here
    if not rise * fall > 0.0:
        return float(here)
    return float(here + offset * (rise if abs(rise) < abs(fall) else fall))


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
def _turn_cycle(memory: NDArray[np.float64], profile: Any, cycle: float) -> None:
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
        memory[head + CENTRE] = _mean_over_cycle(memory, profile, 0)
        memory[head + CENTRE + 1] = _mean_over_cycle(memory, profile, 1)


@kernel
def _mean_over_cycle(memory: NDArray[np.float64], profile: Any, scaled: int) -> float:
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
def centred(
    memory: NDArray[np.float64], profile: Any, slot: int, scaled: int, room: NDArray[np.float64]
) -> float:
    """As ``profile_at``, but 0 in the mean over the cycle."""
    return float(profile_at(memory, profile, slot, scaled, room) - memory[profile.head + CENTRE + scaled])


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
def fit_width(memory: NDArray[np.float64], profile: Any, interval: float) -> None:
    """Follow the sampling interval: slots no narrower than it, and no wider than it asks for."""
    head = profile.head
    width = memory[head + WIDTH]
    step = 0
    for place in range(len(_WIDTHS)):
        if _WIDTHS[place] == width:
            step = place
    if step + 1 < len(_WIDTHS) and width * 1.3 < interval:
        _regroup(memory, profile, _WIDTHS[step + 1])
    elif step > 0 and width > profile.width and _WIDTHS[step - 1] * 1.05 >= interval:
        _regroup(memory, profile, _WIDTHS[step - 1])


@kernel
def _regroup(memory: NDArray[np.float64], profile: Any, width: float) -> None:
    """Carry all columns over to slots of another width; of the two widths one is a multiple of the other."""
    head = profile.head
    close_slot(memory, profile)
    before = slots_in_use(memory, profile)
    memory[head + WIDTH] = width
    after = slots_in_use(memory, profile)
    old = np.empty(before)
    for column in range(profile.cycles):
        start = profile.table + column * profile.slots
        old[:] = memory[start : start + before]
        memory[start : start + profile.slots] = 0.0
        entries = 0
        for slot in range(after):
            first = slot * before // after
            last = max(first + 1, (slot + 1) * before // after)
            total = 0.0
            count = 0
            for other in range(first, last):
                if old[other] != 0.0:
                    total += old[other]
                    count += 1
            if count > 0:
                memory[start + slot] = total / count
                entries += 1
        if memory[head + ENTRIES + column] > 0.0:
            memory[head + ENTRIES + column] = entries
    memory[head + SLOT] = _NOWHERE
