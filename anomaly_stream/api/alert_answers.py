"""The bodies of answers about alerts and anomalies, for the OpenAPI document; the routes copy messages."""

from typing import Annotated, Any, Literal

import msgspec

from anomaly_stream.errors import FieldFault
from anomaly_stream.model import AlertEvent, ScoreRecord
from anomaly_stream.model.feedback import Feedback, Judgement
from anomaly_stream.model.past_values import MemberValues, PastValue
from anomaly_stream.model.side import Side

Next = Annotated[str | None, msgspec.Meta(description="The `cursor` of the next page; null on the last one.")]
Warnings = Annotated[
    list[FieldFault],
    msgspec.Meta(
        description="If nothing is found: filters that name no config, metric, owner or label that is known, "
        "or that are meant as patterns."
    ),
]


class JudgedEvent(AlertEvent, frozen=True, kw_only=True):
    """An alert event as the topic has it, with the silences that suppress it."""

    suppressed_by: Annotated[
        list[str], msgspec.Meta(description="Ids of silences; absent if none suppresses it.")
    ] = msgspec.field(default_factory=list)


class FeedbackReceipt(Feedback, frozen=True, kw_only=True):
    """Feedback as it is kept, and what it took back."""

    taken_back: Annotated[
        Side | None,
        msgspec.Meta(
            description="The side of the expected value on which deviations were known by an earlier "
            "`false_alarm` with `teach`, and open alerts of the series again; null if none were. A "
            "`true_alarm` takes back what any alert taught, other feedback what the same alert taught."
        ),
    ] = None


class AlertPage(msgspec.Struct):
    """Alerts, each by its newest event, the latest start first."""

    items: list[JudgedEvent]
    next: Next
    warnings: Warnings


class AnomalyPage(msgspec.Struct):
    """Anomalies, the latest first."""

    items: list[ScoreRecord]
    next: Next
    warnings: Warnings


class IncidentSummary(msgspec.Struct):
    """Alerts of one owner that share labels and started together, summed up."""

    incident_id: str
    owner: str
    status: Annotated[
        Literal["firing", "resolved"],
        msgspec.Meta(description="`resolved` as soon as all of its alerts are."),
    ]
    severity: Annotated[str, msgspec.Meta(description="The highest of its alerts.")]
    started_at: Annotated[
        float, msgspec.Meta(description="Event time of its first anomaly, seconds since the epoch.")
    ]
    timestamp: Annotated[float, msgspec.Meta(description="Event time of its newest event.")]
    alerts: Annotated[int, msgspec.Meta(description="Number of its alerts.")]
    open: Annotated[int, msgspec.Meta(description="Number of those that are not resolved.")]
    configs: list[str]
    metrics: list[str]
    labels: Annotated[dict[str, str], msgspec.Meta(description="The labels that all of its alerts have.")]
    first: Annotated[
        JudgedEvent,
        msgspec.Meta(description="The newest event of the alert that started first: the first cause."),
    ]


class IncidentPage(msgspec.Struct):
    """Incidents, the latest start first."""

    items: list[IncidentSummary]
    next: Next
    warnings: Warnings


class IncidentAnswer(msgspec.Struct):
    """An incident with its alerts."""

    incident: IncidentSummary
    alerts: Annotated[
        list[JudgedEvent],
        msgspec.Meta(
            description="Each by its newest event, the earliest start first; at most 1000, the last ones. "
            "`/v1/alerts?incident=ID` has all."
        ),
    ]


class RecordedEvent(msgspec.Struct):
    """An event of an alert."""

    published_at_ms: Annotated[int, msgspec.Meta(description="Milliseconds since the epoch.")]
    event: JudgedEvent


class ConfigInForce(msgspec.Struct):
    """A version of a config."""

    version: int
    author: str
    reason: str
    updated_at_ms: int
    document: dict[str, Any]


class FeedbackGiven(msgspec.Struct):
    """What somebody said of an alert."""

    judgement: Judgement
    note: str
    author: str
    given_at_ms: Annotated[int, msgspec.Meta(description="Milliseconds since the epoch.")]


class SimilarAlertAnswer(msgspec.Struct):
    """An earlier alert of the same config and metric."""

    alert: Annotated[JudgedEvent, msgspec.Meta(description="Its newest event.")]
    feedback: FeedbackGiven | None


class AlertAnswer(msgspec.Struct):
    """An alert with all that the history has of it."""

    alert: Annotated[JudgedEvent, msgspec.Meta(description="Its newest event.")]
    events: list[RecordedEvent]
    config: Annotated[
        ConfigInForce | None,
        msgspec.Meta(
            description="The newest version of its config when its first event was published; null if it was "
            "deleted before the history began."
        ),
    ]
    feedback: FeedbackGiven | None
    similar: Annotated[
        list[SimilarAlertAnswer],
        msgspec.Meta(
            description="Up to five earlier alerts of the same config and metric: first those of the same "
            "series, then those on the same side of the expected value, of the same severity, the latest."
        ),
    ]
    values: Annotated[
        list[PastValue],
        msgspec.Meta(
            description="The last values of the series up to the first event and up to `resolved`, in order "
            "of time; the events have what was expected. Of a group, the scores of its anomalies."
        ),
    ]
    members: Annotated[
        list[MemberValues],
        msgspec.Meta(
            description="Of a group: the last values, up to the first event and up to `resolved`, of the (at "
            "most five) members that explain why it opened."
        ),
    ]
    other_members: Annotated[list[str], msgspec.Meta(description="The names of all other members.")]
    values_state: Annotated[
        Literal["pending", "complete", "none"],
        msgspec.Meta(
            description="`pending`: the recorder is still to read values from Kafka. `none`: there are none, "
            "because Kafka had deleted them, the config changed, or `history.alert_values` is 0."
        ),
    ]


class PrecisionRow(msgspec.Struct):
    """The alerts of one config, detector or owner that began in one interval, by what was said of them."""

    key: Annotated[str, msgspec.Meta(description="The config, detector or owner.")]
    begin: Annotated[
        float | None,
        msgspec.Meta(
            description="Begin of the interval in UTC, seconds since the epoch; weeks begin on Monday."
        ),
    ]
    true_alarms: int
    false_alarms: int
    expected_changes: int
    precision: Annotated[
        float | None, msgspec.Meta(description="true / (true + false); null without either.")
    ]
    lower: Annotated[float | None, msgspec.Meta(description="Lower end of its 95 % interval (Wilson).")]
    upper: float | None


class PrecisionAnswer(msgspec.Struct):
    """Precision, sorted by key and interval."""

    items: list[PrecisionRow]
    warnings: Warnings
