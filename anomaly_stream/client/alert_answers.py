"""The answers of the API about alerts and silences. Fields that a later release adds are ignored."""

from datetime import datetime
from typing import Any

import msgspec

from anomaly_stream.client.answers import Warned
from anomaly_stream.model.alerts import AlertEvent
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.model.past_values import MemberValues, PastValue


class GivenFeedback(msgspec.Struct, frozen=True):
    """What somebody said of an alert: ``true_alarm``, ``false_alarm`` or ``expected_change``."""

    judgement: str
    note: str
    author: str
    given_at_ms: int


class FeedbackReceipt(Feedback, frozen=True, kw_only=True):
    """Feedback as the API keeps it, and what it took back."""

    taken_back: str | None = None
    """``above`` or ``below``: on this side of the expected value, ``teach`` had made deviations known, and
    this feedback makes them open alerts again."""


class Alert(AlertEvent, frozen=True, kw_only=True):
    """An alert event, with the ids of the silences that suppress it."""

    suppressed_by: list[str] = msgspec.field(default_factory=list)


class SilenceWindow(msgspec.Struct, frozen=True):
    """A window of a silence."""

    begin: datetime
    end: datetime


class Silence(msgspec.Struct, frozen=True):
    """A silence: ``pending``, ``active``, ``waiting`` for its next window, or ``over``."""

    id: str
    author: str
    created_at: datetime
    ended_by: str
    ended_at: datetime | None
    state: str
    silence: dict[str, Any]
    """The document as it was written, with its owner."""
    window: SilenceWindow | None = None
    """The window of this moment, or the next one."""
    warnings: list[Warned] = []
    """Of a new one: what it names that nobody has now."""


class Incident(msgspec.Struct, frozen=True):
    """Alerts of one owner that share labels and started together, summed up."""

    incident_id: str
    owner: str
    status: str
    """``firing`` until all of its alerts are resolved, then ``resolved``."""
    severity: str
    """The highest of its alerts."""
    started_at: float
    """Event time of its first anomaly, seconds."""
    timestamp: float
    """Event time of its newest event, seconds."""
    alerts: int
    open: int
    configs: list[str]
    metrics: list[str]
    labels: dict[str, str]
    """The labels that all of its alerts have."""
    first: Alert
    """The newest event of the alert that started first."""


class IncidentAccount(msgspec.Struct, frozen=True):
    """An incident with its alerts, each by its newest event, the earliest start first."""

    incident: Incident
    alerts: list[Alert]


class RecordedEvent(msgspec.Struct, frozen=True):
    """An event of an alert, and when it was published."""

    published_at_ms: int
    event: Alert


class SimilarAlert(msgspec.Struct, frozen=True):
    """An earlier alert, by its newest event."""

    alert: Alert
    feedback: GivenFeedback | None


class AlertAccount(msgspec.Struct, frozen=True):
    """An alert by its newest event, with all that the history has of it."""

    alert: Alert
    events: list[RecordedEvent]
    config: dict[str, Any] | None
    """Version, author, reason and document of the config that opened it."""
    feedback: GivenFeedback | None
    similar: list[SimilarAlert]
    """The most similar earlier alerts first."""
    values: list[PastValue] = msgspec.field(default_factory=list)
    """The last values of the series up to the first event, and up to ``resolved``, in order of time.
    Of a group, the scores of its anomalies."""
    members: list[MemberValues] = msgspec.field(default_factory=list)
    """Of a group: the values of the members that explain why it opened."""
    other_members: list[str] = msgspec.field(default_factory=list)
    """The names of all other members."""
    values_state: str = "complete"
    """``pending`` while values are still to be read, ``complete``, or ``none`` if there are none."""


class Precision(msgspec.Struct, frozen=True):
    """The alerts of one config, detector or owner that began in one interval, by what was said of them."""

    key: str
    begin: float | None
    true_alarms: int
    false_alarms: int
    expected_changes: int
    precision: float | None
    """true / (true + false), and its 95 % interval from ``lower`` to ``upper``."""
    lower: float | None
    upper: float | None


class PrecisionList(msgspec.Struct, frozen=True):
    """All rows of a question."""

    items: list[Precision]
    warnings: list[Warned] = []
