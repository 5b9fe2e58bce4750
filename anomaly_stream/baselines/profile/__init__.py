"""A seasonal profile: what the slots of a cycle (a day, a week, any period) usually hold.

Of each of the last cycles the profile keeps one mean a slot (``learning``). A slot's value is the median over
the complete ones, each taken relative to the level of its own cycle and without the trend from cycle to cycle
(``forecast``), so a cycle with an outage in it is outvoted, and neither a change of level nor a trend is a
season. While a slot's own entries do not stand out from those of its two neighbours, all three are taken
together. Between the middles of slots the profile runs straight, with the slope that the smaller step to a
neighbour gives, and none at a peak or an edge (minmod limiter, Roe 1986): slopes are followed, and a job of
one slot keeps its corners. Slots are as wide as the sampling interval asks (``widths``).

``layout`` has the memory of it. This module is the way in: each value arrives at a time, which asks the
profile for its forecast, and is then added.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.profile.forecast import centred, profile_at
from anomaly_stream.baselines.profile.layout import (
    ADDED,
    CYCLE,
    ROOM,
    SCALED,
    SLOT,
    WIDTH,
    clear_profile,
    slots_in_use,
)
from anomaly_stream.baselines.profile.learning import add, close_slot, turn_cycle
from anomaly_stream.baselines.profile.widths import fit_width
from anomaly_stream.kernels.jit import kernel

__all__ = ["add", "arrive", "centred", "clear_profile", "fit_width", "profile_at"]


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
            turn_cycle(memory, profile, cycle)
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
