"""How seasons are called. Kernels; one line for each season.

A season's file has two: ``adjustment(memory, parameters, time) -> Adjustment``, pure, and
``learn(memory, parameters, time, value, entering)``: the value as it came, and as it was damped (clipped
where anomalous). ``memory`` is the season's own part of the row's, ``parameters`` what its entry in the
registry made of the config.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

Words = NDArray[np.float64]


class Adjustment(NamedTuple):
    """``(value - offset) / factor`` is what enters the window and is judged; ``factor`` is positive.

    So an additive profile is an offset, a multiplicative one a factor.
    """

    offset: float
    factor: float


@kernel
def adjustment(number: int, memory: Words, parameters: Words, time: float) -> Adjustment:
    """How season ``number`` moves a value at this time."""
    return Adjustment(0.0, 1.0)


@kernel
def learn(number: int, memory: Words, parameters: Words, time: float, value: float, entering: float) -> None:
    """Let season ``number`` learn a value."""
