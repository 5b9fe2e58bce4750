"""Which observations continue the cadence of their row; ``scoring.clock`` decides about the others."""

from typing import Any

import numpy as np

from anomaly_stream.kernels.jit import kernel

FAR = 20.0
"""A step is far if it is longer than this many of the row's usual steps. Irregular producers and some missing
values stay below it: of exponential pauses, the longest of some hundred is 6 times the mean."""


AGREEING = 3
"""One time far from what is known is believed once this many further ones agree with it: of the same series,
or of other series where the series is new. One wild time costs one value, and a producer that repeats it
twice costs no more."""


@kernel
def ages_others(row: Any, time: float) -> bool:
    """Whether an observation ages other series by itself: it continues a clock that has not jumped."""
    return bool(
        row.clock_before == -np.inf and time > row.clock_start and time - row.last_time <= FAR * row.step
    )


@kernel
def continues(row: Any, time: float) -> bool:
    """Whether a time is within the cadence of its row, so that the row's clock takes it."""
    return bool(0.0 < time - row.last_time <= FAR * row.step)


@kernel
def is_new(row: Any) -> bool:
    """Whether the step of a row is not known yet, so that its time needs others that agree."""
    return bool(row.step == 0.0)
