"""The bodies of answers about alerts and anomalies, for the OpenAPI document; the routes copy messages."""

from typing import Annotated, Any

import msgspec

from anomaly_stream.model import AlertEvent, ScoreRecord

Next = Annotated[str | None, msgspec.Meta(description="The `cursor` of the next page; null on the last one.")]


class AlertPage(msgspec.Struct):
    """Alerts, each by its newest event, the latest start first."""

    items: list[AlertEvent]
    next: Next


class AnomalyPage(msgspec.Struct):
    """Anomalies, the latest first."""

    items: list[ScoreRecord]
    next: Next


class RecordedEvent(msgspec.Struct):
    """An event of an alert."""

    published_at_ms: Annotated[int, msgspec.Meta(description="Milliseconds since the epoch.")]
    event: AlertEvent


class ConfigInForce(msgspec.Struct):
    """A version of a config."""

    version: int
    author: str
    reason: str
    updated_at_ms: int
    document: dict[str, Any]


class AlertAnswer(msgspec.Struct):
    """An alert with all that the history has of it."""

    alert: Annotated[AlertEvent, msgspec.Meta(description="Its newest event.")]
    events: list[RecordedEvent]
    config: Annotated[
        ConfigInForce | None,
        msgspec.Meta(
            description="The newest version of its config when its first event was published; null if it was "
            "deleted before the history began."
        ),
    ]
