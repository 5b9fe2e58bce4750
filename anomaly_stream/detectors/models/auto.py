"""Auto: a model for any metric, with a state of fixed size and no parameters to set.

It runs two routes and takes the stronger evidence: ``surprise`` (no similar value was seen before) and
``residual`` (the value is far from its forecast). ``parts.evidence`` combines them; ``docs/detection.md``
describes the whole.

The constants are round numbers. They were chosen on labelled data (NAB, service metrics) and on synthetic
series; changing any of them by a third changes little.
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

NUMBER = 10
DETECTOR = Detector(
    "auto",
    NUMBER,
    "For any metric: `surprise` and `residual` on one scale.",
    kind="model",
    slots=SLOTS,
    reasons=REASONS,
)


@leaf_kernel
def evaluate(state: Floats, time: float, value: float) -> Evaluation:
    """Evaluate a value by both routes."""
    return evaluation.evaluate(views_of(state), time, value, FEWEST, True, True)


@leaf_kernel
def band(state: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """The values at which the first of the two routes reaches ``sensitivity``."""
    return edges.band(views_of(state), time, found.carried, sensitivity, True, True)


@leaf_kernel
def learn(state: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Learn a value, also an anomaly: a value that was seen before is less surprising."""
    evaluation.learn(views_of(state), time, value, found.carried, counted, alerted, True, True)
