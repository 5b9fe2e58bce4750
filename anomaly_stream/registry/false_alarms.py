"""``max_false_alarms`` of a config: the most alerts in normal times. It can only raise the threshold."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from anomaly_stream.registry.fields import MAX_COUNT, Duration
from anomaly_stream.registry.yaml_json import written

_PER_WEEK = {"hour": 168.0, "day": 7.0, "week": 1.0, "month": 7.0 / 30.0}
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(hour|day|week|month)")


def parse_rate(value: object) -> float:
    """Alerts per week of ``1/week``, ``0.5/day``, ``2/hour`` or ``1/month`` (of 30 days)."""
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    rate = float(found[1]) * _PER_WEEK[found[2]] if found is not None else 0.0
    if not 0.0 < rate < math.inf:
        raise ValueError(
            "must be a number above 0 per hour, day, week or month, such as 1/week or 0.5/day, not "
            f"{written(value)}"
        )
    return rate


Rate = Annotated[float, BeforeValidator(parse_rate, json_schema_input_type=str)]


class FalseAlarms(BaseModel):
    """How many alerts are accepted in normal times."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    rate: Rate = Field(description="Alerts in a time: `1/week`, `0.5/day`, `2/hour`, `1/month` (of 30 days).")
    per: Literal["series", "config"] = Field(
        default="series",
        description="`series`: each series has this rate. `config`: all series of the config share it.",
    )
    series: int | None = Field(
        default=None, ge=1, le=MAX_COUNT, description="With `per: config`: how many series share the rate."
    )
    step: Duration | None = Field(
        default=None,
        description="Time between two values of a series, of the fastest if they differ. Without it, each "
        "series has a threshold by its own usual step, as it is learned.",
    )

    @model_validator(mode="after")
    def _is_shared_by_series(self) -> Self:
        if self.per == "config" and self.series is None:
            raise ValueError("per: config needs series, the number of series that share the rate")
        if self.per == "series" and self.series is not None:
            raise ValueError("series has no meaning with per: series: remove it, or write per: config")
        return self

    @property
    def per_week(self) -> float:
        """Alerts per series and week."""
        return self.rate / (self.series or 1)


def _with_rate(value: object) -> object:
    return value if isinstance(value, Mapping) else {"rate": value}


MaxFalseAlarms = Annotated[
    FalseAlarms | None,
    BeforeValidator(_with_rate, json_schema_input_type=str | FalseAlarms),
    Field(
        description="The most alerts in normal times, in place of `alert_threshold`: a rate per series such "
        "as `1/week`, or `rate`, `per`, `series` and `step`. The threshold follows from the rate and the "
        "time between two values of each series, and is never below the default `alert_threshold`: it is a "
        "maximum, which can only make a config quieter. For more alerts, set a lower `alert_threshold`.",
    ),
]
GroupMaxFalseAlarms = Annotated[
    Rate | None,
    Field(
        description="The most alerts of an instance in normal times, in place of `alert_threshold`: a rate "
        "such as `1/week`. The threshold follows from it and the `interval`, and is never below the default "
        "`alert_threshold`, the threshold score of `sensitivity`.",
    ),
]


def check_one_threshold(document: BaseModel) -> None:
    """Raises ValueError if a document sets the threshold twice."""
    if {"alert_threshold", "max_false_alarms"} <= document.model_fields_set:
        raise ValueError("alert_threshold and max_false_alarms both set the threshold: remove one of them")
