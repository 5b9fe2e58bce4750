"""The memory of a profile: a head of ``HEAD`` words, and one column of slots for each cycle kept.

An entry of 0 in a column is none.
"""

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
