"""The daily season: what an hour of the day adds to the mean of all hours."""

from anomaly_stream.detectors.models.views.forecasts import hour_of_day
from anomaly_stream.detectors.models.views.state import (
    DAY_COUNTS,
    DAY_KNOWN,
    DAY_MEANS,
    DAY_TOTAL,
    ModelState,
)
from anomaly_stream.kernels.jit import leaf_kernel


@leaf_kernel
def mean_of_hours(state: ModelState) -> float:
    """The mean of the hours of the day that are known."""
    return float(state.doubles[DAY_TOTAL] / max(1.0, state.doubles[DAY_KNOWN]))


@leaf_kernel
def season_of(state: ModelState, time: float) -> float:
    """What the hour of the day adds to the level; 0 if it is not known."""
    hour = hour_of_day(time)
    if state.floats[DAY_COUNTS + hour] == 0:
        return 0.0
    return float(state.doubles[DAY_MEANS + hour]) - mean_of_hours(state)
