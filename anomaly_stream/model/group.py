"""The config of a group: metrics that are judged together."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from anomaly_stream.model.alert_rules import AlertRules
from anomaly_stream.model.config import LabelMatcher, Publish
from anomaly_stream.model.series import Series


class Missing(StrEnum):
    """What happens to a vector with missing members when its interval closes."""

    WAIT = "wait"
    """It waits for its members as long as ``lateness`` allows, and is then skipped."""
    LAST = "last"
    """The last value of a missing member is used if it is no older than the tolerance."""
    OMIT = "omit"
    """It is scored without the missing members."""


class Aggregate(StrEnum):
    """Which value is used for a member that sent several values in one interval.

    None of these depends on the order of arrival, so members may arrive through any partition, and a value
    may arrive twice.
    """

    LAST = "last"
    """The value with the latest event time; the largest of several with the same time."""
    MIN = "min"
    MAX = "max"


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    """One coordinate of a group's vectors: a name, and the series that it stands for."""

    name: str
    metric: str
    """Exact name or glob, as in a config of one metric."""
    matchers: tuple[LabelMatcher, ...] = ()
    aggregate: Aggregate = Aggregate.LAST


class GroupConfig(AlertRules, frozen=True, kw_only=True):
    """A validated config of a group in plain units, which :mod:`anomaly_stream.registry` makes from YAML or
    JSON."""

    id: str
    members: tuple[GroupMember, ...]
    """Sorted by name: the order of the coordinates."""
    by: tuple[str, ...] = ()
    """Sorted labels: each combination of their values is an instance of the group. Empty: one instance."""
    owner: str = ""
    interval_s: float = 10.0
    """Length of an interval. Intervals begin at multiples of it since the epoch."""
    lateness_s: float = 30.0
    """An interval closes without the missing members when the newest member is this far past its end,
    in event time."""
    missing: Missing = Missing.LAST
    tolerance_s: float = 60.0
    """The greatest age of a last value at the end of the interval in which it is used."""
    detectors: tuple[str, ...] = ()
    """Names of detectors of groups. Empty: the default for the interval."""
    sensitivity_score: float = 40.0
    min_observations: int = 400
    """Vectors to learn before the first is scored."""
    publish: Publish = Publish.ANOMALIES
    max_instances: int = 10_000
    """The most instances in one partition; further instances are refused."""
    series_ttl_s: float = 30 * 86400.0
    """An instance restarts when it is idle for this many seconds of event time; 0: never."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    version: int = 1


@dataclass(slots=True)
class GroupCounts:
    """Counts of the values and vectors of a batch of the groups topic, by what happened to them."""

    values: int = 0
    late: int = 0
    """Values dropped because their bucket was already closed."""
    ahead: int = 0
    """Values dropped because they were far ahead of their instance, and others did not agree yet."""
    unmatched: int = 0
    """Values of a group or a member that no active config has."""
    refused: int = 0
    """Values of instances that ``max_instances`` excludes."""
    incomplete: int = 0
    """Intervals skipped because members were missing."""
    vectors: int = 0
    anomalies: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Minor, moderate, severe."""
    examples: dict[str, tuple[int, Series]] = field(default_factory=dict)
    """By name of a count that is not 0 (``late``, ``ahead``, ``unmatched``, ``refused``, ``incomplete``): the
    row of one such record, and its instance."""

    def note(self, name: str, amount: int, row: int, instance: Series) -> None:
        """Add ``amount`` to the count ``name``; the record of the first one is the example."""
        if amount:
            setattr(self, name, getattr(self, name) + amount)
            self.examples.setdefault(name, (row, instance))
