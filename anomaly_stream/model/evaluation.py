"""A model's evaluation of a value."""

from typing import Any, NamedTuple


class Evaluation(NamedTuple):
    """A NamedTuple of numbers, which kernels can pass around."""

    score: float
    """How unusual the value is, 0 to 100; NaN while the model has seen too few values."""
    alert_score: float
    """The score that opens an alert: lower if something similar was reported before."""
    p: float
    """The probability that a value of this series is as unusual, by its own past; NaN with the score."""
    expected: float
    statistic: float
    """Signed distance from the expected value in scales of the model."""
    reason: int
    """Number among the ``reasons`` of the model's entry in the registry. With reason 0, the distance, an
    anomaly is beyond the band; with the others it may be within."""
    reason_side: int
    """1 if what the reason names is above what is usual, -1 if below. Not used if the reason has no side."""
    side: float
    """Positive if the evidence lies above what is usual, negative if below, 0 if it has no side. It can
    differ from the side of the value: values may be back at the expected one while their mean is not yet."""
    carried: Any
    """A NamedTuple of figures that the model's ``learn`` and ``band`` use again for the same value."""
