"""Every detector of groups, by number.

A detector of groups judges one vector of member values at a time, with a state in the instance's
(``instance``). To add one, write its module and add it to ``dispatch``.
"""

from collections.abc import Iterable

from anomaly_stream.groups.detectors.detector import GroupDetector
from anomaly_stream.groups.detectors.dispatch import DETECTORS as REGISTRY

__all__ = ["DEFAULT", "NAMES", "REGISTRY", "GroupDetector", "mask_of", "names_of"]

if [one.number for one in REGISTRY] != list(range(len(REGISTRY))):
    raise AssertionError("detectors of groups must be listed by number, 0, 1, 2, ...")

NAMES: tuple[str, ...] = tuple(detector.name for detector in REGISTRY)
DEFAULT: tuple[str, ...] = ("gated_residual", "correlation")
"""The detectors of a group whose config names none."""


def mask_of(names: Iterable[str]) -> int:
    """A bit for each detector; an unknown name is a KeyError."""
    numbers = {detector.name: detector.number for detector in REGISTRY}
    mask = 0
    for name in names:
        mask |= 1 << numbers[name]
    return mask


def names_of(mask: int) -> tuple[str, ...]:
    """The detectors of a mask, by number."""
    return tuple(detector.name for detector in REGISTRY if mask >> detector.number & 1)
