"""Surprise: no similar value was seen before. One of the two routes of ``auto``, by itself.

For series whose anomalies are new shapes and levels rather than large distances.
"""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.models.parts import band as edges
from anomaly_stream.detectors.models.parts import evaluation
from anomaly_stream.detectors.models.parts.sketch import FEWEST
from anomaly_stream.detectors.models.parts.state import SLOTS, views_of
from anomaly_stream.detectors.models.reasons import REASONS
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

__all__ = ["DETECTOR", "NUMBER", "SLOTS", "band", "evaluate", "learn"]

NUMBER = 11
DETECTOR = Detector(
    "surprise",
    NUMBER,
    "No similar value, level or spread was seen in this series before, or at this time of its season.",
    kind="model",
    slots=SLOTS,
    reasons=REASONS,
)


@leaf_kernel
def evaluate(state: Floats, time: float, value: float) -> Evaluation:
    """Evaluate a value by its views; the residual only lowers the score of values near their forecast."""
    return evaluation.evaluate(views_of(state), time, value, FEWEST, True, False)


@leaf_kernel
def band(state: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """The values far enough outside the range of all past values."""
    return edges.band(views_of(state), time, found.carried, sensitivity, True, False)


@leaf_kernel
def learn(state: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Learn a value, as ``auto`` does."""
    evaluation.learn(views_of(state), time, value, found.carried, counted, alerted, True, False)
