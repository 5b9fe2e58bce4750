"""One instance of a group as an object: its memory, and what may be done with it."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.groups.detectors import hysteresis, instance
from anomaly_stream.groups.detectors.explain.explanation import Explanation, explain
from anomaly_stream.groups.detectors.registry import DEFAULT, mask_of
from anomaly_stream.kernels.arrays import Bools, Floats
from anomaly_stream.kernels.jit import leaf_kernel

WARM_UP = 400.0
"""Vectors before a detector says anything, where nothing else is asked for."""


class GroupScorer:
    """The detectors of one instance.

    Attributes:
        memory: all of its state; zeros are a fresh one.
        scores: of the last vector evaluated, as ``instance.SCORES`` says.
        work: what ``evaluate`` found on the way.
    """

    def __init__(self, members: int, detectors: Iterable[str] = DEFAULT, warm_up: float = WARM_UP) -> None:
        if not 2 <= members <= instance.MOST_MEMBERS:
            raise ValueError(f"a group has 2 to {instance.MOST_MEMBERS} members, not {members}")
        self.members = members
        self.mask = mask_of(detectors)
        self.warm_up = float(warm_up)
        self.memory = np.zeros(instance.words(self.mask, members))
        self.scores = np.zeros(instance.SCORES)
        self.work = np.zeros(instance.work_words(members))

    def evaluate(self, vector: Floats, present: Bools) -> float:
        """The score of a vector, 0 to 100; the state stays as it is."""
        return instance.evaluate(
            self.memory, self.mask, self.members, vector, present, self.warm_up, self.work, self.scores
        )

    def explain(self, vector: Floats, present: Bools) -> Explanation:
        """What the score that ``evaluate`` has just given rests on."""
        return explain(self.memory, self.mask, vector, present, self.warm_up, self.work, self.scores)

    def learn(self, vector: Floats, present: Bools) -> None:
        """Take in the vector that ``evaluate`` has just seen."""
        instance.learn(self.memory, self.mask, self.members, vector, present, self.warm_up, self.work)

    def alarm(self, score: float, threshold: float) -> bool:
        """Whether the alarm is on after a vector with this score."""
        return hysteresis.alarm(self.memory, 0, score, threshold)

    def follow(self, vectors: Floats, present: Bools, threshold: float) -> tuple[Floats, NDArray[np.bool_]]:
        """Evaluate and learn vectors, a row each; their scores and whether the alarm is on."""
        scores, alarms = np.zeros(len(vectors)), np.zeros(len(vectors), np.bool_)
        _follow(
            self.memory,
            self.mask,
            vectors,
            present,
            self.warm_up,
            self.work,
            self.scores,
            threshold,
            scores,
            alarms,
        )
        return scores, alarms


@leaf_kernel
def _follow(
    memory: Floats,
    mask: int,
    vectors: Floats,
    present: NDArray[np.bool_],
    warm_up: float,
    work: Floats,
    each: Floats,
    threshold: float,
    scores: Floats,
    alarms: NDArray[np.bool_],
) -> None:
    size = vectors.shape[1]
    for row in range(vectors.shape[0]):
        scores[row] = instance.evaluate(memory, mask, size, vectors[row], present[row], warm_up, work, each)
        alarms[row] = hysteresis.alarm(memory, 0, scores[row], threshold)
        instance.learn(memory, mask, size, vectors[row], present[row], warm_up, work)
