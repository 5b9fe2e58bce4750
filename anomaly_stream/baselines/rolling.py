"""The rolling baseline: statistics of the window, without a season."""

from typing import Any

from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION
from anomaly_stream.kernels.moments import mean_and_sd
from anomaly_stream.kernels.order import median, median_deviation, quantile
from anomaly_stream.model.baseline import Baseline

_CONSTANT = 1e-9
_LEAST = 1e-300


@kernel
def floored(sd: float, centre: float) -> float:
    """A standard deviation to divide by: never 0, and always above the rounding error.

    At least 1e-9 of the level for a constant window, and ``RESOLUTION`` of it for any other.
    """
    if sd == 0.0:
        return max(_CONSTANT * abs(centre), _LEAST)
    return max(sd, RESOLUTION * abs(centre), _LEAST)


@kernel
def describe(row: Any, pool: Pool) -> Baseline:
    """The baseline from a window of at least 2 points."""
    mean, sd = mean_and_sd(row, pool.sorted)
    centre = median(pool.sorted, row.start, row.count)
    return Baseline(
        float(row.count),
        mean,
        floored(sd, centre),
        centre,
        median_deviation(pool.sorted, row.start, row.count, centre),
        quantile(pool.sorted, row.start, row.count, 0.25),
        quantile(pool.sorted, row.start, row.count, 0.75),
    )
