"""Every detector, by number.

There are three kinds of modules: ``window`` detectors compare a value with the statistics of its window,
``stateful`` detectors keep a state besides the window, ``models`` are complete baselines of their own. The
``dispatch`` module of each kind documents what a detector's module holds, and lists its detectors.

To add one, write its module and add it to that ``dispatch`` module. Config schema, command line, docs and the
common tests follow from ``REGISTRY``.
"""

from anomaly_stream.detectors.detector import Detector
from anomaly_stream.detectors.models import dispatch as models
from anomaly_stream.detectors.stateful import dispatch as stateful
from anomaly_stream.detectors.window import dispatch as window

__all__ = ["KINDS", "NAMES", "REGISTRY", "Detector"]

REGISTRY: tuple[Detector, ...] = tuple(
    sorted((*window.DETECTORS, *stateful.DETECTORS, *models.DETECTORS), key=lambda one: one.number)
)
"""The detectors in the order of their numbers."""

if [one.number for one in REGISTRY] != list(range(len(REGISTRY))):
    raise AssertionError(
        "detectors must be numbered 0, 1, 2, ... and no number may be used twice: there are "
        + ", ".join(f"{one.number} {one.name}" for one in REGISTRY)
    )

NAMES: tuple[str, ...] = tuple(detector.name for detector in REGISTRY)
"""The names of the detector columns of ``Outcome``, in order."""

KINDS: dict[str, str] = {detector.name: detector.kind for detector in REGISTRY}
"""The kind of each detector by its name."""
