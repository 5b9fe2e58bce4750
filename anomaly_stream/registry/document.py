"""The document of a config as users write it: the pydantic model that validates it and generates its JSON
Schema.
"""

from collections.abc import Mapping
from typing import Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from anomaly_stream.registry import alert_fields
from anomaly_stream.registry.false_alarms import (
    FalseAlarms,
    MaxFalseAlarms,
    check_one_threshold,
)
from anomaly_stream.registry.fields import (
    MAX_COUNT,
    AlertThreshold,
    Duration,
    Id,
    Lifetime,
    Matchers,
    Metric,
    Name,
    Seasonality,
    Sensitivity,
    Text,
    Timezone,
    check_detectors,
    check_threshold,
)
from anomaly_stream.registry.incompatibilities import incompatibilities, model_of
from anomaly_stream.registry.maintenance import Maintenance
from anomaly_stream.registry.min_deviation import Deviation, MinDeviation
from anomaly_stream.registry.no_data import NEVER, NoData, NoDataLimit, check_no_data
from anomaly_stream.registry.presets import with_defaults
from anomaly_stream.registry.promised_alerts import threshold_of
from anomaly_stream.registry.special_days import Holidays, HolidaysDocument
from anomaly_stream.registry.validation_context import ValidationContext


class ConfigDocument(BaseModel):
    """Which metrics to watch, against which baseline, how sensitively, and for whom. Only `metric` is
    required.
    """

    model_config = ConfigDict(
        extra="forbid", strict=True, allow_inf_nan=False, title="AnomalyDetectionConfig", frozen=True
    )

    metric: Metric = Field(description="Name of the metric, or a glob over names (`*`, `?`, `[...]`).")
    id: Id | None = Field(
        default=None,
        description="Identity of the config. By default it is `metric`, with `-` in place of characters "
        "other than letters, digits, `.`, `_` and `-`.",
    )
    preset: Literal["latency", "counter", "utilisation", "business", "sensor"] | None = Field(
        default=None,
        description="Kind of metric: other defaults for the fields that a config does not set (see below).",
    )
    owner: Text = Field(default="", description="Platform group that the alerts belong to.")
    match: Matchers = Field(
        default=(),
        json_schema_extra={"default": {}},
        description="Labels that a series must have. A value is matched exactly, or with the operator before "
        "it: `=`, `!=`, `=~` or `!~` (anchored regular expressions of RE2). Several matchers of one label "
        "are a list, and all must hold. A missing label counts as empty.",
    )
    metric_type: Literal["gauge", "counter"] = Field(
        default="gauge",
        description="`gauge`: values are judged as they are. `counter`: values are totals that only rise and "
        "restart at 0; the increase per second is judged and published.",
    )
    baseline_period: Duration = Field(
        default=7 * 86400.0,
        json_schema_extra={"default": "7d"},
        description="How far back the baseline looks: `7d`, `90m`, `1h30m` or seconds. Where values come too "
        "rarely for `min_observations` in that time, the last `min_observations` values are the baseline.",
    )
    sensitivity: Sensitivity = Field(
        default=0.5,
        json_schema_extra={"default": "medium"},
        description="Threshold score of an anomaly: `low` (50), `medium` (40), `high` (30), or a number s "
        "from 0 (fewest anomalies, threshold 60) to 1 (most, threshold 20): threshold = 60 - 40 s.",
    )
    alert_threshold: AlertThreshold = Field(
        default="moderate",
        description="Score, or severity, at which an anomaly opens an alert. It cannot be lower than the "
        "threshold score of `sensitivity`.",
    )
    detectors: list[str] = Field(
        default=["auto"],
        min_length=1,
        description="Detectors whose evidence is combined. `auto` is a model: it has its own baseline, "
        "learns daily and weekly patterns, and must be the only detector; `baseline_period`, "
        "`window_points`, `seasonality`, `adapt` and `relearn_after` do not apply to it. "
        'The default with a `seasonality` is `["zscore", "modified_zscore", "iqr"]`.',
    )
    max_false_alarms: MaxFalseAlarms = None
    direction: Literal["above", "below", "both"] = Field(
        default="both", description="On which side of the baseline a value is anomalous."
    )
    min_deviation: Deviation = Field(
        default=MinDeviation(),
        description="Least distance of an anomaly from the expected value: a number (absolute), or "
        "`absolute` and `relative`, both of which must be exceeded.",
    )
    timezone: Timezone = Field(
        default="UTC",
        description="Time zone of the days and weeks of `seasonality`, such as `Europe/Berlin`.",
    )
    seasonality: Seasonality = Field(
        default=(),
        json_schema_extra={"default": "none"},
        description="Season to take out of the values: `none`, `daily`, `weekly` (by the half hour), "
        "`hour_of_week`, a list of these, or `detect`: the periods found in the data.",
    )
    holidays: Holidays = None
    maintenance: Maintenance = []
    adapt: Literal["slow", "normal", "fast"] = Field(
        default="normal",
        description="How fast the baseline follows level, trend and season, and accepts a lasting change as "
        "normal.",
    )
    window_points: int = Field(
        default=1440,
        ge=8,
        le=65536,
        description="Capacity of the window in points. If the period has more points, the window is thinned "
        "evenly.",
    )
    min_observations: int = Field(
        default=30, ge=3, le=MAX_COUNT, description="Points that the window needs before values are scored."
    )
    relearn_after: int | None = Field(
        default=None,
        ge=1,
        le=MAX_COUNT,
        description="After this many anomalies the new level is accepted as normal, once it has settled. "
        "Sixteen normal values cancel one anomaly. The default depends on `adapt`: 400 (slow), 100 (normal), "
        "30 (fast).",
    )
    for_: alert_fields.For = alert_fields.AT_ONCE
    resolve_after: alert_fields.ResolveAfter = alert_fields.FIVE
    hysteresis: alert_fields.Hysteresis = 0.0
    repeat_interval: alert_fields.RepeatInterval = 0.0
    incident: alert_fields.Incident = None
    max_series: int = Field(
        default=100_000,
        ge=1,
        le=MAX_COUNT,
        description="Maximum number of series per partition of the metrics topics. Beyond it, new series are "
        "refused; known series are unaffected.",
    )
    series_ttl: Lifetime = Field(
        default=30 * 86400.0,
        json_schema_extra={"default": "30d"},
        description="Event time without a value after which the baseline of a series is deleted: a duration "
        "of at least 60 s, or `0` for never.",
    )
    no_data: NoData = NEVER
    publish: Literal["anomalies", "all", "none"] = Field(
        default="anomalies", description="Which scored observations are written to the scores topic."
    )
    labels: dict[Name, Text] = Field(default={}, max_length=32, description="Labels to add to alerts.")
    annotations: dict[Name, Text] = Field(
        default={}, max_length=32, description="Texts to add to alerts, such as `runbook_url`."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_its_kind(cls, document: object) -> object:
        return with_defaults(document) if isinstance(document, Mapping) else document

    @field_validator("alert_threshold")
    @classmethod
    def _not_below_sensitivity(cls, threshold: float | str, info: ValidationInfo) -> float | str:
        return check_threshold(threshold, info.data.get("sensitivity"))

    @field_validator("hysteresis")
    @classmethod
    def _leaves_normal_scores(cls, hysteresis: float, info: ValidationInfo) -> float:
        return alert_fields.check_hysteresis(hysteresis, info.data.get("sensitivity"))

    @field_validator("detectors")
    @classmethod
    def _known_detectors(cls, names: list[str], info: ValidationInfo) -> list[str]:
        context = cast(ValidationContext, info.context)
        check_detectors(names, context.detectors)
        if faults := incompatibilities(names, context.kinds):
            raise ValueError(", ".join(faults))
        return names

    @field_validator("max_false_alarms")
    @classmethod
    def _can_be_promised(cls, budget: FalseAlarms | None, info: ValidationInfo) -> FalseAlarms | None:
        names, kinds = info.data.get("detectors"), cast(ValidationContext, info.context).kinds
        if budget is not None and budget.step is not None and names is not None:
            threshold_of(budget.per_week, budget.step, by_model=model_of(names, kinds) is not None)
        return budget

    @field_validator("seasonality")
    @classmethod
    def _reaches_the_detectors(cls, season: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        model = model_of(info.data.get("detectors", ()), cast(ValidationContext, info.context).kinds)
        if season and model is not None:
            raise ValueError(
                f"{model!r} finds day and week by itself: remove seasonality, or name other detectors"
            )
        return season

    @field_validator("holidays")
    @classmethod
    def _have_a_season(
        cls, holidays: HolidaysDocument | None, info: ValidationInfo
    ) -> HolidaysDocument | None:
        if holidays is not None and info.data.get("seasonality") == ():
            raise ValueError("require a seasonality: add one, such as daily")
        return holidays

    @field_validator("min_observations")
    @classmethod
    def _window_can_hold_them(cls, count: int, info: ValidationInfo) -> int:
        # Thinning halves a full window, which must not return to learning then.
        most = info.data.get("window_points", count * 2) // 2
        if count > most:
            raise ValueError(f"must be at most {most}, half of window_points")
        return count

    @field_validator("no_data")
    @classmethod
    def _precedes_series_ttl(cls, limit: NoDataLimit, info: ValidationInfo) -> NoDataLimit:
        return check_no_data(limit, info.data.get("series_ttl"))

    @model_validator(mode="after")
    def _has_one_threshold(self) -> Self:
        check_one_threshold(self)
        return self
