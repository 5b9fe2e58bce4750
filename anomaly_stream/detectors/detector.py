"""The registry's entry of a detector."""

from dataclasses import dataclass
from typing import Literal

from anomaly_stream.model.reasons import Reason

Kind = Literal["point", "pattern", "calibrator", "model"]


@dataclass(frozen=True, slots=True)
class Detector:
    """An entry of the registry. The module of each detector holds its own."""

    name: str
    """Its name in configs and on topics."""
    number: int
    """Its column in ``Outcome``, and its bit in a compiled config. A number is never used again."""
    doc: str
    """One line for people."""
    kind: Kind = "point"
    """The kind of question that it answers.

    ``point``: is the value far from its baseline? The scores of all point detectors are averaged.
    ``pattern``: a question of its own; the pattern with the highest score counts.
    ``calibrator``: how heavy is the tail of this series? Its score replaces that of the point detectors.
    ``model``: all of these, with its own baseline and band. A model is the only detector of its config.
    """
    words: int = 0
    """Length of its state in each row, in float64 words; 0 for a window detector. Zeros are a fresh state."""
    sided: bool = True
    """Whether the sign of its deviate is a side of the baseline, which a config's ``direction`` can exclude.
    If not, a large deviate is surprising whatever the direction."""
    unadjusted: bool = False
    """Whether it receives values before the seasonal adjustment."""
    reasons: tuple[Reason, ...] = ()
    """The reasons that it can give, by reason number: one of a pattern, several of a model. The other kinds
    together give ``distance``."""
