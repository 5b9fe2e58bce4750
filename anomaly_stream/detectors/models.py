"""How models are called: detectors that are a whole baseline of their own. Kernels; one line for each model.

A model's file has ``WORDS``, its words of memory, and two kernels:

``evaluate(memory, time, value) -> Evaluation``, pure, before the value enters;

``learn(memory, time, value, found, taught)``, right behind it: what was found of the value, and whether it
was taught, so that nobody asked.

``memory`` is the model's own: WORDS float64, all zeros while it has seen nothing. There is no window beside
it, and nothing is clipped for it: what it learns of an anomaly is its own decision.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.detectors import residual
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.evaluation import Evaluation

Words = NDArray[np.float64]


@kernel
def observe(number: int, memory: Words, time: float, value: float, taught: bool) -> Evaluation:
    """Evaluate a value by model ``number``, then let it learn it."""
    found = residual.evaluate(memory, time, value)
    residual.learn(memory, time, value, found, taught)
    return found
