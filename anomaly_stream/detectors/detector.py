"""What the registry knows of a detector."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["level", "pattern", "calibrator", "model"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One of the things that a model can find."""

    name: str
    """Its name on topics."""
    finding: str = ""
    """The same as the middle of a sentence; empty where the distance from the expected value says it all."""


@dataclass(frozen=True, slots=True)
class Detector:
    """An entry of the registry. The module of each detector holds its own."""

    name: str
    """Its name in configs and on topics."""
    number: int
    """Its column in ``Outcome``, and its bit in a compiled config. A number is never used again."""
    doc: str
    """One line for people."""
    kind: Kind = "level"
    """The question that it answers.

    ``level``: is the value far from its baseline? The scores of all level detectors are averaged.
    ``pattern``: a question of its own; the most surprising pattern counts.
    ``calibrator``: how heavy is the tail of this series? Its score replaces that of the levels.
    ``model``: all of it, baseline and band included. A model is the only detector of its config.
    """
    slots: int = 0
    """Length of its state in each row, in float64 slots; 0 for a window detector. Zeros are a fresh state."""
    sided: bool = True
    """Whether the sign of its deviate is a side of the baseline, which a config's ``direction`` can exclude.
    If not, a large deviate is surprising whatever the direction."""
    unadjusted: bool = False
    """Whether it receives values before the seasonal adjustment."""
    finding: str = ""
    """What a pattern has found, as the middle of a sentence."""
    reasons: tuple[Reason, ...] = ()
    """What a model can find, by reason number."""
