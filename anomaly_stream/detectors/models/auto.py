"""Auto: a model for any metric, with a state of fixed size and no parameters to set.

Six views of a value, each ranked by the series' own history, vote. The package ``views`` describes the parts;
``docs/detection.md`` describes the whole.

The constants are round numbers, chosen by leaving out one labelled corpus at a time
(``benchmarks.quality.choose``).
"""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.models.reasons import REASONS
from anomaly_stream.detectors.models.views import band as edges
from anomaly_stream.detectors.models.views import evaluation, learning
from anomaly_stream.detectors.models.views.clock import step_of
from anomaly_stream.detectors.models.views.state import WORDS, state_of
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation

__all__ = ["DETECTOR", "NUMBER", "WORDS", "band", "evaluate", "learn", "usual_step"]

NUMBER = 3
DETECTOR = Detector(
    "auto",
    NUMBER,
    "For any metric: six views of a value, each ranked by the series' own history, vote.",
    kind="model",
    words=WORDS,
    reasons=REASONS,
)


@leaf_kernel
def evaluate(state: Floats, time: float, value: float) -> Evaluation:
    """Evaluate a value by its views."""
    return evaluation.evaluate(state_of(state), time, value)


@leaf_kernel
def band(state: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """The nearest values on both sides whose score reaches ``sensitivity``."""
    return edges.band(state_of(state), time, found.carried, sensitivity)


@leaf_kernel
def learn(state: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Learn a value, also an anomaly: what was seen before is less unusual."""
    learning.learn(state_of(state), time, value, found.carried, counted, alerted)


@leaf_kernel
def usual_step(state: Floats) -> float:
    """The mean interval between values."""
    return step_of(state_of(state))
