"""What a detector that is a whole baseline of its own makes of a value."""

from typing import Any, NamedTuple


class Evaluation(NamedTuple):
    """A NamedTuple of numbers, so that kernels take it as it is."""

    score: float
    """How unusual the value is, 0 to 100; NaN: the model has not seen enough to say."""
    alert_score: float
    """The same, less what is taken off for what was reported already: an alert opens by this one."""
    expected: float
    statistic: float
    """Signed distance from the expected value in scales of the model."""
    reason: int
    """Number among the ``reasons`` of the model's entry in the registry. 0: the distance from the expected
    value, which then is beyond the band; by others a value within the band may be an anomaly too."""
    carried: Any
    """A NamedTuple: what the model's ``learn`` and ``band`` need of the same value."""
