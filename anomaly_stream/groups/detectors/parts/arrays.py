"""The arrays that the kernels of this room work on, and a member's value read from them."""

from math import isfinite, nan

from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

LARGEST = 1e150
"""Values beyond count as this: squares stay within doubles."""


@leaf_kernel
def value_of(vector: Floats, present: Bools, member: int) -> float:
    """A member's value as detectors take it: NaN where it is absent or not finite."""
    value = vector[member]
    if not present[member] or not isfinite(value):
        return nan
    return float(min(LARGEST, max(-LARGEST, value)))
