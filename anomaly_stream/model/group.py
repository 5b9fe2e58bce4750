"""The config of a group: metrics that are anomalous together."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from anomaly_stream.model.config import LabelMatcher, Publish


class Missing(StrEnum):
    """What becomes of a vector that lacks members when its tick closes."""

    WAIT = "wait"
    """It is not scored: the tick waits for its members as long as ``lateness`` allows, and is then passed
    over."""
    LAST = "last"
    """A member's last value stands in for it, as long as it is no older than the tolerance."""
    OMIT = "omit"
    """It is scored without them."""


class Aggregate(StrEnum):
    """What stands for a member that sent several values within one tick.

    None of these depends on the order in which the values came, so that members may come through any
    partition, and any value twice.
    """

    LAST = "last"
    """The value of the latest event time; of several of one time the largest."""
    MIN = "min"
    MAX = "max"


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    """One coordinate of a group's vectors: which series it is, under a name."""

    name: str
    metric: str
    """Exact name or glob, as in a config of one metric."""
    matchers: tuple[LabelMatcher, ...] = ()
    aggregate: Aggregate = Aggregate.LAST


class GroupConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A validated config of a group, in plain units: what :mod:`anomaly_stream.registry` makes of YAML or
    JSON."""

    id: str
    members: tuple[GroupMember, ...]
    """Sorted by name: the order of the coordinates."""
    by: tuple[str, ...] = ()
    """Labels whose values make one instance of the group, sorted; none: there is one instance."""
    owner: str = ""
    interval_s: float = 10.0
    """Length of a tick: members are aligned to its multiples since the epoch."""
    lateness_s: float = 30.0
    """How far, in event time, the newest member may be ahead of a tick's end before the tick closes without
    the others."""
    missing: Missing = Missing.LAST
    tolerance_s: float = 60.0
    """How old a last value may be at the end of a tick that it stands in for."""
    detectors: tuple[str, ...] = ("gated_residual", "correlation")
    sensitivity_score: float = 40.0
    alert_score: float = 60.0
    min_observations: int = 400
    """Vectors to learn from before any is scored."""
    resolve_after: int = 5
    """Quiet vectors that resolve an alert."""
    publish: Publish = Publish.ANOMALIES
    max_instances: int = 10_000
    """Most instances of one partition; more are refused."""
    series_ttl_s: float = 30 * 86400.0
    """An instance that was silent for so many seconds of event time begins anew; 0: never."""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    version: int = 1


@dataclass(slots=True)
class GroupCounts:
    """What became of the values of members that one run of the groups topic held."""

    values: int = 0
    late: int = 0
    """Dropped: their tick was closed."""
    unmatched: int = 0
    """Of a group or a member that no config in force has."""
    refused: int = 0
    """Of instances that ``max_instances`` keeps out."""
    incomplete: int = 0
    """Buckets passed over, since members were missing."""
    vectors: int = 0
    anomalies: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Minor, moderate, severe."""
