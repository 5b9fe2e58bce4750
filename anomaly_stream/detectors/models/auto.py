"""Auto: for any series; one memory of a fixed size, one set of constants.

Two routes to an anomaly: *surprise*, nothing like it was seen here before, and *residual*, far out of what
the last ten days let expect (``score`` puts them together). What each module computes, and where that is
from, stands at its top; ``docs/detection.md`` has the whole.

The constants are round numbers, chosen on labelled data (NAB, service metrics) and made series together;
moving one by a third changes little.
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
    """Both routes."""
    return score.evaluate(seen(memory), time, value, FEWEST, True, True)


@leaf_kernel
def band(memory: Floats, time: float, found: Evaluation, sensitivity: float) -> tuple[float, float]:
    """Where the first of them makes an anomaly."""
    return edges.band(seen(memory), time, found.carried, sensitivity, True, True)


@leaf_kernel
def learn(memory: Floats, time: float, value: float, found: Evaluation, counted: bool, alerted: bool) -> None:
    """Learn a value, an anomaly too: what was seen once is less of a surprise."""
    score.learn(seen(memory), time, value, found.carried, counted, alerted, True, True)
