"""How models are called: detectors that are a whole baseline of their own. Kernels; in each a line a model.

A model's file has ``WORDS``, its words of memory, and three kernels:

``evaluate(memory, time, value) -> Evaluation``, pure, before the value enters;

``band(memory, time, found, sensitivity) -> (lower, upper)``, pure, for the same value: beyond it every value
is an anomaly, that is, has a score of ``sensitivity`` or more. Asked for only where a verdict is written;

``learn(memory, time, value, found, counted, alerted)``, right behind: what was found of the value; whether it
counted (it was not taught, and the config wants to hear of its side); whether its alert score reached what
opens an alert.

``memory`` is the model's own: WORDS float64, all zeros while it has seen nothing; its first word is the
number of values seen. There is no window beside it, and nothing is clipped for it: what it learns of an
anomaly is its own decision.
"""

from anomaly_stream.detectors.ids import RESIDUAL, SURPRISE
from anomaly_stream.detectors.models import auto, residual, surprise
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import leaf_kernel
from anomaly_stream.model.evaluation import Evaluation


@leaf_kernel
def evaluate(number: int, memory: Floats, time: float, value: float) -> Evaluation:
    """What model ``number`` makes of a value."""
    if number == RESIDUAL:
        return residual.evaluate(memory, time, value)
    if number == SURPRISE:
        return surprise.evaluate(memory, time, value)
    return auto.evaluate(memory, time, value)


@leaf_kernel
def band(
    number: int, memory: Floats, time: float, found: Evaluation, sensitivity: float
) -> tuple[float, float]:
    """Its band, lower and upper edge."""
    if number == RESIDUAL:
        return residual.band(memory, time, found, sensitivity)
    if number == SURPRISE:
        return surprise.band(memory, time, found, sensitivity)
    return auto.band(memory, time, found, sensitivity)


@leaf_kernel
def learn(
    number: int,
    memory: Floats,
    time: float,
    value: float,
    found: Evaluation,
    counted: bool,
    alerted: bool,
) -> None:
    """Let it learn the value."""
    if number == RESIDUAL:
        residual.learn(memory, time, value, found, counted, alerted)
    elif number == SURPRISE:
        surprise.learn(memory, time, value, found, counted, alerted)
    else:
        auto.learn(memory, time, value, found, counted, alerted)
