"""Residual: far out of what the last ten days let expect. One of the two routes of ``auto`` alone.

For service metrics, with less than half of the memory and of the time of ``auto``.
"""

from anomaly_stream.detectors.models.parts import edges, score
from anomaly_stream.detectors.models.parts.baseline import FEWEST_RESIDUALS
from anomaly_stream.detectors.models.parts.layout import RESIDUAL_WORDS, seen
from anomaly_stream.detectors.models.parts.window import FEWEST_VALUES
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

__all__ = ["WORDS", "band", "evaluate", "learn"]
WORDS = RESIDUAL_WORDS
READY = FEWEST_VALUES + FEWEST_RESIDUALS
"""Values after which it says something."""


@leaf_kernel
def evaluate(memory: Floats, time: float, value: float) -> Evaluation:
    """By the distance from the baseline in robust scales."""
    return score.evaluate(seen(memory), time, value, READY, False, True)


@leaf_kernel
def band(memory: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """Where that distance is far enough."""
    return edges.band(seen(memory), time, found.carried, sensitivity, False, True)


@leaf_kernel
def learn(memory: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Medians and quantiles of thinned windows: an outage moves them by as much as it lasts."""
    score.learn(seen(memory), time, value, found.carried, counted, alerted, False, True)
