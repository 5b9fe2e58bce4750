"""The detectors of one instance as an object, for tests."""

from collections.abc import Iterable

import numpy as np

from anomaly_stream.groups.detectors import instance
from anomaly_stream.groups.detectors.explain.explanation import Explanation, explain
from anomaly_stream.groups.detectors.instance_layout import layout_of
from anomaly_stream.groups.detectors.registry import OF_SECONDS
from anomaly_stream.kernels.arrays import Bools, Floats

SENSITIVITY = 40.0
"""The default threshold."""


class GroupScorer:
    """Evaluates and learns vectors one by one.

    Attributes:
        state: the whole state; zeros are a fresh one.
        scores: those of the last vector evaluated, as ``instance.SCORES`` says.
        work: the intermediate values of ``evaluate``.
        time: event time of the next vector; vectors are a minute apart.
    """

    def __init__(self, members: int, detectors: Iterable[str] = OF_SECONDS, warm_up: float = 400.0) -> None:
        self.layout = layout_of(detectors, members, warm_up)
        self.state = np.zeros(self.layout.words)
        self.scores = np.zeros(instance.SCORES)
        self.work = np.zeros(self.layout.work_words)
        self.time = 0.0

    def evaluate(self, vector: Floats, present: Bools) -> float:
        """The score of a vector."""
        return instance.evaluate(self.state, self.layout, vector, present, self.time, self.work, self.scores)

    def explain(self, vector: Floats, present: Bools) -> Explanation:
        """The explanation of the score just given."""
        return explain(self.state, self.layout, vector, present, self.work, self.scores)

    def learn(self, vector: Floats, present: Bools) -> None:
        """Learn the vector just evaluated."""
        instance.learn(self.state, self.layout, vector, present, self.time, self.work)
        self.time += 60.0

    def follow(self, vectors: Floats, present: Bools) -> Floats:
        """Evaluate and learn the vectors in the rows; returns their scores."""
        scores = np.zeros(len(vectors))
        for row, (vector, there) in enumerate(zip(vectors, present, strict=True)):
            scores[row] = self.evaluate(vector, there)
            self.learn(vector, there)
        return scores
