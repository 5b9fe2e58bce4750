"""Slot widths: they follow the sampling interval, and the columns are regrouped when the width changes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.profile.layout import ENTRIES, SLOT, WIDTH, slots_in_use
from anomaly_stream.baselines.profile.learning import close_slot
from anomaly_stream.kernels.jit import kernel

_NOWHERE = -1.0
"""``SLOT`` has this value after a regrouping: no slot is open."""
_WIDTHS = 900.0 * np.array([1, 2, 4, 8, 12, 16, 24, 32, 48, 96])
"""Widths from a quarter of an hour to a day. Each number of whole hours that divides a day is one of them, so
that two values at that step do not share a slot."""


@kernel
def fit_width(state: NDArray[np.float64], profile: Any, interval: float) -> None:
    """Widen the slots if the sampling interval is longer; narrow them if it fits the next narrower width."""
    head = profile.head
    width = state[head + WIDTH]
    step = 0
    for place in range(len(_WIDTHS)):
        if _WIDTHS[place] == width:
            step = place
    if step + 1 < len(_WIDTHS) and width * 1.3 < interval:
        _regroup(state, profile, _WIDTHS[step + 1])
    elif step > 0 and width > profile.width and _WIDTHS[step - 1] * 1.05 >= interval:
        _regroup(state, profile, _WIDTHS[step - 1])


@kernel
def _regroup(state: NDArray[np.float64], profile: Any, width: float) -> None:
    """Convert all columns to another width.

    A wider slot is the mean of the slots it replaces. A narrower one is a copy of the slot that holds it.
    """
    head = profile.head
    close_slot(state, profile)
    before = slots_in_use(state, profile)
    state[head + WIDTH] = width
    after = slots_in_use(state, profile)
    old = np.empty(before)
    for column in range(profile.cycles):
        start = profile.table + column * profile.slots
        old[:] = state[start : start + before]
        state[start : start + profile.slots] = 0.0
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
                state[start + slot] = total / count
                entries += 1
        if state[head + ENTRIES + column] > 0.0:
            state[head + ENTRIES + column] = entries
    state[head + SLOT] = _NOWHERE
