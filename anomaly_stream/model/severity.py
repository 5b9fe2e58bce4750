"""How bad an anomaly is: bands of the score, together with the effect size and how long it lasts."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """Ordered: a rise in severity updates an open alert. NONE: not an anomaly."""

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
    """Where the bands begin (process settings).

    An anomaly is moderate from score ``moderate`` on, severe from ``severe`` on if its effect is at
    least ``severe_effect`` too. The effect is the distance from the expected value over that of the
    nearer edge of the normal band: 1 at the edge. An episode of ``escalate_after`` anomalies is
    raised by one severity.
    """

    moderate: float = 60.0
    severe: float = 80.0
    severe_effect: float = 1.5
    escalate_after: int = 30
