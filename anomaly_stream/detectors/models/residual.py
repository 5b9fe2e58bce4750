"""Residual: the value is far from its forecast. One of the two routes of ``auto``, by itself.

For service metrics. It takes less than half of the memory and time of ``auto``.
"""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.models.parts import band as edges
from anomaly_stream.detectors.models.parts import evaluation
from anomaly_stream.detectors.models.parts.baseline import FEWEST_RESIDUALS
from anomaly_stream.detectors.models.parts.state import RESIDUAL_SLOTS, views_of
from anomaly_stream.detectors.models.parts.window import FEWEST_VALUES
from anomaly_stream.detectors.models.reasons import REASONS
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

NUMBER = 3
SLOTS = RESIDUAL_SLOTS
DETECTOR = Detector(
    "residual",
    NUMBER,
    "Robust distance from a forecast by the last ten days, the hour of day or the week.",
    kind="model",
    slots=SLOTS,
    reasons=REASONS,
)
READY = FEWEST_VALUES + FEWEST_RESIDUALS
"""Values are judged after this many were learned."""


@leaf_kernel
def evaluate(state: Floats, time: float, value: float) -> Evaluation:
    """Evaluate a value by its distance from the forecast in robust scales."""
    return evaluation.evaluate(views_of(state), time, value, READY, False, True)


@leaf_kernel
def band(state: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """The values at which the score of that distance reaches ``sensitivity``."""
    return edges.band(views_of(state), time, found.carried, sensitivity, False, True)


@leaf_kernel
def learn(state: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Learn a value. Windows are thinned in time, so an outage moves them in proportion to its length."""
    evaluation.learn(views_of(state), time, value, found.carried, counted, alerted, False, True)
