"""Records of the topics as rows of the history's tables: a pure function of the records."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, NamedTuple

import msgspec
import orjson

from anomaly_stream.formats.outcomes import alert_id_of, decode_alert, decode_score
from anomaly_stream.kafka.feedback_topic import decode_feedback
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.kafka.value_sources import has_values
from anomaly_stream.model import AlertEvent
from anomaly_stream.registry.config_record import PastVersion, decode_versions
from anomaly_stream.registry.series_command import is_command_key

Row = dict[str, Any]
"""Values by column."""

Partition = tuple[str, int]
"""Topic and number."""

_MAX_TEXT = 1000
"""Longest value of an indexed column, in characters; PostgreSQL refuses an index entry over 2,700 bytes."""


class Record(NamedTuple):
    """A Kafka record of a topic that the history includes."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    timestamp_ms: int
    author: str = ""
    """Of a deletion: who deleted the config."""


@dataclass(slots=True)
class Batch:
    """Rows to write together.

    Attributes:
        alert_events: rows of that table, and so on.
        alerts: by id, the newest event of each alert.
        alert_values: rows of that table: the events that begin or end an alert, whose values are wanted.
        configs: by id.
        feedback: by alert, the newest.
        refused: the records that are no messages of their topic, each with the reason.
        expired: number of records that are older than the history keeps.
    """

    alert_events: list[Row] = field(default_factory=list)
    alerts: dict[str, Row] = field(default_factory=dict)
    alert_values: list[Row] = field(default_factory=list)
    anomalies: list[Row] = field(default_factory=list)
    config_versions: list[Row] = field(default_factory=list)
    configs: dict[str, Row] = field(default_factory=dict)
    feedback: dict[str, Row] = field(default_factory=dict)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    expired: int = 0


Judge = Callable[[AlertEvent, int], Iterable[str]]
"""From an alert event and when it was published, in milliseconds, to the silences that suppress it."""


def _unsuppressed(_: AlertEvent, __: int) -> tuple[str, ...]:
    return ()


def batch_of(
    records: Iterable[Record],
    names: TopicNames,
    oldest: float,
    judge: Judge = _unsuppressed,
    wants_values: bool = False,
) -> Batch:
    """The rows of ``records``, without those whose event time is before ``oldest``.

    ``judge`` gets every alert event, in the order in which they were published, and then of their ids:
    partitions of the topic are read one behind the other.
    """

    def has_values_of(event: AlertEvent) -> bool:
        return wants_values and event.status in ("firing", "resolved") and has_values(event, names)

    batch = Batch()
    add: dict[str, Callable[[Batch, Record, float], None]] = {
        names.alerts: partial(_add_alert, judge=judge, wants_values=has_values_of),
        names.scores: _add_score,
        names.configs: _add_config,
        names.feedback: _add_feedback,
    }

    def published(record: Record) -> tuple[float, str]:
        is_alert = record.topic == names.alerts
        return (record.timestamp_ms, alert_id_of(record.value or b"")) if is_alert else (inf, "")

    for record in sorted(records, key=published):
        try:
            add[record.topic](batch, record, oldest)
        except (msgspec.DecodeError, ValueError) as error:
            batch.refused.append((record, str(error)))
    return batch


def clean(text: str) -> str:
    """``text`` for a column: PostgreSQL accepts no NUL. Raises ValueError if it is too long."""
    if len(text) > _MAX_TEXT:
        raise ValueError(f"a name has {len(text)} characters; the limit is {_MAX_TEXT}")
    return text.replace("\0", "\ufffd")


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    return {clean(name): clean(value) for name, value in labels.items()}


def _add_alert(
    batch: Batch, record: Record, oldest: float, judge: Judge, wants_values: Callable[[AlertEvent], bool]
) -> None:
    value = record.value or b""
    event = decode_alert(value)
    suppressed_by = orjson.dumps(list(judge(event, record.timestamp_ms))).decode()
    if event.timestamp < oldest:
        batch.expired += 1
        return
    body = value.decode()
    row = _alert(event, body, suppressed_by)
    batch.alert_events.append(
        {
            "event_id": clean(event.event_id),
            "timestamp": event.timestamp,
            "alert_id": row["alert_id"],
            "published_at_ms": record.timestamp_ms,
            "body": body,
            "suppressed_by": suppressed_by,
        }
    )
    if wants_values(event):
        key = {name: batch.alert_events[-1][name] for name in ("alert_id", "event_id", "timestamp")}
        batch.alert_values.append({**key, "points": "[]", "state": "wanted"})
    known = batch.alerts.get(row["alert_id"])
    if known is None or known["sequence"] < row["sequence"]:
        batch.alerts[row["alert_id"]] = row


def _alert(event: AlertEvent, body: str, suppressed_by: str) -> Row:
    """The alert as ``event`` leaves it.

    An event without a number was written by a release that had none. There, the number of anomalies rises
    with each event of an episode but the last one, ``resolved``, which has that of the event before it or
    more.
    """
    return {
        "alert_id": clean(event.alert_id),
        "started_at": event.episode.start,
        "timestamp": event.timestamp,
        "sequence": event.sequence or 2 * event.episode.count + (event.status == "resolved"),
        "status": event.status,
        "severity": clean(event.severity),
        "config_id": clean(event.config_id),
        "owner": clean(event.owner),
        "metric": clean(event.metric),
        "labels": _labels(event.labels),
        "body": body,
        "suppressed_by": suppressed_by,
        "incident_id": None if event.incident_id is None else clean(event.incident_id),
    }


def _add_score(batch: Batch, record: Record, oldest: float) -> None:
    value = record.value or b""
    score = decode_score(value)
    if score.status != "anomaly":
        return
    if score.timestamp < oldest:
        batch.expired += 1
        return
    batch.anomalies.append(
        {
            "anomaly_id": hashlib.blake2b(value, digest_size=16).hexdigest(),
            "timestamp": score.timestamp,
            "config_id": clean(score.config_id),
            "metric": clean(score.metric),
            "labels": _labels(score.labels),
            "severity": clean(score.severity or ""),
            "body": value.decode(),
        }
    )


def _add_config(batch: Batch, record: Record, _: float) -> None:
    if is_command_key(record.key):  # it changes a series, and no config
        return
    config_id = clean(record.key.decode())
    if record.value is None:
        batch.config_versions.append(
            {
                "config_id": config_id,
                "updated_at_ms": record.timestamp_ms,
                "version": 0,
                "author": clean(record.author),
                "reason": "",
                "owner": "",
                "document": None,
            }
        )
        return
    versions = decode_versions(record.value)
    batch.config_versions += [_version(config_id, version) for version in reversed(versions)]
    batch.configs[config_id] = {"config_id": config_id, "owner": _owner(versions[0])}


def _add_feedback(batch: Batch, record: Record, _: float) -> None:
    given = decode_feedback(record.value or b"")
    texts = ("alert_id", "judgement", "author", "config_id", "owner", "metric", "detector", "condition")
    batch.feedback[given.alert_id] = {
        **{name: clean(getattr(given, name)) for name in texts},
        "note": given.note.replace("\0", "\ufffd"),
        "given_at_ms": given.given_at_ms,
        "started_at": given.started_at,
        "labels": _labels(given.labels),
    }


def _version(config_id: str, version: PastVersion) -> Row:
    return {
        "config_id": config_id,
        "updated_at_ms": version.updated_at_ms,
        "version": version.version,
        "author": clean(version.author),
        "reason": version.reason.replace("\0", "\ufffd"),
        "owner": _owner(version),
        "document": orjson.dumps(version.config).decode(),
    }


def _owner(version: PastVersion) -> str:
    owner = version.config.get("owner", "")
    return clean(owner) if isinstance(owner, str) else ""
