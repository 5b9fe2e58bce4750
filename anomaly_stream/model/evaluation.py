"""What a detector that is a whole baseline of its own makes of a value."""

from typing import NamedTuple


class Evaluation(NamedTuple):
    """A NamedTuple of numbers, so that kernels take it as it is."""

    score: float
    """How unusual the value is, 0 to 100; NaN: the model has not seen enough to say."""
    alert_score: float
    """The same, less what is taken off for what was reported already: an alert opens by this one."""
    expected: float
    lower: float
    """What is below is not expected. A value within the band may be an anomaly too, by its reason."""
    upper: float
    reason: int
    """Number among the ``reasons`` of the model's entry in the registry."""
