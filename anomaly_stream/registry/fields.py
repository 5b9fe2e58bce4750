"""Kinds of fields of configs, each with its spelling; most are those of metrics and of groups alike."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints

from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry import value_parsers
from anomaly_stream.registry.civil import zone_names
from anomaly_stream.registry.faults import close_to, did_you_mean

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Text = Annotated[str, StringConstraints(max_length=4096)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Duration = Annotated[float, BeforeValidator(value_parsers.parse_duration, json_schema_input_type=str | float)]
Lifetime = Annotated[float, BeforeValidator(value_parsers.parse_lifetime, json_schema_input_type=str | float)]
Matchers = Annotated[
    tuple[LabelMatcher, ...],
    PlainValidator(value_parsers.parse_match, json_schema_input_type=dict[str, str | list[str]]),
]
Sensitivity = Annotated[
    float,
    BeforeValidator(
        value_parsers.parse_sensitivity,
        json_schema_input_type=Literal["low", "medium", "high"] | Annotated[float, Field(ge=0, le=1)],
    ),
]
AlertThreshold = Annotated[
    float | str,
    BeforeValidator(
        value_parsers.parse_alert_threshold,
        json_schema_input_type=Literal["minor", "moderate", "severe"] | Annotated[float, Field(ge=0, le=100)],
    ),
]
Seasonality = Annotated[
    tuple[str, ...],
    BeforeValidator(
        value_parsers.parse_seasonality,
        json_schema_input_type=Literal["none", "detect", "daily", "weekly", "hour_of_week"]
        | list[Literal["daily", "weekly", "hour_of_week"]],
    ),
]


def _known_timezone(name: str) -> str:
    if name not in zone_names():
        raise ValueError(f"{name!r} is no time zone{close_to(name, zone_names())}")
    return name


Timezone = Annotated[Name, AfterValidator(_known_timezone)]


def check_threshold(threshold: float | str, sensitivity: float | None) -> float | str:
    """The alert threshold as it is. Raises ValueError where it is below the score that sensitivity asks."""
    if isinstance(threshold, float) and sensitivity is not None:
        lowest = value_parsers.sensitivity_score(sensitivity)
        if threshold < lowest:
            raise ValueError(f"must be at least {lowest:g}, the score that sensitivity asks of an anomaly")
    return threshold


def check_detectors(names: list[str], known: Collection[str]) -> list[str]:
    """The names as they are. Raises ValueError for those that are unknown or stand twice."""
    faults = [f"{name!r} is no detector{did_you_mean(name, known)}" for name in names if name not in known]
    faults += [f"{name!r} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise ValueError(", ".join(faults))
    return names
