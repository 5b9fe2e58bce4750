"""The log of receivers that fail: what begins, changes and ends, each once. Given the time, no clock."""

import logging
from dataclasses import dataclass, field

from anomaly_stream.alerts.wording import duration, plural

logger = logging.getLogger(__name__)

_QUIET_S = 60.0
_MOST_REASONS = 20


@dataclass(slots=True)
class _Outage:
    """The failures of a receiver since it last worked.

    Attributes:
        since: time of the first one.
        last: time of the last one.
        failures: their number.
        reasons: those that are logged.
        was_open: whether its circuit has opened.
        works_since: time of the first success after the last failure; None if there was none.
    """

    since: float
    last: float
    failures: int = 0
    reasons: set[str] = field(default_factory=set)
    was_open: bool = False
    works_since: float | None = None


class Outages:
    """An outage is the attempts of a receiver that fail, from the first on.

    It ends at the first success after its circuit was open, and otherwise once there was a success and no
    failure for a minute. So a receiver that fails now and then does not fill the log.
    """

    def __init__(self) -> None:
        self._outages: dict[str, _Outage] = {}

    def failed(self, receiver: str, reason: str, at: float, explained: str = "") -> None:
        """An attempt failed. The reason holds no secret; ``explained`` is logged in its place."""
        outage = self._outages.setdefault(receiver, _Outage(at, at))
        outage.failures, outage.last, outage.works_since = outage.failures + 1, at, None
        if reason not in outage.reasons and len(outage.reasons) < _MOST_REASONS:
            outage.reasons.add(reason)
            logger.warning("Receiver %s fails: %s", receiver, explained or reason)

    def succeeded(self, receiver: str, at: float) -> None:
        """An attempt succeeded."""
        outage = self._outages.get(receiver)
        if outage is not None and outage.works_since is None:
            outage.works_since = at

    def report(self, receiver: str, is_open: bool, now: float) -> None:
        """Log an outage that has become one of the circuit, or has ended."""
        outage = self._outages.get(receiver)
        if outage is None:
            return
        if is_open and not outage.was_open:
            outage.was_open = True
            logger.error(
                "Receiver %s fails repeatedly, %s so far; other receivers are not delayed",
                *(receiver, plural(outage.failures, "attempt")),
            )
        works_since = outage.works_since
        if is_open or works_since is None:
            return
        if outage.was_open or now - outage.last >= _QUIET_S:
            del self._outages[receiver]
            logger.warning(
                "Receiver %s accepts messages again: %s failed within %s",
                *(
                    receiver,
                    plural(outage.failures, "attempt"),
                    duration(max(0.0, works_since - outage.since)),
                ),
            )
