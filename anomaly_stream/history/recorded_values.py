"""The recorded values around an alert."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, Select, select

from anomaly_stream.formats.outcomes import decode_score
from anomaly_stream.history.tables import alert_values, anomalies
from anomaly_stream.model.past_values import GroupValues, MemberValues, PastValue, ValuesBefore

ValuesState = Literal["pending", "complete", "none"]
"""Whether values are still to be read, were read, or do not exist."""

_MOST_SCORES = 1_000


@dataclass(frozen=True, slots=True)
class RecordedValues:
    """The values around an alert.

    Attributes:
        values: of the series, or the scores of the group, in order of time.
        members: of the members that explain the alert of a group, up to its first and its last event.
        others: the names of the group's other members.
    """

    state: ValuesState = "none"
    values: list[PastValue] = field(default_factory=list)
    members: list[MemberValues] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class _Event(msgspec.Struct, frozen=True):
    """What is needed of an alert event."""

    timestamp: float = 0.0
    value: float = 0.0
    source: dict[str, Any] | None = None
    group: dict[str, Any] | UnsetType = UNSET


_event = msgspec.json.Decoder(_Event)


def values_of(
    connection: Connection, alert: "Row[Any]", bodies: Iterable[str], scores: "Select[Any]"
) -> RecordedValues:
    """The values around ``alert`` with events ``bodies``; ``scores`` finds anomalies with its labels."""
    columns = alert_values.c
    recorded = (
        select(columns.points, columns.state)
        .where(columns.alert_id == alert.alert_id)
        .order_by(columns.timestamp)
    )
    rows = connection.execute(recorded).all()
    states = {row.state for row in rows}
    state: ValuesState = "pending" if "wanted" in states else "complete" if "there" in states else "none"
    found = [msgspec.json.decode(row.points, type=ValuesBefore) for row in rows]
    groups = [each for each in found if isinstance(each, GroupValues)]
    if _event.decode(alert.body).group is UNSET:
        series = [each for each in found if isinstance(each, list)]
        return RecordedValues(state, _joined(series))
    events = map(_event.decode, bodies)
    own = [PastValue(event.timestamp, event.value) for event in events if event.source is not None]
    by_member: dict[str, list[MemberValues]] = {}
    for member in (member for group in groups for member in group.members):
        by_member.setdefault(member.name, []).append(member)
    return RecordedValues(
        state,
        _joined([_scores(connection, alert, scores), own]),
        [
            MemberValues(name, parts[0].share, _joined([part.values for part in parts]))
            for name, parts in by_member.items()
        ],
        groups[0].others if groups else [],
    )


def _scores(connection: Connection, alert: "Row[Any]", scores: "Select[Any]") -> list[PastValue]:
    """The anomalies of a group during the alert."""
    time = anomalies.c.timestamp
    during = scores.where(
        anomalies.c.config_id == alert.config_id,
        anomalies.c.metric == alert.metric,
        time >= alert.started_at,
        time <= alert.timestamp,
    )
    found = connection.execute(during.order_by(time.desc()).limit(_MOST_SCORES)).scalars()
    records = (decode_score(body.encode()) for body in found)
    return [PastValue(record.timestamp, record.value) for record in records]


def _joined(parts: Iterable[list[PastValue]]) -> list[PastValue]:
    """Each time once, in order."""
    found = {each.time: each for part in parts for each in part}
    return [found[time] for time in sorted(found)]
