"""How a value is adjusted: a season is taken out of it, as a sum or as a share, with a weight."""

from math import isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.contest import error_ratio, scaling
from anomaly_stream.kernels.jit import kernel

_FULL = 0.25


class Adjustment(NamedTuple):
    """How a value at a time is adjusted."""

    offset: float
    factor: float
    """Above 0; ``(value - offset) / factor`` is what is judged and what enters the window."""
    judged: bool
    """False: a special day of which nothing is known yet, or that is to be passed over."""
    taught: bool
    """False: a special day that teaches nothing."""


@kernel
def weight_of(memory: NDArray[np.float64], profile: Any) -> float:
    """How much of a profile is used: none where it saves no error, all of it from a quarter saved on."""
    return float(max(0.0, min(1.0, (1.0 - error_ratio(memory, profile.contest)) / _FULL)))


@kernel
def applied(
    offset: float, factor: float, added: float, share: float, weight: float, scaled: bool
) -> tuple[float, float]:
    """Take a season out behind what ``offset`` and ``factor`` do."""
    if scaled and not isnan(share):
        return offset, factor * scaling(weight * share)
    return offset if isnan(added) else offset + factor * weight * added, factor
