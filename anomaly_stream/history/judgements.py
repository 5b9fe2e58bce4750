"""Questions about feedback: on an alert, on alerts like it, and labels of many."""

from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec
import orjson
from sqlalchemy import Connection, Row, select

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.history.precision import Label
from anomaly_stream.history.tables import alerts, feedback
from anomaly_stream.model import AlertEvent

MOST_SIMILAR = 5
"""Number of similar alerts that are found."""
_CANDIDATES = 200

_COLUMNS = (feedback.c.judgement, feedback.c.note, feedback.c.author, feedback.c.given_at_ms)
_KEYS = {"config": feedback.c.config_id, "detector": feedback.c.detector, "owner": feedback.c.owner}


class Given(NamedTuple):
    """The newest feedback on an alert."""

    judgement: str
    note: str
    author: str
    given_at_ms: int


class SimilarAlert(NamedTuple):
    """An earlier alert: its newest event, and what was said of it."""

    body: str
    feedback: Given | None


class _Episode(msgspec.Struct, frozen=True):
    peak_value: float = 0.0


class _Kind(msgspec.Struct, frozen=True):
    """What is compared of two alerts."""

    labels: dict[str, str] = {}
    severity: str = ""
    expected: float | None = None
    episode: _Episode = _Episode()

    @property
    def is_above(self) -> bool | None:
        """The side of the expected value; None if there is none."""
        return None if self.expected is None else self.episode.peak_value > self.expected


_kind = msgspec.json.Decoder(_Kind)


def annotated(body: str, suppressed_by: str) -> str:
    """The message ``body``, with the silences that suppress it as ``suppressed_by`` if there are any."""
    return body if suppressed_by == "[]" else f'{body[:-1]},"suppressed_by":{suppressed_by}}}'


class OpenAlerts(NamedTuple):
    """The newest event of each alert that is open.

    Attributes:
        firing: of those that no silence suppresses.
        suppressed: of the others, each with the ids of the silences.
    """

    firing: list[AlertEvent]
    suppressed: list[tuple[AlertEvent, tuple[str, ...]]]


def open_alerts(connection: Connection) -> OpenAlerts:
    """The alerts that are open."""
    is_open = select(alerts.c.body, alerts.c.suppressed_by).where(alerts.c.status != "resolved")
    found = OpenAlerts([], [])
    for body, suppressed_by in connection.execute(is_open):
        event, ids = decode_alert(body.encode()), tuple(orjson.loads(suppressed_by))
        if ids:
            found.suppressed.append((event, ids))
        else:
            found.firing.append(event)
    return found


def feedback_on(connection: Connection, alert_id: str) -> Given | None:
    """The newest feedback on an alert."""
    found = connection.execute(select(*_COLUMNS).where(feedback.c.alert_id == alert_id)).first()
    return None if found is None else Given(*found)


def similar_to(
    connection: Connection, alert: "Row[Any]", readable: Collection[str] | None
) -> list[SimilarAlert]:
    """Earlier alerts of the same config and metric, the most similar first.

    Those of the same series come first, then those on the same side of the expected value, then those of the
    same severity, then the latest. The last 200 alerts are compared.
    """
    earlier = (
        select(alerts.c.started_at, alerts.c.body, alerts.c.suppressed_by, *_COLUMNS)
        .join(feedback, feedback.c.alert_id == alerts.c.alert_id, isouter=True)
        .where(
            alerts.c.metric == alert.metric,
            alerts.c.config_id == alert.config_id,
            alerts.c.started_at < alert.started_at,
        )
        .order_by(alerts.c.started_at.desc())
        .limit(_CANDIDATES)
    )
    if readable is not None:
        earlier = earlier.where(alerts.c.owner.in_(readable))
    own = _kind.decode(alert.body)

    def likeness(row: Any) -> tuple[bool, bool, bool, float]:
        kind = _kind.decode(row.body)
        same_side = kind.is_above == own.is_above
        return kind.labels == own.labels, same_side, kind.severity == own.severity, row.started_at

    found = sorted(connection.execute(earlier), key=likeness, reverse=True)[:MOST_SIMILAR]
    return [
        SimilarAlert(
            annotated(row.body, row.suppressed_by), Given(*row[3:]) if row.judgement is not None else None
        )
        for row in found
    ]


def labels_by(connection: Connection, by: str, conditions: Any) -> list[Label]:
    """The labels of alerts on values for which the ``conditions`` on ``feedback`` hold, keyed by ``by``."""
    is_on_values = feedback.c.condition == "anomaly"
    wanted = select(_KEYS[by], feedback.c.started_at, feedback.c.judgement).where(is_on_values, *conditions)
    return [Label(*row) for row in connection.execute(wanted)]
