"""Every detector of groups, by number.

A detector of groups judges one vector of member values at a time. Its state is a part of the instance's state
(``instance``). To add a detector, write its module and add it to ``dispatch``.
"""

from collections.abc import Iterable

from anomaly_stream.groups.detectors.detector import GroupDetector
from anomaly_stream.groups.detectors.dispatch import DETECTORS as REGISTRY

__all__ = [
    "NAMES",
    "OF_MINUTES",
    "OF_SECONDS",
    "REGISTRY",
    "GroupDetector",
    "default_of",
    "mask_of",
    "names_of",
]

if [one.number for one in REGISTRY] != list(range(len(REGISTRY))):
    raise AssertionError("detectors of groups must be listed by number, 0, 1, 2, ...")

NAMES: tuple[str, ...] = tuple(detector.name for detector in REGISTRY)
OF_SECONDS: tuple[str, ...] = ("gated_residual", "correlation", "t2q")
"""The default of a group whose vectors are less than a minute apart, as those of sensors."""
OF_MINUTES: tuple[str, ...] = ("correlation", "joint_auto")
"""The default of all other groups, as of the metrics of a service, which follow the time of day."""
_MINUTE_S = 60.0


def default_of(interval_s: float) -> tuple[str, ...]:
    """The detectors of a group whose config names none, by its interval."""
    return OF_SECONDS if interval_s < _MINUTE_S else OF_MINUTES


def mask_of(names: Iterable[str]) -> int:
    """A mask with a bit for each detector; raises KeyError for an unknown name."""
    numbers = {detector.name: detector.number for detector in REGISTRY}
    mask = 0
    for name in names:
        mask |= 1 << numbers[name]
    return mask


def names_of(mask: int) -> tuple[str, ...]:
    """The detectors of a mask, by number."""
    return tuple(detector.name for detector in REGISTRY if mask >> detector.number & 1)
