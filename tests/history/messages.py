"""Records of the topics, for tests of the history."""

import json
from typing import Any

import msgspec

from anomaly_stream.formats.outcomes import encode
from anomaly_stream.history.batch import Record
from anomaly_stream.kafka.feedback_topic import encode_feedback
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent, ScoreRecord
from anomaly_stream.model.feedback import Feedback
from anomaly_stream.settings import Settings

NAMES = TopicNames.of(Settings())
NOW = 1_780_000_000.0
DAY = 86_400.0
_COMMON: dict[str, Any] = {
    "schema_version": 1,
    "labels": {"env": "prod"},
    "value": 2.0,
    "expected": 1.0,
    "lower": 0.0,
    "upper": 1.5,
    "score": 90.0,
    "severity": "severe",
    "reason": "distance",
    "detectors": {},
    "source": {"topic": "metrics", "partition": 0, "offset": 0},
}


def alert_event(
    alert: str, status: str = "firing", at: float = NOW, start: float = NOW, **changes: Any
) -> bytes:
    """An event; its id follows from alert and status."""
    count = 1 if status == "firing" else 2
    document = {
        **_COMMON,
        "event_id": f"{alert}-{status}",
        "alert_id": alert,
        "status": status,
        "config_id": "load",
        "owner": "payments",
        "metric": "load",
        "annotations": {},
        "timestamp": at,
        "episode": {"start": start, "end": at, "peak_score": 90.0, "peak_value": 2.0, "count": count},
        "explanation": "load is 2",
        **changes,
    }
    return encode(msgspec.convert(document, AlertEvent))


def score(at: float = NOW, **changes: Any) -> bytes:
    """An anomaly."""
    document = {
        **_COMMON,
        "config_id": "load",
        "metric": "load",
        "timestamp": at,
        "status": "anomaly",
        "alert_score": 90.0,
        "maturity": None,
        **changes,
    }
    return encode(msgspec.convert(document, ScoreRecord))


def feedback(alert: str, judgement: str = "false_alarm", **changes: Any) -> bytes:
    """Feedback on the alert that ``alert_event`` makes."""
    document = {
        "alert_id": alert,
        "judgement": judgement,
        "note": "",
        "author": "ann",
        "given_at_ms": int(NOW * 1000),
        "config_id": "load",
        "owner": "payments",
        "metric": "load",
        "labels": {"env": "prod"},
        "detector": "auto",
        "started_at": NOW,
        **changes,
    }
    return encode_feedback(msgspec.convert(document, Feedback))[1]


def config(version: int, owner: str = "payments", at: float = NOW, past: tuple[int, ...] = ()) -> bytes:
    """A record of the config ``load``."""

    def one(number: int) -> dict[str, Any]:
        return {
            "version": number,
            "author": f"author-{number}",
            "updated_at_ms": int(1000 * (at - DAY * (version - number))),
            "reason": f"reason-{number}",
            "config": {"id": "load", "metric": "load", "owner": owner},
        }

    document = {"schema_version": 1, **one(version), "past": [one(number) for number in past]}
    return json.dumps(document).encode()


def record(topic: str, offset: int, value: bytes | None, at: float = NOW, **changes: Any) -> Record:
    """A record of partition 0."""
    return Record(topic, 0, offset, b"load", value, int(at * 1000))._replace(**changes)


def alerts(*values: bytes, first: int = 0) -> list[Record]:
    """Records of the alerts topic."""
    return [record(NAMES.alerts, first + number, value) for number, value in enumerate(values)]
