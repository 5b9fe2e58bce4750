"""Incidents: alerts of one owner that share labels and started together, as their ``incident_id`` says."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, case, func, literal, or_, select, tuple_

from anomaly_stream.history.judgements import annotated
from anomaly_stream.history.tables import alerts
from anomaly_stream.history.wanted import Found, Key, Wanted
from anomaly_stream.model import Severity

_SEVERITIES = {severity.label: int(severity) for severity in Severity}


class Incident(msgspec.Struct, frozen=True):
    """An incident, summed up from its alerts."""

    incident_id: str
    owner: str
    status: str
    severity: str
    started_at: float
    timestamp: float
    alerts: int
    open: int
    configs: list[str]
    metrics: list[str]
    labels: dict[str, str]
    first: msgspec.Raw


def incidents_of(
    connection: Connection, wanted: Wanted, matching: "Select[Any]", limit: int, after: Key | None
) -> list[Found]:
    """The incidents that have one of the alerts ``matching``, by the start of their first alert, the latest
    first.

    Of ``wanted``, only owners, status and times are read here.
    """
    start, last = func.min(alerts.c.started_at), func.max(alerts.c.timestamp)
    is_open = func.max(case((alerts.c.status != "resolved", 1), else_=0))
    statuses = {"firing": 1, "resolved": 0}
    found = (
        select(alerts.c.incident_id, start)
        .where(alerts.c.incident_id.in_(matching))
        .group_by(alerts.c.incident_id)
        .order_by(start.desc(), alerts.c.incident_id.desc())
        .limit(limit)
    )
    if wanted.status:
        found = found.having(is_open.in_([statuses[status] for status in wanted.status]))
    if wanted.since is not None:
        found = found.having(or_(last >= wanted.since, is_open == 1))
    if wanted.until is not None:
        found = found.having(start < wanted.until)
    if after is not None:
        key = tuple_(start, alerts.c.incident_id)
        found = found.having(key < tuple_(literal(after[0]), literal(after[1])))
    ids = list(connection.execute(found).scalars())
    summed = _incidents(connection, ids)
    return [
        Found((summed[one].started_at, one), msgspec.json.encode(summed[one]).decode())
        for one in ids
        if one in summed  # its alerts may have been deleted meanwhile
    ]


def incident_with(connection: Connection, incident_id: str) -> Incident | None:
    """The incident with this id; None if there is none."""
    return _incidents(connection, [incident_id]).get(incident_id)


def _incidents(connection: Connection, ids: Sequence[str]) -> dict[str, Incident]:
    """The incidents with these ids."""
    columns = alerts.c
    members: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(
        select(
            *(columns.incident_id, columns.alert_id, columns.owner, columns.status, columns.severity),
            *(columns.started_at, columns.timestamp, columns.config_id, columns.metric, columns.labels),
        )
        .where(columns.incident_id.in_(ids))
        .order_by(columns.started_at, columns.alert_id)
    ):
        members[row.incident_id].append(row)
    firsts = select(columns.alert_id, columns.body, columns.suppressed_by).where(
        columns.alert_id.in_([rows[0].alert_id for rows in members.values()])
    )
    bodies = {row.alert_id: annotated(row.body, row.suppressed_by) for row in connection.execute(firsts)}
    return {
        one: _summed(rows, bodies[rows[0].alert_id])
        for one, rows in members.items()
        if rows[0].alert_id in bodies
    }


def _summed(rows: Sequence[Any], first: str) -> Incident:
    """The incident of these alerts, in order of their start; ``first`` is the newest event of the first."""
    still_open = sum(row.status != "resolved" for row in rows)
    return Incident(
        incident_id=rows[0].incident_id,
        owner=rows[0].owner,
        status="firing" if still_open else "resolved",
        severity=max((row.severity for row in rows), key=lambda label: _SEVERITIES.get(label, 0)),
        started_at=rows[0].started_at,
        timestamp=max(row.timestamp for row in rows),
        alerts=len(rows),
        open=still_open,
        configs=sorted({row.config_id for row in rows}),
        metrics=sorted({row.metric for row in rows}),
        labels=dict(sorted(set.intersection(*(set(row.labels.items()) for row in rows)))),
        first=msgspec.Raw(first.encode()),
    )
