"""Field types of configs, with their parsers; most are used for metrics and for groups."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints

from anomaly_stream.model.config import LabelMatcher
from anomaly_stream.registry import value_parsers
from anomaly_stream.registry.civil import zone_names
from anomaly_stream.registry.faults import close_to, did_you_mean
from anomaly_stream.registry.selectors import check_metric, parse_match
from anomaly_stream.registry.yaml_json import written

MAX_COUNT = 10_000_000
"""Upper limit of the counts of a config, which the engine holds in 64 bits."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]")

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
Text = Annotated[str, StringConstraints(max_length=4096)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Metric = Annotated[Name, AfterValidator(check_metric)]
Duration = Annotated[float, BeforeValidator(value_parsers.parse_duration, json_schema_input_type=str | float)]
Lifetime = Annotated[float, BeforeValidator(value_parsers.parse_lifetime, json_schema_input_type=str | float)]
Matchers = Annotated[
    tuple[LabelMatcher, ...],
    PlainValidator(parse_match, json_schema_input_type=dict[str, str | list[str]]),
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


def _instant(value: object) -> float:
    """Seconds since the epoch of a time with its zone."""
    if isinstance(value, str) and _DATE.match(value):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            if at.tzinfo is not None:
                return at.timestamp()
    raise ValueError(f"must be a time with its zone, as in 2026-01-31T12:00:00Z, not {written(value)}")


Instant = Annotated[float, BeforeValidator(_instant, json_schema_input_type=str)]


def _known_timezone(name: str) -> str:
    if name not in zone_names():
        raise ValueError(f"{name!r} is not a time zone{_offset_advice(name) or close_to(name, zone_names())}")
    return name


def _offset_advice(name: str) -> str:
    """The cure for an offset such as ``UTC+2``, or for an abbreviation; nothing for other names."""
    if re.fullmatch(r"[A-Z]{2,5}", name):
        return ": an abbreviation may mean several zones: write a place, such as Europe/Berlin"
    found = re.fullmatch(r"(?:UTC|GMT|Z)?\s*([+-])(\d{1,2})(?::?(00))?", name, re.IGNORECASE)
    if found is None or f"Etc/GMT-{int(found[2])}" not in zone_names():
        return ": write a place, such as Europe/Berlin" if re.search(r"[+-]\d", name) else ""
    sign = "-" if found[1] == "+" else "+"
    return (
        f": write a place, such as Europe/Berlin, or 'Etc/GMT{sign}{int(found[2])}' for this offset all year "
        "(its sign is reversed, as POSIX has it)"
    )


Timezone = Annotated[Name, AfterValidator(_known_timezone)]


def check_threshold(threshold: float | str, sensitivity: float | None) -> float | str:
    """The alert threshold. Raises ValueError if it is below the threshold score of ``sensitivity``."""
    if isinstance(threshold, float) and sensitivity is not None:
        lowest = value_parsers.sensitivity_score(sensitivity)
        if threshold < lowest:
            raise ValueError(
                f"must be at least {lowest:g}, the threshold score of sensitivity, not {threshold:g}"
            )
    return threshold


def check_detectors(names: list[str], known: Collection[str]) -> list[str]:
    """The names. Raises ValueError if one is unknown or repeated."""
    faults = [f"{name!r} is not a detector{did_you_mean(name, known)}" for name in names if name not in known]
    faults += [f"{name!r} is named twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise ValueError(", ".join(faults))
    return names
