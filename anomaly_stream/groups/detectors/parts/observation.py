"""One vector as detectors receive it."""

from math import isfinite, nan
from typing import NamedTuple

from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

LARGEST = 1e150
"""Values are clipped to this size, so that their squares stay in the range of a double."""


class Observation(NamedTuple):
    """One vector of a group, and the properties of the instance that detectors need."""

    vector: Floats
    present: Bools
    """Which members have a value."""
    size: int
    """Number of members."""
    listed: int
    """Where in the state the list of pairs begins."""
    pairs: int
    """Number of pairs in that list."""
    warm_up: float
    """Number of vectors to learn before judging."""
    time: float
    """Event time at which its bucket begins, in seconds."""


@leaf_kernel
def value_of(seen: Observation, member: int) -> float:
    """The value of a member: NaN if it is absent or not finite."""
    value = seen.vector[member]
    if not seen.present[member] or not isfinite(value):
        return nan
    return float(min(LARGEST, max(-LARGEST, value)))
