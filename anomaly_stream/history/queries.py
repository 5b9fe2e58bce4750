"""Questions to the history."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sqlalchemy import URL, Connection, Select, inspect, literal, not_, or_, select, tuple_

from anomaly_stream.history import postgresql, sqlite
from anomaly_stream.history.database import database_errors, open_reader
from anomaly_stream.history.incidents import Incident, incident_with, incidents_of
from anomaly_stream.history.judgements import (
    Given,
    OpenAlerts,
    SimilarAlert,
    annotated,
    feedback_on,
    labels_by,
    open_alerts,
    similar_to,
)
from anomaly_stream.history.precision import Label
from anomaly_stream.history.recorded_values import RecordedValues, values_of
from anomaly_stream.history.tables import (
    alert_events,
    alerts,
    anomalies,
    config_versions,
    configs,
    feedback,
)
from anomaly_stream.history.wanted import Found, Key, Wanted


class PublishedEvent(NamedTuple):
    """An event of an alert."""

    published_at_ms: int
    body: str


class VersionInForce(NamedTuple):
    """A version of a config."""

    version: int
    author: str
    reason: str
    updated_at_ms: int
    document: str


@dataclass(frozen=True, slots=True)
class AlertAccount:
    """An alert with its events in order.

    Attributes:
        config: in force when it opened.
        feedback: the newest on it.
        similar: earlier alerts, the most similar first.
        around: the values around it.
    """

    owner: str
    body: str
    events: list[PublishedEvent] = field(default_factory=list)
    config: VersionInForce | None = None
    feedback: Given | None = None
    similar: list[SimilarAlert] = field(default_factory=list)
    around: RecordedValues = field(default_factory=RecordedValues)


class HistoryQueries:
    """Answers questions to the history; safe to use from several threads. Each method raises HistoryError."""

    def __init__(self, url: URL, timeout_s: float) -> None:
        self._engine = open_reader(url, timeout_s)
        self._has_label = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).has_label

    def alerts(self, wanted: Wanted, limit: int, after: Key | None = None) -> list[Found]:
        """The newest event of each alert, by start of the alert, the latest first."""
        key = (alerts.c.started_at, alerts.c.alert_id)
        found = self._of_alerts(select(*key, alerts.c.body, alerts.c.suppressed_by), wanted)
        if wanted.incident is not None:
            found = found.where(alerts.c.incident_id == wanted.incident)
        if wanted.status:
            found = found.where(alerts.c.status.in_(wanted.status))
        if wanted.since is not None:
            is_open = alerts.c.status != "resolved"
            found = found.where(or_(alerts.c.timestamp >= wanted.since, is_open))
        if wanted.until is not None:
            found = found.where(alerts.c.started_at < wanted.until)
        return self._page(found, key, limit, after)

    def incidents(self, wanted: Wanted, limit: int, after: Key | None = None) -> list[Found]:
        """Incidents that have a wanted alert, by the start of their first alert, the latest first."""
        has_incident = select(alerts.c.incident_id).where(alerts.c.incident_id.is_not(None))
        with self._connection() as connection:
            return incidents_of(connection, wanted, self._of_alerts(has_incident, wanted), limit, after)

    def incident(self, incident_id: str, readable: Collection[str] | None) -> Incident | None:
        """The incident with this id; None if there is none that the caller may see."""
        with self._connection() as connection:
            found = incident_with(connection, incident_id)
        return found if found is None or readable is None or found.owner in readable else None

    def anomalies(self, wanted: Wanted, limit: int, after: Key | None = None) -> list[Found]:
        """Anomalies, the latest first. They belong to the present owner of their config."""
        key = (anomalies.c.timestamp, anomalies.c.anomaly_id)
        found = self._common(select(*key, anomalies.c.body, literal("[]")), anomalies, wanted)
        if wanted.readable is not None or wanted.owner is not None:
            owned = select(configs.c.config_id)
            if wanted.readable is not None:
                owned = owned.where(configs.c.owner.in_(wanted.readable))
            if wanted.owner is not None:
                owned = owned.where(configs.c.owner == wanted.owner)
            found = found.where(anomalies.c.config_id.in_(owned))
        if wanted.since is not None:
            found = found.where(anomalies.c.timestamp >= wanted.since)
        if wanted.until is not None:
            found = found.where(anomalies.c.timestamp < wanted.until)
        return self._page(found, key, limit, after)

    def alert(self, alert_id: str, readable: Collection[str] | None) -> AlertAccount | None:
        """The alert with this id; None if there is none that the caller may see."""
        wanted = select(alerts).where(alerts.c.alert_id == alert_id)
        if readable is not None:
            wanted = wanted.where(alerts.c.owner.in_(readable))
        events = (
            select(alert_events.c.published_at_ms, alert_events.c.body, alert_events.c.suppressed_by)
            .where(alert_events.c.alert_id == alert_id)
            .order_by(alert_events.c.published_at_ms, alert_events.c.timestamp)
        )
        with self._connection() as connection:
            alert = connection.execute(wanted).first()
            if alert is None:
                return None
            found = [PublishedEvent(row[0], annotated(*row[1:])) for row in connection.execute(events)]
            version = None
            if found:
                in_force = _in_force(alert.config_id, found[0].published_at_ms)
                version = connection.execute(in_force).first()
            has_labels = (self._has_label(anomalies.c.labels, *label) for label in alert.labels.items())
            scores = select(anomalies.c.body).where(*has_labels)
            return AlertAccount(
                alert.owner,
                annotated(alert.body, alert.suppressed_by),
                found,
                None if version is None else VersionInForce(*version),
                feedback_on(connection, alert_id),
                similar_to(connection, alert, readable),
                values_of(connection, alert, (event.body for event in found), scores),
            )

    def labels(self, by: Literal["config", "detector", "owner"], wanted: Wanted) -> list[Label]:
        """What was said of alerts; those that began from ``since`` on and before ``until``."""
        columns = feedback.c
        equal = (
            (columns.owner, wanted.owner),
            (columns.config_id, wanted.config_id),
            (columns.metric, wanted.metric),
        )
        conditions = [column == value for column, value in equal if value is not None]
        if wanted.readable is not None:
            conditions.append(columns.owner.in_(wanted.readable))
        if wanted.since is not None:
            conditions.append(columns.started_at >= wanted.since)
        if wanted.until is not None:
            conditions.append(columns.started_at < wanted.until)
        with self._connection() as connection:
            return labels_by(connection, by, conditions)

    def config_owners(self, readable: Collection[str] | None) -> dict[str, str]:
        """By id, the owner of each config of which the caller may know; of a deleted one, the last owner."""
        found = select(configs.c.config_id, configs.c.owner)
        if readable is not None:
            found = found.where(configs.c.owner.in_(readable))
        with self._connection() as connection:
            return {row[0]: row[1] for row in connection.execute(found)}

    def firing(self) -> OpenAlerts:
        """The alerts that are open; none if nothing was recorded yet."""
        with self._connection() as connection:
            return (
                open_alerts(connection) if inspect(connection).has_table(alerts.name) else OpenAlerts([], [])
            )

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with database_errors(self._engine), self._engine.connect() as connection:
            yield connection

    def _of_alerts(self, found: "Select[Any]", wanted: Wanted) -> "Select[Any]":
        """``found`` with the conditions on each alert, its own and those of an incident."""
        found = self._common(found, alerts, wanted)
        if wanted.suppressed is not None:
            is_suppressed = alerts.c.suppressed_by != "[]"
            found = found.where(is_suppressed if wanted.suppressed else not_(is_suppressed))
        if wanted.readable is not None:
            found = found.where(alerts.c.owner.in_(wanted.readable))
        if wanted.owner is not None:
            found = found.where(alerts.c.owner == wanted.owner)
        return found

    def _common(self, found: "Select[Any]", table: Any, wanted: Wanted) -> "Select[Any]":
        """``found`` with the conditions that alerts and anomalies share."""
        if wanted.config_id is not None:
            found = found.where(table.c.config_id == wanted.config_id)
        if wanted.metric is not None:
            found = found.where(table.c.metric == wanted.metric)
        if wanted.severity:
            found = found.where(table.c.severity.in_(wanted.severity))
        return found.where(*(self._has_label(table.c.labels, *label) for label in wanted.labels))

    def _page(self, found: "Select[Any]", key: tuple[Any, Any], limit: int, after: Key | None) -> list[Found]:
        if after is not None:
            found = found.where(tuple_(*key) < tuple_(literal(after[0]), literal(after[1])))
        found = found.order_by(*(column.desc() for column in key)).limit(limit)
        with self._connection() as connection:
            return [Found((row[0], row[1]), annotated(*row[2:])) for row in connection.execute(found)]


def _in_force(config_id: str, at_ms: int) -> "Select[Any]":
    """The newest version of a config that was made by a time."""
    columns = config_versions.c
    return (
        select(columns.version, columns.author, columns.reason, columns.updated_at_ms, columns.document)
        .where(columns.config_id == config_id, columns.updated_at_ms <= at_ms, columns.document.is_not(None))
        .order_by(columns.updated_at_ms.desc(), columns.version.desc())
        .limit(1)
    )
