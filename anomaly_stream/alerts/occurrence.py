"""An occurrence, and the score record and the alert event that are built from it.

Series, groups and expired alerts all publish through these two builders.
"""

import msgspec

from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, event_id, incident_id
from anomaly_stream.model import (
    AlertEvent,
    AlertStatus,
    AnomalyDetectionConfig,
    DetectorEvidence,
    Ending,
    ScoreRecord,
    Series,
    Severity,
    Source,
    Status,
    Transition,
)
from anomaly_stream.model.alerts import Condition, Episode
from anomaly_stream.model.event_fields import SCHEMA_VERSION
from anomaly_stream.model.evidence import GroupEvidence
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.model.ownership import Ownership
from anomaly_stream.model.reasons import Reason
from anomaly_stream.model.side import Side

_STATUSES: dict[Transition, AlertStatus] = {
    Transition.FIRING: "firing",
    Transition.UPDATED: "updated",
    Transition.RESOLVED: "resolved",
    Transition.REMINDER: "reminder",
}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The decision on one observation. A field that does not apply is None."""

    timestamp: float
    """Event time, seconds."""
    value: float
    status: Status
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float | None
    alert_score: float | None = None
    alert_threshold: float | None = None
    """The alert score at which an alert opens."""
    maturity: float | None = None
    """Known share of the season in use, 0 to 1."""
    known_since: float | None = None
    """When people said that such a deviation is known, in seconds since the epoch."""
    severity: Severity = Severity.NONE
    reason: Reason | None = None
    side: Side | None = None
    """Where what was found lies; None if the reason has no side."""
    detectors: dict[str, DetectorEvidence]
    group: GroupEvidence | msgspec.UnsetType = msgspec.UNSET


class AlertChange(msgspec.Struct, frozen=True):
    """What happened to the alert, and its episode at that time."""

    transition: Transition
    severity: Severity
    """That of the episode."""
    sequence: int
    """The number of this event within its alert, from 1."""
    episode: Episode
    ending: Ending = Ending.UNCLEAR
    """What is known of the level of a series at its end."""
    condition: Condition = "anomaly"


class Occurrence(msgspec.Struct, frozen=True):
    """A verdict on one subject, with all that is needed to publish it."""

    subject: Series
    """The series, or the instance of a group."""
    config: AnomalyDetectionConfig | GroupConfig | Ownership
    verdict: Verdict
    source: Source | None
    """None if no record caused it."""
    change: AlertChange | None = None
    """None if the alert did not change."""


def score_record(occurrence: Occurrence) -> tuple[bytes, ScoreRecord]:
    """The score record of an occurrence, and its key: the key of the subject.

    Raises:
        ValueError: no record caused it.
    """
    config, verdict = occurrence.config, occurrence.verdict
    if occurrence.source is None:
        raise ValueError("an occurrence without a source makes no score record")
    record = ScoreRecord(
        schema_version=SCHEMA_VERSION,
        config_id=config.id,
        metric=occurrence.subject.metric,
        labels=_labels(occurrence),
        timestamp=verdict.timestamp,
        value=verdict.value,
        status=verdict.status.label,
        expected=verdict.expected,
        lower=verdict.lower,
        upper=verdict.upper,
        score=verdict.score,
        alert_score=verdict.alert_score,
        maturity=verdict.maturity,
        severity=verdict.severity.label if verdict.severity else None,
        reason=verdict.reason.name if verdict.reason else None,
        detectors=verdict.detectors,
        source=occurrence.source,
        group=verdict.group,
        alert_threshold=_own_threshold(occurrence),
        known_since=msgspec.UNSET if verdict.known_since is None else verdict.known_since,
        side=verdict.side or msgspec.UNSET,
    )
    return occurrence.subject.key, record


def _own_threshold(occurrence: Occurrence) -> float | msgspec.UnsetType:
    """The alert threshold of a series, where it is not that of the config."""
    threshold, config = occurrence.verdict.alert_threshold, occurrence.config
    if threshold is None or not isinstance(config, AnomalyDetectionConfig) or not config.rate_by_own_step:
        return msgspec.UNSET
    return threshold


def alert_event(occurrence: Occurrence, explanation: str) -> tuple[bytes, AlertEvent]:
    """The alert event of an occurrence, and its key: the alert's fingerprint.

    Raises:
        ValueError: the alert did not change.
    """
    config, verdict, change = occurrence.config, occurrence.verdict, occurrence.change
    if change is None:
        raise ValueError("an occurrence without a change of its alert makes no event")
    status = _STATUSES[change.transition]
    start, labels = change.episode.start, _labels(occurrence)
    alert = alert_id(config.id, occurrence.subject, start, change.condition)
    event = AlertEvent(
        schema_version=SCHEMA_VERSION,
        event_id=event_id(alert, status, verdict.timestamp),
        alert_id=alert,
        status=status,
        config_id=config.id,
        owner=config.owner,
        metric=occurrence.subject.metric,
        labels=labels,
        annotations=dict(config.annotations),
        timestamp=verdict.timestamp,
        value=verdict.value,
        expected=verdict.expected,
        lower=verdict.lower,
        upper=verdict.upper,
        score=verdict.score if verdict.score is not None else change.episode.peak_score,
        severity=change.severity.label,
        reason=verdict.reason.name if verdict.reason else None,
        detectors=verdict.detectors,
        episode=change.episode,
        explanation=explanation,
        source=occurrence.source,
        sequence=change.sequence,
        incident_id=incident_id(config.owner, labels, config.incident_by, config.incident_window_s, start),
        group=verdict.group,
        condition=change.condition,
        side=verdict.side or msgspec.UNSET,
    )
    return alert_fingerprint(config.id, occurrence.subject, change.condition).encode(), event


def _labels(occurrence: Occurrence) -> dict[str, str]:
    """The labels of config and subject, sorted by name; those of the subject win."""
    return dict(sorted({**occurrence.config.labels, **dict(occurrence.subject.labels)}.items()))
