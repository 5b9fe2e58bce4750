"""The registry's entry of a detector of groups."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from anomaly_stream.groups.detectors.parts.pairs import PairDeviation
from anomaly_stream.kernels.arrays import Floats
from anomaly_stream.model.reasons import Reason


class Questions(IntEnum):
    """How many tests a detector makes on one vector, for the multiplicity correction of its score."""

    ONE = 0
    MEMBERS = 1
    """One for each member that has a value."""
    PAIRS = 2
    """One for each watched pair of members that have values."""


Contributions = Callable[[Floats, int, int, Floats, int, list[PairDeviation]], Floats]
"""It maps ``(state, at, members, work, work_at, pairs)`` to the contribution of each member, at least 0."""


@dataclass(frozen=True, slots=True)
class GroupDetector:
    """An entry of the registry. The module of each detector holds its own."""

    name: str
    """Its name in configs and on topics."""
    number: int
    """Its bit in a mask of detectors. A number is never used again."""
    doc: str
    """One line for people."""
    reason: Reason
    """The reason that it gives."""
    words: Callable[[int], int]
    """Length of its state in float64 words, by number of members. Zeros are a fresh state."""
    work_words: Callable[[int], int]
    """Length of its intermediate values, by number of members."""
    unit: float
    index: float
    """The Pareto tail of its statistic on quiet groups (``parts.calibration``)."""
    questions: Questions
    contributions: Contributions
    """The members' contributions to its statistic, right after ``evaluate``."""
    expected: Callable[[Floats, int, int, Floats, int], Floats] | None = None
    """It maps ``(state, at, members, work, work_at)`` to the usual value of each member, right after
    ``evaluate``; None if the detector keeps none."""
    pairwise: bool = False
    """Whether it needs members' innovations and the list of pairs."""
    kind: str = "group"
