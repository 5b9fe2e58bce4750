"""How wide a profile's slots are: as the sampling interval asks, columns regrouped when it changes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.profile.layout import ENTRIES, SLOT, WIDTH, slots_in_use
from anomaly_stream.baselines.profile.learning import close_slot
from anomaly_stream.kernels.jit import kernel

_NOWHERE = -1.0
"""The open slot, between two."""
_WIDTHS = np.array([900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0])


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
