"""How stateful detectors are called. Kernels; one line for each detector.

A stateful detector's file has ``WORDS``, its words of memory, and two kernels:

``evaluate(memory, time, value, baseline) -> (statistic, deviate)``, pure, before the value enters: as the
light detectors, the standard normal deviate with the tail probability that its own model gives.

``learn(memory, time, value, entering, baseline)``, after the value was judged or taught: the value as it
came, and as it entered the window (clipped where it was anomalous).

``memory`` is the detector's own part of the row's: WORDS float64, all zeros while it has seen nothing. The
value is adjusted to the season where the config has one. The baseline is that of the window before the value
enters; its ``count`` is 0 where the window holds fewer than two points, and then it stands at the value.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline

Words = NDArray[np.float64]


@kernel
def evaluate(
    number: int, memory: Words, time: float, value: float, baseline: Baseline
) -> tuple[float, float]:
    """Statistic and normal deviate that stateful detector ``number`` gives; NaN: it cannot say yet."""
    return np.nan, np.nan


@kernel
def learn(number: int, memory: Words, time: float, value: float, entering: float, baseline: Baseline) -> None:
    """Let stateful detector ``number`` learn a value."""
