"""The alert that says that alerts of an owner are withheld, as events; ``pipeline.overflow`` decides."""

from dataclasses import dataclass

from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict, alert_event
from anomaly_stream.alerts.wording import clock, plural, series_name
from anomaly_stream.model import AlertEvent, Series, Severity, Source, Status, Transition
from anomaly_stream.model.alerts import Episode
from anomaly_stream.model.ownership import Ownership
from anomaly_stream.model.reasons import CONFIG_DELETED

OVERFLOW_SCORE = 100.0
_OPENED, _RESOLVED = 1, 2
"""The numbers of its events."""


@dataclass(frozen=True, slots=True)
class OverflowChange:
    """The opening or the end of an overflow alert. It is an alert on the first series that was withheld."""

    config: Ownership
    """That of the alert that was withheld first."""
    series: Series
    start: float
    """Start of that alert, event time in seconds."""
    observation: int
    """Index in the batch of the observation that caused it, or ``HEARTBEAT``."""
    time: float
    transition: Transition
    withheld: int
    """Alerts withheld so far."""
    limit: int
    """``worker.max_open_alerts``."""
    is_deleted: bool = False
    """A change of the configs ended it, which deleted its config."""


def overflow_event(change: OverflowChange, source: Source | None) -> tuple[bytes, AlertEvent]:
    """The event of a change, with its key (the alert's fingerprint)."""
    opens = change.transition is Transition.FIRING
    occurrence = Occurrence(
        change.series,
        change.config,
        Verdict(
            timestamp=change.time,
            value=float(change.withheld),
            status=Status.NORMAL,
            upper=0.0,
            score=OVERFLOW_SCORE,
            reason=CONFIG_DELETED if change.is_deleted else None,
            detectors={},
        ),
        source,
        AlertChange(
            change.transition,
            Severity.SEVERE,
            _OPENED if opens else _RESOLVED,
            Episode(change.start, change.time, OVERFLOW_SCORE, float(change.withheld), change.withheld),
            condition="overflow",
        ),
    )
    return alert_event(occurrence, (_explain_opened if opens else _explain_ended)(change))


def _explain_opened(change: OverflowChange) -> str:
    return (
        f"Owner {change.config.owner!r} has {plural(change.limit, 'open alert')} in one partition, the"
        f" maximum: further ones are withheld until others are resolved, the first of them that on"
        f" {series_name(change.series)} (config {change.config.id!r})."
    )


def _explain_ended(change: OverflowChange) -> str:
    if change.is_deleted:
        return (
            f"The config {change.config.id!r} was deleted, so the alert on withheld alerts of owner"
            f" {change.config.owner!r} ends."
        )
    return (
        f"No alert of owner {change.config.owner!r} is withheld any more in this partition;"
        f" {plural(change.withheld, 'alert')} had been withheld since {clock(change.start)}."
    )
