"""Which observations continue the cadence of their row; ``scoring.clock`` decides about the others."""

from typing import Any

import numpy as np

from anomaly_stream.kernels.jit import kernel

FAR = 20.0
"""A step is far if it is longer than this many of the row's usual steps."""


@kernel
def ages_others(row: Any, time: float) -> bool:
    """Whether an observation may age other series: it continues a clock that has not jumped.

    An observation that is replayed, so that ``last_time`` may be later, gets the answer that it got before.
    """
    return bool(
        row.clock_before == -np.inf and time > row.clock_start and time - row.last_time <= FAR * row.step
    )
