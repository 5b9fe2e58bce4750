"""The user's spelling of a group's config; see ``document`` for that of a single metric's."""

from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core.core_schema import ValidationInfo

from anomaly_stream.model import Publish, SeverityBands
from anomaly_stream.model.group import Aggregate, GroupConfig, GroupMember, Missing
from anomaly_stream.registry import value_parsers
from anomaly_stream.registry.fields import (
    AlertThreshold,
    Duration,
    Id,
    Lifetime,
    Matchers,
    Name,
    Sensitivity,
    Text,
    check_detectors,
    check_threshold,
)
from anomaly_stream.registry.validation_context import ValidationContext

MOST_MEMBERS = 32
MOST_LATE_TICKS = 512
"""Buckets that may wait for late members: they are held for each instance."""

MemberName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class MemberDocument(BaseModel):
    """One member of a group: which series it is. A name alone stands for `metric`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    metric: Name = Field(description="Name of the metric, or a glob over names.")
    match: Matchers = Field(
        default=(),
        json_schema_extra={"default": {}},
        description="Labels that its series must have, as in a config of one metric.",
    )
    aggregate: Literal["last", "min", "max"] = Field(
        default="last", description="What stands for several values of the member within one interval."
    )


def _member(value: object) -> object:
    return {"metric": value} if isinstance(value, str) else value


Member = Annotated[MemberDocument, BeforeValidator(_member, json_schema_input_type=str | MemberDocument)]


class GroupDocument(BaseModel):
    """Metrics that are anomalous together: `id` and `members` are enough."""

    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, title="GroupConfig", frozen=True
    )

    id: Id = Field(description="Identity of the group.")
    members: dict[MemberName, Member] = Field(
        min_length=2,
        max_length=MOST_MEMBERS,
        description="The metrics that make a vector, by the name that alerts call them.",
    )
    by: list[Name] = Field(
        default=[],
        max_length=8,
        description="Labels whose values make one instance of the group: `[host]` is one for each host. A "
        "series without one of them belongs to none.",
    )
    owner: Text = Field(default="", description="Platform group that the alerts belong to.")
    interval: Duration = Field(
        default=10.0,
        json_schema_extra={"default": "10s"},
        description="Members are aligned to multiples of it: as long as the slowest of them usually takes.",
    )
    lateness: Duration = Field(
        default=30.0,
        json_schema_extra={"default": "30s"},
        description="How far, in event time, the newest member may be ahead before an interval closes "
        "without the others.",
    )
    missing: Literal["wait", "last", "omit"] = Field(
        default="last",
        description="What becomes of an interval that lacks members when it closes: `wait`, it is passed "
        "over; `last`, their last value stands in within `tolerance`; `omit`, it is scored without them.",
    )
    tolerance: Duration = Field(
        default=60.0, json_schema_extra={"default": "60s"}, description="How old a last value may be."
    )
    detectors: list[str] = Field(
        default=["gated_residual", "correlation"], min_length=1, description="Detectors of groups."
    )
    sensitivity: Sensitivity = Field(
        default=0.5,
        json_schema_extra={"default": "medium"},
        description="From which score a vector is an anomaly; it stays one until its score is 12 lower.",
    )
    alert_threshold: AlertThreshold = Field(
        default="minor",
        description="From which score (or severity) an anomaly opens an alert. Scores of groups are lower "
        "than those of single metrics: the default is that of `sensitivity`.",
    )
    min_observations: int = Field(
        default=400, ge=30, le=100_000, description="Vectors to learn from before any is scored."
    )
    resolve_after: int = Field(default=5, ge=1, description="Quiet vectors that resolve an alert.")
    publish: Literal["anomalies", "all", "none"] = Field(
        default="anomalies", description="What goes to the scores topic."
    )
    max_instances: int = Field(
        default=10_000, ge=1, description="Most instances of one partition; beyond it new ones are left out."
    )
    series_ttl: Lifetime = Field(
        default=30 * 86400.0,
        json_schema_extra={"default": "30d"},
        description="How long an instance may be silent, in event time, before it begins anew: at least "
        "`lateness` and two intervals; `0`: for ever.",
    )
    labels: dict[Name, Text] = Field(default={}, max_length=32, description="Labels to carry into alerts.")
    annotations: dict[Name, Text] = Field(
        default={}, max_length=32, description="Texts to carry into alerts."
    )

    @field_validator("by")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(", ".join(f"{name!r} stands twice" for name in twice))
        return names

    @field_validator("detectors")
    @classmethod
    def _known_detectors(cls, names: list[str], info: ValidationInfo) -> list[str]:
        return check_detectors(names, cast(ValidationContext, info.context).group_detectors)

    @field_validator("alert_threshold")
    @classmethod
    def _not_below_sensitivity(cls, threshold: float | str, info: ValidationInfo) -> float | str:
        return check_threshold(threshold, info.data.get("sensitivity"))

    @field_validator("lateness")
    @classmethod
    def _waits_for_few(cls, lateness: float, info: ValidationInfo) -> float:
        interval = info.data.get("interval", lateness)
        if lateness > MOST_LATE_TICKS * interval:
            raise ValueError(f"must be at most {MOST_LATE_TICKS} times the interval")
        return lateness

    @model_validator(mode="after")
    def _tolerance_is_longer(self) -> "GroupDocument":
        if self.missing == "last" and self.tolerance < self.interval:
            raise ValueError("tolerance must be at least the interval where missing is last")
        return self

    @model_validator(mode="after")
    def _lives_longer_than_it_waits(self) -> "GroupDocument":
        """Else values of before a silence could be taken for new ones when they come after it, or again."""
        if 0 < self.series_ttl < self.lateness + 2 * self.interval:
            raise ValueError("series_ttl must be at least lateness and two intervals")
        return self

    def config(self, bands: SeverityBands, version: int = 1) -> GroupConfig:
        """The config in plain units."""
        return GroupConfig(
            id=self.id,
            members=tuple(
                GroupMember(
                    name=name,
                    metric=member.metric,
                    matchers=member.match,
                    aggregate=Aggregate(member.aggregate),
                )
                for name, member in sorted(self.members.items())
            ),
            by=tuple(sorted(self.by)),
            owner=self.owner,
            interval_s=self.interval,
            lateness_s=self.lateness,
            missing=Missing(self.missing),
            tolerance_s=self.tolerance,
            detectors=tuple(self.detectors),
            sensitivity_score=value_parsers.sensitivity_score(self.sensitivity),
            alert_score=value_parsers.alert_score(self.alert_threshold, self.sensitivity, bands),
            min_observations=self.min_observations,
            resolve_after=self.resolve_after,
            publish=Publish(self.publish),
            max_instances=self.max_instances,
            series_ttl_s=self.series_ttl,
            labels=dict(self.labels),
            annotations=dict(self.annotations),
            version=version,
        )


def is_group(document: object) -> bool:
    """Whether this is meant to be the config of a group: it has members."""
    return isinstance(document, Mapping) and "members" in document
