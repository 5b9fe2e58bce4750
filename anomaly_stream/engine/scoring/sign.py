"""Whether a series has ever been below 0: if not, neither its normal range nor its expected value is shown
below 0 (``band.least_shown``).

A row remembers it of the values that it learned, for longer than they stay in its window. A value that is
below 0 by rounding alone, as a difference of sums can be, is not below 0.
"""

from typing import Any

from anomaly_stream.engine.scoring.admit import IS_SCORED
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.kernels.magnitudes import RESOLUTION


@kernel
def _is_below_0(value: float, mean: float) -> bool:
    """Whether a value lies below 0, by more than rounding in a series with this mean."""
    return bool(value < -RESOLUTION * abs(mean))


@kernel
def learn_sign(row: Any, use: int, value: float, mean: float) -> None:
    """Remember whether a value that is learned lies below 0; ``mean`` is that of the window."""
    if use != IS_SCORED and _is_below_0(value, mean):
        row.nonnegative = 0


@kernel
def is_nonnegative(row: Any, config: Any, value: float, mean: float) -> bool:
    """Whether neither the value nor any before it lies below 0. The increase of a counter never does."""
    return bool(config.counter_words > 0 or (row.nonnegative and not _is_below_0(value, mean)))
