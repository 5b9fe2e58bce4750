"""The registry of the detectors over a group's vectors.

A group's detectors look at one vector of its members' values at a time, over the flat memory of one instance
of the group (``instance``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from anomaly_stream.groups.detectors.instance import CORRELATION, GATED_RESIDUAL, HALF_SPACE_TREES, T2Q
from anomaly_stream.model import reasons
from anomaly_stream.model.reasons import Reason


@dataclass(frozen=True, slots=True)
class GroupDetector:
    """An entry of the registry."""

    name: str
    """In configs and on topics."""
    number: int
    """Its bit in an instance's mask; never given twice."""
    doc: str
    """One line for people."""
    reason: Reason
    """What it finds."""
    kind: str = "group"


REGISTRY: tuple[GroupDetector, ...] = (
    GroupDetector(
        "gated_residual",
        GATED_RESIDUAL,
        "Members and relations that have been away from their usual level for minutes.",
        reasons.MEMBER_SHIFT,
    ),
    GroupDetector(
        "correlation", CORRELATION, "Two members whose correlation broke.", reasons.CORRELATION_BREAK
    ),
    GroupDetector(
        "t2q",
        T2Q,
        "Hotelling's T2, and the Q statistic of the residual outside the principal directions.",
        reasons.UNUSUAL_COMBINATION,
    ),
    GroupDetector(
        "half_space_trees",
        HALF_SPACE_TREES,
        "How rarely the members were in the region where they are.",
        reasons.NOVEL_COMBINATION,
    ),
)
"""Every detector of groups, in the order of their numbers."""

NAMES: tuple[str, ...] = tuple(detector.name for detector in REGISTRY)
DEFAULT: tuple[str, ...] = ("gated_residual", "correlation")
"""What a group is watched with where its config names nothing."""


def mask_of(names: Iterable[str]) -> int:
    """The bits of detectors by name; an unknown name is a KeyError."""
    numbers = {detector.name: detector.number for detector in REGISTRY}
    mask = 0
    for name in names:
        mask |= 1 << numbers[name]
    return mask


def names_of(mask: int) -> tuple[str, ...]:
    """The detectors of a mask, by number."""
    return tuple(detector.name for detector in REGISTRY if mask >> detector.number & 1)
