"""The demo in figures."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Summary:
    """The output of ``anomaly-stream demo --json``. ``replay_complete`` is false if ``--duration`` or Ctrl-C
    ended the replay early."""

    observations: int = 0
    series: int = 0
    anomalies: dict[str, int] = field(default_factory=dict)
    alerts: int = 0
    alerts_outside: int = 0
    dead_letters: int = 0
    replay_complete: bool = False
    replayed_until: float | None = None
    """Event time, in seconds, at which the replay ended early; None if it did not."""
    stretches: dict[str, tuple[int, int]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; stretches as ``{"found": n, "of": m}``."""
        document = asdict(self)
        document["stretches"] = {
            kind: {"found": found, "of": count} for kind, (found, count) in self.stretches.items()
        }
        return document
