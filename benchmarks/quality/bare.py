"""The default without the engine around it: its views, ranks and vote, and what it learns of its alerts.

The engine adds the rest of a config: lateness, direction, the lifecycle of an alert. Without it a value takes
a fraction of the time, and only the code of the model is compiled.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.detectors.models import auto
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.kernels.jit import kernel
from benchmarks.quality.ours import shipped_config


@kernel
def _judge(state: Floats, times: Floats, values: Floats, least: int, alert: float, scores: Floats) -> None:
    for row in range(len(times)):
        if row > 0 and times[row] <= times[row - 1]:
            continue
        found = auto.evaluate(state, times[row], values[row])
        judged = state[0] >= least and found.score == found.score
        if judged:
            scores[row] = found.alert_score
        auto.learn(state, times[row], values[row], found, judged, judged and found.alert_score >= alert)


def bare_default(times: Floats, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """A :data:`~benchmarks.quality.series.Detector`: the alert scores, and the rows that reach 60."""
    config = shipped_config()
    rows = np.flatnonzero(np.isfinite(values))
    found, scores = np.zeros(len(rows)), np.zeros(len(values))
    threshold = config.alert_score
    _judge(np.zeros(auto.WORDS), times[rows], values[rows], config.min_observations, threshold, found)
    scores[rows] = found
    return scores, scores >= threshold
