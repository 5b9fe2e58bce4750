"""Advances a profile in time, and gives its forecast for a value before the value is learned.

A profile keeps one mean per slot for each of the last cycles (:mod:`learning`). The value of a slot is the
median over the complete cycles, each relative to the level of its own cycle and without the drift from cycle
to cycle (:mod:`forecast`). So a single cycle with an outage has no effect, and neither a change of level nor
a trend counts as a season. The slot width follows the sampling interval (:mod:`widths`).

Between two slots the forecast is linear, with the smaller of the slopes to the two neighbours, and flat at a
peak or an edge (minmod limiter, Roe 1986): slopes are followed, and a job of one slot keeps its corners. The
mean of a slot is the forecast for the usual place of its values in it: an hourly value at the full hour is
compared with the mean of earlier ones, and not with a point half a slot away.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.profile.forecast import centred, disagreement
from anomaly_stream.baselines.profile.layout import (
    ADDITIVE,
    CYCLE,
    DISAGREEMENT,
    MEAN_OFFSET,
    OFFSET,
    RELATIVE,
    ROOM,
    SLOT,
    WIDTH,
    slots_in_use,
)
from anomaly_stream.baselines.profile.learning import close_slot, turn_cycle
from anomaly_stream.kernels.jit import kernel


@kernel
def advance(state: NDArray[np.float64], profile: Any, cycle: float, position: float) -> tuple[float, float]:
    """The forecast ``position`` seconds into ``cycle``: (additive, relative to the level); NaN if unknown.

    Closes the slot, and the cycle, that end before it.
    """
    head = profile.head
    slots = slots_in_use(state, profile)
    slot = min(int(position / state[head + WIDTH]), slots - 1)
    if state[head + SLOT] != slot + 1 or state[head + CYCLE] != cycle:
        follows = state[head + CYCLE] == cycle and state[head + SLOT] == slot
        turned = state[head + CYCLE] != cycle
        close_slot(state, profile)
        if turned:
            turn_cycle(state, profile, cycle)
        state[head + SLOT] = slot + 1
        room = np.empty(ROOM)
        for multiplicative in range(2):
            first = head + (RELATIVE if multiplicative else ADDITIVE)
            if follows:
                state[first] = state[first + 1]
                state[first + 1] = state[first + 2]
            else:
                state[first] = centred(state, profile, slot - 1, multiplicative, room)
                state[first + 1] = centred(state, profile, slot, multiplicative, room)
            state[first + 2] = centred(state, profile, slot + 1, multiplicative, room)
        state[head + DISAGREEMENT] = disagreement(state, profile, slot, room)
    state[head + OFFSET] = position / state[head + WIDTH] - slot - 0.5
    offset = state[head + OFFSET] - state[head + MEAN_OFFSET]
    return _between(state, head + ADDITIVE, offset), _between(state, head + RELATIVE, offset)


@kernel
def _between(state: NDArray[np.float64], place: int, offset: float) -> float:
    """The forecast ``offset`` slots from the usual place of values in the open slot."""
    here = state[place + 1]
    rise = here - state[place]
    fall = state[place + 2] - here
    if not rise * fall > 0.0:
        return float(here)
    return float(here + offset * (rise if abs(rise) < abs(fall) else fall))
