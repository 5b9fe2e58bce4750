"""How models are called: detectors that are a whole baseline of their own. Kernels; one line for each model.

A model's file has ``WORDS``, its words of memory, and two kernels:

``evaluate(memory, time, value) -> Evaluation``, pure, before the value enters;

``learn(memory, time, value, found, taught)``, right behind it: what was found of the value, and whether it
was taught, so that nobody asked.

``memory`` is the model's own: WORDS float64, all zeros while it has seen nothing. There is no window beside
it, and nothing is clipped for it: what it learns of an anomaly is its own decision.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

Words = NDArray[np.float64]


class Evaluation(NamedTuple):
    """What a model makes of a value."""

    score: float
    """How unusual it is, 0 to 100; NaN: the model has not seen enough to say."""
    alert_score: float
    """The same, less what is taken off for what was reported already: an alert opens by this one."""
    expected: float
    lower: float
    """What is below is not expected. A value within the band may be an anomaly too, by its reason."""
    upper: float
    reason: int
    """Number among the ``reasons`` of the model's entry in the registry."""


@kernel
def observe(number: int, memory: Words, time: float, value: float, taught: bool) -> Evaluation:
    """Evaluate a value by model ``number``, then let it learn it."""
    return Evaluation(np.nan, np.nan, np.nan, np.nan, np.nan, 0)
