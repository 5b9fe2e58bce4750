"""The state of a profile: a head of ``HEAD`` words, and one column of slots for each cycle.

An entry of 0 in a column is missing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

MOST_CYCLES = 8
ROOM = 4 * MOST_CYCLES
"""The scratch array of ``profile_at`` has this length."""
WIDTH, PERIOD, SLOT, CYCLE, SUM, COUNT = range(6)
ADDITIVE, RELATIVE, CENTRE = 6, 9, 12
FILLED, READY, DONE, STEP, DRIFT, OFFSET, MEAN_OFFSET, DISAGREEMENT = range(14, 22)
LEVELS = 22
MEANS = LEVELS + MOST_CYCLES
ENTRIES = MEANS + MOST_CYCLES
HEAD = ENTRIES + MOST_CYCLES
"""The length of the head, whose fields are:

    WIDTH, PERIOD       slot width and period, seconds
    SLOT, CYCLE         the open slot (counted from 1), its cycle
    SUM, COUNT          sum and count of the values of the open slot
    ADDITIVE            additive forecasts of the previous, the open and the next slot
    RELATIVE            the same relative to the level
    CENTRE              means of the additive and of the relative forecasts, which are subtracted
    FILLED              fraction of the entries that are known
    READY, DONE         number of complete cycles, the last of them
    STEP, DRIFT         difference of its level to the previous cycle, and the part of it that is a trend
    OFFSET              place of the last forecast in the open slot: -0.5 at its begin, 0.5 at its end
    MEAN_OFFSET         mean of the places of the values in their slots
    DISAGREEMENT        range of the middle half of the open slot's entries; ``LARGEST`` below 3
    LEVELS, MEANS       by column: level of the cycle, mean of its slots
    ENTRIES             by column: number of slots with an entry; 0 while the cycle is incomplete"""

PROFILE = np.dtype(
    [
        ("kind", "i4"),
        ("cycles", "i4"),
        ("slots", "i4"),
        ("competition", "i4"),
        ("head", "i4"),
        ("table", "i4"),
        ("period", "f8"),
        ("width", "f8"),
    ],
    align=True,
)
"""A compiled profile: its kind, its columns and slots per column, and the places in the row's state where its
competition, its head and its columns begin; the period (0: detected) and the least slot width in seconds."""

DAILY, WEEKLY, HOUR_OF_WEEK, DETECTED, HOLIDAY = range(5)
"""Kinds of profiles. ``DETECTED``: the period is found in the data. ``HOLIDAY``: one day, learned from
holidays alone."""


@kernel
def slots_in_use(state: NDArray[np.float64], profile: Any) -> int:
    """Slots per cycle at the present width."""
    return int(np.rint(state[profile.head + PERIOD] / state[profile.head + WIDTH]))


@kernel
def clear_profile(state: NDArray[np.float64], profile: Any, period: float, width: float) -> None:
    """Forget everything, and start with this period and slot width."""
    state[profile.head : profile.head + HEAD] = 0.0
    state[profile.table : profile.table + profile.slots * profile.cycles] = 0.0
    state[profile.head + PERIOD] = period
    state[profile.head + WIDTH] = width
