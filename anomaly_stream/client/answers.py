"""The answers of the API as types. Fields that a later release adds are ignored."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

Item = TypeVar("Item")


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """A part of a list; ``next`` is the cursor of the part after it."""

    items: list[Item]
    next: str | None
    warnings: "list[Warned]" = []


class Warned(msgspec.Struct, frozen=True):
    """What a config, a silence or a filter says in vain: the field, and why."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A config in force."""

    id: str
    version: int
    author: str
    reason: str
    updated_at: datetime
    config: dict[str, Any]
    """The document as it was written, with its id and owner."""
    warnings: list[Warned]
    etag: str = ""
    """What a change of this version names; empty in a list."""


class MatchedSeries(msgspec.Struct, frozen=True):
    """The series that a config selects, of those seen: about how many, and some of them."""

    count: int
    examples: list[dict[str, Any]]


class Change(Config, frozen=True, kw_only=True):
    """A config after a change, and the effects of the change."""

    restarts: list[str]
    """Fields whose change restarts the baselines."""
    series: MatchedSeries | None
    learning: str
    """What happens next, for people."""
    dry_run: bool
    learning_until: datetime | None = None
    """When the series have learned, at their present rate; None if that is not known."""


class FieldChange(msgspec.Struct, frozen=True):
    """A field that differs from the version before; None if it is absent."""

    field: str
    before: Any = None
    after: Any = None


class Version(msgspec.Struct, frozen=True):
    """One version of a config."""

    version: int
    author: str
    reason: str
    updated_at: datetime
    config: dict[str, Any]
    changes: list[FieldChange]


class WorkerState(msgspec.Struct, frozen=True):
    """One worker, and what it holds under a config."""

    worker: str
    in_force: bool
    config_offset: int
    partitions: list[int]
    series: int


class ConfigStatus(msgspec.Struct, frozen=True):
    """A config in all workers; the API document describes the fields."""

    id: str
    version: int
    in_force: bool
    workers: list[WorkerState]
    series: int
    learning: int
    refused: int
    anomalies: int
    alerts: int
    alerts_per_day: float | None
    last_error: str | None
    incomplete: bool
    withheld: int = 0
    """Alerts that were not published, because too many alerts of the owner are open."""
    expected_false_alarms_per_day: float | None = None
    """What the threshold promises for normal times."""


class Metric(msgspec.Struct, frozen=True):
    """A metric that workers see."""

    name: str
    series: int
    per_minute: float
    labels: dict[str, dict[str, int]]
    """By label name, a sample of its values with their number of series."""
    examples: list[dict[str, str]]


class Preview(msgspec.Struct, frozen=True):
    """What a config would have done; the API document describes the fields and has more of them."""

    observations: int
    series_count: int
    statuses: dict[str, int]
    warnings: list[str]
    alert_count: int
    alerts_per_day: float | None
    expected_false_alarms_per_day: float | None
    alerts: list[dict[str, Any]]
    series: list[dict[str, Any]]


class Job(msgspec.Struct, frozen=True):
    """A load of a history, a removal of values, or a tuning: ``running``, ``done``, ``failed``, ``lost``."""

    id: str
    config_id: str
    state: str
    owner: str = ""
    author: str = ""
    started_at_ms: int = 0
    updated_at_ms: int = 0
    observations: int = 0
    series: int = 0
    faulty: int = 0
    faults: list[str] = []
    """The first of the faulty lines, and why."""
    statuses: dict[str, int] = {}
    """Observations by what became of them."""
    baselines: int = 0
    removed: int = 0
    reset: int = 0
    warnings: list[str] = []
    error: str = ""
    proposal: dict[str, Any] | None = None
    """Of a tuning: `change` has the changed fields, `document` the whole config; None: nothing is better."""


class VersionList(msgspec.Struct, frozen=True):
    """The versions that are kept."""

    items: list[Version]


class Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457)."""

    title: str = ""
    detail: str = ""
    errors: list[Warned] = []
