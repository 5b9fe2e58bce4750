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
    """One detector's evidence: its statistic and the tail probability it gives, None where it gives none."""

    statistic: float
    p: float | None


class MemberVerdict(msgspec.Struct, frozen=True):
    """What one member of a group has to do with a verdict."""

    value: float | None
    """None: it was missing."""
    expected: float | None
    share: float
    """Its part in the evidence, signed by the side that it is on; the absolute values of all members sum to
    1."""


class PairVerdict(msgspec.Struct, frozen=True):
    """Two members whose relation broke."""

    members: tuple[str, str]
    expected: float
    """Correlation that they used to have."""
    seen: float
    """Correlation of late."""


class GroupVerdict(msgspec.Struct, frozen=True):
    """Which members of a group made a verdict."""

    members: dict[str, MemberVerdict]
    pairs: list[PairVerdict]
    """Those that broke, the worst first."""


class ScoreRecord(msgspec.Struct, frozen=True, omit_defaults=False, kw_only=True):
    """One verdict on the scores topic, and a line of ``anomaly-stream score``.

    Fields with a default came later: records of earlier releases do not have them.
    """

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
    alert_score: float | None = None
    """What an alert opens by: the score, but for models, which take off what was reported already."""
    maturity: float | None = None
    """How much of the season in use is known, 0 to 1; None for a config without one."""
    severity: str | None
    reason: str | None = None
    """Of an anomaly, what spoke: ``level``, a pattern's name, or a model's reason."""
    detectors: dict[str, DetectorVerdict]
    source: Source
    group: GroupVerdict | msgspec.UnsetType = msgspec.UNSET
    """Of a group's verdicts alone."""


class Episode(msgspec.Struct, frozen=True):
    """An alert's episode so far."""

    start: float
    end: float
    peak_score: float
    peak_value: float
    count: int


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an alert on the alerts topic. Pure function of config and input: no wall clock.

    Fields with a default came later: events of earlier releases do not have them.
    """

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
    reason: str | None = None
    """What spoke, as in ``ScoreRecord``; None where nothing did, since the alert is resolved."""
    detectors: dict[str, DetectorVerdict]
    episode: Episode
    explanation: str
    source: Source
    group: GroupVerdict | msgspec.UnsetType = msgspec.UNSET
    """Of a group's alerts alone."""
