"""Score records and alert events as JSON bytes. The same value always gives the same bytes."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from anomaly_stream.model import (
    AlertEvent,
    Fault,
    ObservationColumns,
    Outcome,
    ScoreRecord,
)
from anomaly_stream.model.baseline_loads import BaselineLoads
from anomaly_stream.model.group import GroupCounts
from anomaly_stream.model.limits import ReachedLimit

_encoder = msgspec.json.Encoder()
_score_decoder = msgspec.json.Decoder(ScoreRecord)
_alert_decoder = msgspec.json.Decoder(AlertEvent)


Body = TypeVar("Body", ScoreRecord, AlertEvent, bytes)


def encode(body: ScoreRecord | AlertEvent) -> bytes:
    """One message of the scores or the alerts topic, fields in the order of the type."""
    return _encoder.encode(body)


@dataclass(frozen=True, slots=True)
class Publication(Generic[Body]):
    """One record to publish.

    Attributes:
        key: the record's key.
        body: its content.
        record: row of the ``RecordColumns`` that caused it.
        verdict: number of the verdict in the ``Outcome`` that caused it; -1 if none did.
    """

    key: bytes
    body: Body
    record: int
    verdict: int = -1

    @property
    def value(self) -> bytes:
        """The record's value."""
        return self.body if isinstance(self.body, bytes) else encode(self.body)


@dataclass(frozen=True, slots=True)
class Output:
    """The result of a run of records of one topic; the lists are in the order of the records.

    Attributes:
        faults: records that could not be decoded.
        scores: for the scores topic.
        alerts: for the alerts topic.
        members: for the groups topic.
        limits: limits that were reached for the first time.
        observations: the decoded observations of a metrics topic; None for the groups topic.
        outcome: the engine's verdicts on ``observations``; None for the groups topic.
        group_counts: counts of the values of a groups topic, by what happened to them.
        baselines: what became of loaded baselines.
        withheld: by config id, alerts that were withheld when they opened.
    """

    faults: list[Fault]
    scores: list[Publication[ScoreRecord]]
    alerts: list[Publication[AlertEvent]]
    members: list[Publication[bytes]]
    limits: list[ReachedLimit]
    observations: ObservationColumns | None = None
    outcome: Outcome | None = None
    group_counts: GroupCounts = field(default_factory=GroupCounts)
    baselines: BaselineLoads = field(default_factory=BaselineLoads)
    withheld: Counter[str] = field(default_factory=Counter)


def decode_score(message: bytes) -> ScoreRecord:
    """The inverse of ``encode``; fields of later releases are ignored. Raises msgspec.DecodeError."""
    return _score_decoder.decode(message)


def decode_alert(message: bytes) -> AlertEvent:
    """The inverse of ``encode``; fields of later releases are ignored. Raises msgspec.DecodeError."""
    return _alert_decoder.decode(message)


class _Identity(msgspec.Struct):
    alert_id: str


_identity_decoder = msgspec.json.Decoder(_Identity)


def alert_id_of(message: bytes) -> str:
    """The id of the alert of an event; empty if there is none."""
    try:
        return _identity_decoder.decode(message).alert_id
    except msgspec.DecodeError:
        return ""
