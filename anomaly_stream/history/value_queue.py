"""The alert events of the history whose values are still to be read: a queue in the database."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET
from sqlalchemy import URL, and_, bindparam, func, literal, select, tuple_, update

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.history.database import database_errors, open_writer
from anomaly_stream.history.tables import alert_events, alert_values
from anomaly_stream.history.wanted import Key
from anomaly_stream.model import AlertEvent
from anomaly_stream.model.past_values import ValuesBefore


class WantedValues(NamedTuple):
    """An event whose values are wanted."""

    key: Key
    event: AlertEvent
    opened_by: AlertEvent
    """The first event of its alert."""


class ValueQueue:
    """Events enter the queue in the transaction that writes them; here they leave it. For use by one thread.

    An event leaves once, whoever does it and however often: copies of an event do not put it back.
    """

    def __init__(self, url: URL) -> None:
        self._engine = open_writer(url)

    def next(self, limit: int, after: Key | None = None) -> list[WantedValues]:
        """The next events, in order of event time. Raises HistoryError."""
        values, events = alert_values.c, alert_events.c
        is_same = and_(events.timestamp == values.timestamp, events.event_id == values.event_id)
        key = values.timestamp, values.event_id
        wanted = (
            select(*key, events.body)
            .join(alert_events, is_same)
            .where(values.state == "wanted")
            .order_by(*key)
            .limit(limit)
        )
        if after is not None:
            wanted = wanted.where(tuple_(*key) > tuple_(literal(after[0]), literal(after[1])))
        with database_errors(self._engine), self._engine.begin() as connection:
            found = [
                ((row.timestamp, row.event_id), decode_alert(row.body.encode()))
                for row in connection.execute(wanted)
            ]
            alerts = {event.alert_id for _, event in found if event.group is not UNSET}
            first = select(events.body).where(events.alert_id.in_(alerts)).order_by(events.timestamp.desc())
            opened_by = {}
            if alerts:
                for body in connection.execute(first).scalars():
                    event = decode_alert(body.encode())
                    opened_by[event.alert_id] = event
        return [WantedValues(at, event, opened_by.get(event.alert_id, event)) for at, event in found]

    def waiting(self) -> int:
        """The length of the queue. Raises HistoryError."""
        counted = select(func.count()).where(alert_values.c.state == "wanted")
        with database_errors(self._engine), self._engine.begin() as connection:
            return connection.execute(counted).scalar_one()

    def settle(self, events: Sequence[AlertEvent], found: Mapping[str, ValuesBefore]) -> int:
        """Store the values ``found``, by event id; ``events`` without any have none. Returns their number.

        Raises HistoryError: nothing was stored.
        """
        rows = [
            {"alert": event.alert_id, "event": event.event_id, **_stored(found.get(event.event_id))}
            for event in events
        ]
        columns = alert_values.c
        change = (
            update(alert_values)
            .where(
                columns.alert_id == bindparam("alert"),
                columns.event_id == bindparam("event"),
                columns.state == "wanted",
            )
            .values(points=bindparam("new_points"), state=bindparam("new_state"))
        )
        with database_errors(self._engine), self._engine.begin() as connection:
            none = [row for row in rows if row["new_state"] == "none"]
            there = [row for row in rows if row["new_state"] == "there"]
            if there:
                connection.execute(change, there)
            return connection.execute(change, none).rowcount if none else 0

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


def _stored(values: ValuesBefore | None) -> dict[str, str]:
    if values is None:
        return {"new_points": "[]", "new_state": "none"}
    return {"new_points": msgspec.json.encode(values).decode(), "new_state": "there"}
