"""What is published: score records and alert events. Field order is the order on the topic."""

from typing import Literal

import msgspec

AlertStatus = Literal["firing", "updated", "resolved"]


class Source(msgspec.Struct, frozen=True):
    """Where the observation stood."""

    topic: str
    partition: int
    offset: int


class DetectorVerdict(msgspec.Struct, frozen=True):
    """One detector's evidence: its statistic and the tail probability it gives."""

    statistic: float
    p: float


class ScoreRecord(msgspec.Struct, frozen=True, omit_defaults=False):
    """One verdict on the scores topic, and a line of ``anomaly-stream score``."""

    schema_version: int
    config_id: str
    metric: str
    labels: dict[str, str]
    timestamp: float
    value: float
    status: str
    expected: float | None
    lower: float | None
    upper: float | None
    score: float | None
    severity: str | None
    detectors: dict[str, DetectorVerdict]
    source: Source


class Episode(msgspec.Struct, frozen=True):
    """An alert's episode so far."""

    start: float
    end: float
    peak_score: float
    peak_value: float
    count: int


class AlertEvent(msgspec.Struct, frozen=True):
    """One event of an alert on the alerts topic. Pure function of config and input: no wall clock."""

    schema_version: int
    event_id: str
    alert_id: str
    status: AlertStatus
    config_id: str
    owner: str
    metric: str
    labels: dict[str, str]
    annotations: dict[str, str]
    timestamp: float
    value: float
    expected: float
    lower: float | None
    """None: that side has no edge (a config that watches one direction)."""
    upper: float | None
    score: float
    severity: str
    detectors: dict[str, DetectorVerdict]
    episode: Episode
    explanation: str
    source: Source
