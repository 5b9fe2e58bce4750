"""The severity of an anomaly: from its score, its effect, and the length of the episode."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """In ascending order. A rise in severity updates an open alert. NONE: not an anomaly."""

    NONE = 0
    MINOR = 1
    MODERATE = 2
    SEVERE = 3

    @property
    def label(self) -> str:
        """The name on topics and in configs."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class SeverityBands:
    """The scores at which severities begin (process settings).

    An anomaly is moderate if its score is at least ``moderate``. It is severe if its score is at least
    ``severe`` and its effect at least ``severe_effect``, where ``effect = |value - expected| / |edge -
    expected|`` with the edge of the normal band on that side. An anomaly within the band has the effect
    ``score / sensitivity`` instead. An episode of ``escalate_after`` anomalies is one severity higher.
    """

    moderate: float = 60.0
    severe: float = 80.0
    severe_effect: float = 1.5
    escalate_after: int = 30
