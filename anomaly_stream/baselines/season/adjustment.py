"""The adjustment of a value: removing a season, additive or multiplicative, with a weight."""

from math import isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.baselines.forecast_competition import error_ratio, factor_of
from anomaly_stream.kernels.jit import kernel

_FULL = 0.25
"""A profile that reduces the error by this fraction is used in full."""


class Adjustment(NamedTuple):
    """The adjustment of a value at one time."""

    offset: float
    factor: float
    """Above 0. ``(value - offset) / factor`` is judged and enters the window."""
    judged: bool
    """False on a special day that is skipped, or has no profile yet."""
    taught: bool
    """False on a special day that is not learned."""
    spread: float
    """Usual size of the errors at this hour over that of all errors; a part of ``factor``."""
    base: float
    """``base + spread * adjusted`` is the value without its season, which still has its level."""
    lift: float
    """How far a weekly season lifts the forecast above the level; 0 with any other season."""
    typical: bool
    """Whether errors at this hour are typical for ``spread``. Others do not enter the window: they would make
    it too narrow."""
    returned: bool
    """Whether the value is nearer to the level before the last one that was accepted, which then replaces it
    here."""


@kernel
def weight_of(state: NDArray[np.float64], profile: Any) -> float:
    """Weight of a profile: ``(1 - error ratio) / 0.25``, clipped to 0 and 1."""
    return float(max(0.0, min(1.0, (1.0 - error_ratio(state, profile.competition)) / _FULL)))


@kernel
def applied(
    offset: float, factor: float, additive: float, relative: float, weight: float, multiplicative: bool
) -> tuple[float, float]:
    """``offset`` and ``factor`` after also removing this season."""
    if multiplicative and not isnan(relative):
        return offset, factor * factor_of(weight * relative)
    return offset if isnan(additive) else offset + factor * weight * additive, factor
