"""Surprise: nothing like it was seen here before. One of the two routes of ``auto`` alone.

For series whose anomalies are new shapes and levels rather than large distances.
"""

from anomaly_stream.detectors.models.parts import edges, score
from anomaly_stream.detectors.models.parts.layout import WORDS, seen
from anomaly_stream.detectors.models.parts.sketch import FEWEST
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

__all__ = ["WORDS", "band", "evaluate", "learn"]


@leaf_kernel
def evaluate(memory: Floats, time: float, value: float) -> Evaluation:
    """By the views; the residual only cuts what is near the expected value."""
    return score.evaluate(seen(memory), time, value, FEWEST, True, False)


@leaf_kernel
def band(memory: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """Where a value is far enough beyond all that was seen."""
    return edges.band(seen(memory), time, found.carried, sensitivity, True, False)


@leaf_kernel
def learn(memory: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """As ``auto`` does."""
    score.learn(seen(memory), time, value, found.carried, counted, alerted, True, False)
