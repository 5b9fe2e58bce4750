"""The document of a group as users write it; :mod:`document` has that of a single metric."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic_core.core_schema import ValidationInfo

from anomaly_stream.registry import alert_fields
from anomaly_stream.registry.exclusions import excluded_instances
from anomaly_stream.registry.false_alarms import GroupMaxFalseAlarms, check_one_threshold
from anomaly_stream.registry.fields import (
    MAX_COUNT,
    AlertThreshold,
    Duration,
    Id,
    Lifetime,
    Matchers,
    Metric,
    Name,
    Sensitivity,
    Text,
    check_detectors,
    check_threshold,
)
from anomaly_stream.registry.promised_alerts import threshold_of
from anomaly_stream.registry.validation_context import ValidationContext

MAX_MEMBERS = 32
MAX_OPEN_BUCKETS = 512
"""Maximum number of buckets that wait for late members; each instance keeps them."""

MemberName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class MemberDocument(BaseModel):
    """One member of a group: which series it is. A name alone is short for `metric`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    metric: Metric = Field(description="Name of the metric, or a glob over names.")
    match: Matchers = Field(
        default=(),
        json_schema_extra={"default": {}},
        description="Labels that its series must have, as in the config of a single metric.",
    )
    aggregate: Literal["last", "min", "max"] = Field(
        default="last", description="Which of several values of the member in one interval is used."
    )


def _member(value: object) -> object:
    return {"metric": value} if isinstance(value, str) else value


Member = Annotated[MemberDocument, BeforeValidator(_member, json_schema_input_type=str | MemberDocument)]


class GroupDocument(BaseModel):
    """Metrics that are judged together. Only `id` and `members` are required."""

    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, title="GroupConfig", frozen=True
    )

    id: Id = Field(description="Identity of the group.")
    members: dict[MemberName, Member] = Field(
        min_length=2,
        max_length=MAX_MEMBERS,
        description="Metrics of the vector, by the name that alerts use.",
    )
    by: list[Name] = Field(
        default=[],
        max_length=8,
        description="Labels whose values identify an instance of the group: `[host]` gives one instance per "
        "host. A series without one of these labels is in no instance.",
    )
    owner: Text = Field(default="", description="Platform group that the alerts belong to.")
    interval: Duration = Field(
        default=10.0,
        json_schema_extra={"default": "10s"},
        description="Length of the buckets that members are aligned to: the interval of the slowest member.",
    )
    lateness: Duration = Field(
        default=30.0,
        json_schema_extra={"default": "30s"},
        description="A bucket closes without its missing members when the newest value of the instance is "
        "this far ahead of the bucket, in event time.",
    )
    missing: Literal["wait", "last", "omit"] = Field(
        default="last",
        description="Treatment of a bucket that closes without all members. `wait`: it is skipped. `last`: "
        "the last value of a missing member is used, up to an age of `tolerance`. `omit`: it is scored "
        "without the missing members.",
    )
    tolerance: Duration = Field(
        default=60.0,
        json_schema_extra={"default": "60s"},
        description="Maximum age of a last value; the default is the interval if that is longer.",
    )
    detectors: list[str] = Field(
        default_factory=list,
        min_length=1,
        description="Detectors of groups. By default `gated_residual`, `correlation` and `t2q` if the "
        "`interval` is below a minute, otherwise `correlation` and `joint_auto`.",
    )
    sensitivity: Sensitivity = Field(
        default=0.5,
        json_schema_extra={"default": "medium"},
        description="Threshold score of an anomaly; a vector stays one until its score is 12 below it.",
    )
    alert_threshold: AlertThreshold = Field(
        default="minor",
        description="Score, or severity, at which an anomaly opens an alert. Scores of groups are lower than "
        "those of single metrics: by default it is the threshold score of `sensitivity`.",
    )
    max_false_alarms: GroupMaxFalseAlarms = None
    min_observations: int = Field(
        default=400, ge=30, le=100_000, description="Vectors to learn before one is scored."
    )
    for_: alert_fields.For = alert_fields.AT_ONCE
    resolve_after: alert_fields.ResolveAfter = alert_fields.FIVE
    repeat_interval: alert_fields.RepeatInterval = 0.0
    incident: alert_fields.Incident = None
    publish: Literal["anomalies", "all", "none"] = Field(
        default="anomalies", description="Which scored vectors are written to the scores topic."
    )
    max_instances: int = Field(
        default=10_000,
        ge=1,
        le=MAX_COUNT,
        description="Maximum number of instances per partition. Beyond it, new instances are refused.",
    )
    series_ttl: Lifetime = Field(
        default=30 * 86400.0,
        json_schema_extra={"default": "30d"},
        description="Event time without a value after which an instance is deleted: at least `lateness` plus "
        "two intervals, or `0` for never.",
    )
    labels: dict[Name, Text] = Field(default={}, max_length=32, description="Labels to add to alerts.")
    annotations: dict[Name, Text] = Field(default={}, max_length=32, description="Texts to add to alerts.")

    @field_validator("by")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(", ".join(f"{name!r} is named twice" for name in twice))
        return names

    @field_validator("detectors")
    @classmethod
    def _known_detectors(cls, names: list[str], info: ValidationInfo) -> list[str]:
        return check_detectors(names, cast(ValidationContext, info.context).group_detectors)

    @field_validator("alert_threshold")
    @classmethod
    def _not_below_sensitivity(cls, threshold: float | str, info: ValidationInfo) -> float | str:
        return check_threshold(threshold, info.data.get("sensitivity"))

    @field_validator("max_false_alarms")
    @classmethod
    def _can_be_promised(cls, per_week: float | None, info: ValidationInfo) -> float | None:
        if per_week is not None and "interval" in info.data:
            threshold_of(per_week, info.data["interval"], by_model=False)
        return per_week

    @field_validator("lateness")
    @classmethod
    def _waits_for_few(cls, lateness: float, info: ValidationInfo) -> float:
        interval = info.data.get("interval", lateness)
        if lateness > MAX_OPEN_BUCKETS * interval:
            raise ValueError(f"must be at most {MAX_OPEN_BUCKETS} times the interval")
        return lateness

    @model_validator(mode="after")
    def _has_one_threshold(self) -> Self:
        check_one_threshold(self)
        return self

    @model_validator(mode="after")
    def _members_can_meet(self) -> Self:
        matchers = {name: member.match for name, member in self.members.items()}
        faults = list(excluded_instances(matchers, self.by))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @model_validator(mode="after")
    def _tolerance_is_longer(self) -> "GroupDocument":
        given = "tolerance" in self.model_fields_set
        if given and self.missing == "last" and self.tolerance < self.interval:
            raise ValueError("tolerance must be at least the interval if missing is last")
        return self

    @model_validator(mode="after")
    def _lives_longer_than_it_waits(self) -> "GroupDocument":
        """Otherwise values from before a silence could pass for new ones when they arrive late or again."""
        if 0 < self.series_ttl < self.lateness + 2 * self.interval:
            raise ValueError("series_ttl must be at least lateness plus two intervals")
        return self


def is_group(document: object) -> bool:
    """Whether this is the config of a group: it has members."""
    return isinstance(document, Mapping) and "members" in document
