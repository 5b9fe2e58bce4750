"""Deviations that people said to be known: ``false_alarm`` with ``teach``, and the command ``teach`` of it.

A value beyond the band is *known* if it is no farther from the expected value than the row's known deviation
on its side. It is scored and learned as any other, and counts as normal for the alert. What is found within
the band, such as a flat line, is never known.

The deviation is in the metric's own units, and not in widths of the band or as a score: a score ends at 100,
and the width of the band changes with the values that it learns, those of the pattern among them.
"""

from typing import Any

import numpy as np

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.side import Side

ABOVE, BELOW = range(2)
"""The sides of the expected value: indices into the known deviations of a row."""
SIDES: dict[Side, int] = {"above": ABOVE, "below": BELOW}
UNKNOWN = np.nan


@kernel
def known_since(row: Any, verdict: Any, value: float) -> float:
    """Since when a deviation like that of an anomaly with this verdict is known; NaN: it is not."""
    if not (value < verdict.lower or value > verdict.upper):
        return UNKNOWN
    side = ABOVE if value > verdict.upper else BELOW
    if abs(value - verdict.expected) <= row.known[side]:
        return float(row.known_since[side])
    return UNKNOWN
