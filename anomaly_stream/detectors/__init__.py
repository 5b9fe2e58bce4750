"""Detectors turn (value, baseline) into a statistic and a normal deviate, whose tail is the probability.

One file each, with two kernels: ``statistic(value, baseline)``, signed and never falling as the value
rises, and ``deviate(statistic, baseline)``: the standard normal deviate with the tail probability that
the detector's own model gives the statistic. To add one: its file, its entry in ``REGISTRY``, its line in
``evaluate``; schema, command line, docs and the suite of checks follow from ``REGISTRY``.
"""

from dataclasses import dataclass

from anomaly_stream.detectors import iqr, modified_zscore, zscore
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Detector:
    """An entry of the registry."""

    name: str
    """In configs and on topics."""
    number: int
    """Its column in ``Outcome``, and its bit in a compiled config; never given twice."""
    doc: str
    """One line for people."""
    kind: str
    """``light``: a closed formula over the window; the only kind so far."""


ZSCORE, MODIFIED_ZSCORE, IQR = range(3)

REGISTRY: tuple[Detector, ...] = (
    Detector("zscore", ZSCORE, "Distance from the mean in standard deviations.", "light"),
    Detector(
        "modified_zscore", MODIFIED_ZSCORE, "Distance from the median in MADs; bears outliers.", "light"
    ),
    Detector("iqr", IQR, "Distance beyond the quartiles in interquartile ranges (Tukey's fences).", "light"),
)
"""Every detector, in the order of their numbers."""

NAMES: tuple[str, ...] = tuple(detector.name for detector in REGISTRY)
"""The detector columns of ``Outcome``, in order."""


@kernel
def evaluate(number: int, value: float, baseline: Baseline) -> tuple[float, float]:
    """Statistic and normal deviate that detector ``number`` gives."""
    if number == ZSCORE:
        found = zscore.statistic(value, baseline)
        return found, zscore.deviate(found, baseline)
    if number == MODIFIED_ZSCORE:
        found = modified_zscore.statistic(value, baseline)
        return found, modified_zscore.deviate(found, baseline)
    found = iqr.statistic(value, baseline)
    return found, iqr.deviate(found, baseline)
