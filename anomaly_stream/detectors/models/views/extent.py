"""The range of a series, by which the evidence of its values is weighed.

R is the logarithm of the range over the usual deviation from the level, 1 to 3. A series of bursts has a wide
range and needs more evidence, but not for a value that is far beyond all bursts: for one that makes the range
f times as wide, R is less by 2 log10 f, and at least 1.

The range is that of all values, with two exceptions. One value alone, a glitch, reaches at most ten times
the range of the others beyond it, unless these are all equal. And a value beyond the range widens it only
once the series has come back within it, or after a day: the first values of an incident do not hide the
others.
"""

from math import log10

from anomaly_stream.detectors.models.views.clock import DAY_S
from anomaly_stream.detectors.models.views.forecasts import FEWEST
from anomaly_stream.detectors.models.views.state import (
    DEVIATION,
    HIGHEST,
    LOWEST,
    RANGE_HIGHEST,
    RANGE_LOWEST,
    RANGE_TIME,
    ROWS,
    SECOND_HIGHEST,
    SECOND_LOWEST,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel

_WEIGHT, _BEYOND, _ALONE = 0.5, 2.0, 10.0
_HELD_S = DAY_S


@leaf_kernel
def range_penalty(state: ModelState, x: float) -> float:
    """0.5 R: what the range takes from the strength of a normalised value."""
    lowest, highest = float(state.doubles[RANGE_LOWEST]), float(state.doubles[RANGE_HIGHEST])
    width = highest - lowest
    if width <= 0.0:
        return _WEIGHT
    bursts = min(log10(width / (state.doubles[DEVIATION] + 1e-9 * width)), 3.0)
    wider = (max(highest, x) - min(lowest, x)) / width
    return _WEIGHT * max(bursts - _BEYOND * log10(wider), 1.0)


@leaf_kernel
def learn_range(state: ModelState, time: float, x: float) -> None:
    """Update the range with a value, after the lowest and the highest value so far."""
    doubles = state.doubles
    if doubles[RANGE_LOWEST] <= x <= doubles[RANGE_HIGHEST] or doubles[ROWS] < FEWEST:
        doubles[RANGE_TIME] = time
    elif time - doubles[RANGE_TIME] < _HELD_S:
        return
    lowest, highest = float(doubles[LOWEST]), float(doubles[HIGHEST])
    further = _ALONE * (doubles[SECOND_HIGHEST] - doubles[SECOND_LOWEST])
    if further > 0.0:
        lowest = max(lowest, float(doubles[SECOND_LOWEST] - further))
        highest = min(highest, float(doubles[SECOND_HIGHEST] + further))
    doubles[RANGE_LOWEST], doubles[RANGE_HIGHEST] = lowest, highest
