"""Fields of configs, of metrics and of groups, that rule the lifecycle of alerts."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from anomaly_stream.model.alert_rules import MAX_RECENT
from anomaly_stream.registry import value_parsers
from anomaly_stream.registry.fields import MAX_COUNT, Lifetime, Name
from anomaly_stream.registry.yaml_json import written

_SHARE = re.compile(r"(\d{1,9})\s+of\s+(\d{1,9})")


class Persistence(NamedTuple):
    """How long a condition must last: for ``seconds``, and in ``needed`` of the last ``of`` observations."""

    seconds: float
    needed: int
    of: int


def parse_for(value: object) -> Persistence:
    """``0``, a duration, or ``k of n``."""
    if value_parsers.is_number(value) and value == 0:
        return Persistence(0.0, 1, 1)
    if not isinstance(value, str) or (share := _SHARE.fullmatch(value.strip())) is None:
        try:
            return Persistence(value_parsers.parse_duration(value), 1, 1)
        except ValueError as error:
            raise ValueError(f"{error}; 0 for at once, or a share such as 3 of 5") from None
    count, of = int(share[1]), int(share[2])
    if not 1 <= count <= of <= MAX_RECENT:
        raise ValueError(f"must be k of n with 1 <= k <= n <= {MAX_RECENT}, not {written(value)}")
    return Persistence(0.0, count, of)


def parse_resolve_after(value: object) -> Persistence:
    """A number of observations, or a duration such as ``10m``."""
    if isinstance(value, str):
        try:
            return Persistence(value_parsers.parse_duration(value), 1, 1)
        except ValueError:
            pass
    elif isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT:
        return Persistence(0.0, value, value)
    raise ValueError(
        f"must be a whole number from 1 to {MAX_COUNT:,}, or a duration such as 10m, not {written(value)}"
    )


For = Annotated[
    Persistence,
    PlainValidator(parse_for, json_schema_input_type=str | Annotated[float, Field(ge=0)]),
    Field(
        alias="for",
        json_schema_extra={"default": 0},
        description="How long an anomaly must last before it opens an alert. `0`: it opens one at once. A "
        "duration such as `10m`: all observations of that time are anomalies. `3 of 5`: so are three of the "
        f"last five, or k of the last n up to {MAX_RECENT}. The first one must reach `alert_threshold`.",
    ),
]
ResolveAfter = Annotated[
    Persistence,
    PlainValidator(
        parse_resolve_after, json_schema_input_type=Annotated[int, Field(ge=1, le=MAX_COUNT)] | str
    ),
    Field(
        json_schema_extra={"default": 5},
        description="Consecutive normal observations (vectors, of a group) that resolve an alert: their "
        "number, or a duration such as `10m` from the first of them.",
    ),
]
RepeatInterval = Annotated[
    Lifetime,
    Field(
        json_schema_extra={"default": 0},
        description="While an alert lasts, an anomaly publishes a `reminder` when the last event is this "
        "old: a duration of at least 60 s, or `0` for never.",
    ),
]
Hysteresis = Annotated[
    float,
    Field(
        ge=0,
        description="Against alerts that resolve and fire again: while an alert is open, only a score this "
        "much below the threshold score of `sensitivity` counts as normal.",
    ),
]


class IncidentDocument(BaseModel):
    """Which alerts are one incident."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    by: list[Name] = Field(
        min_length=1,
        max_length=8,
        description="Labels, of series or config, whose values the alerts share: `[host]`. An alert without "
        "one of them is in no incident.",
    )
    window: Lifetime = Field(
        default=600.0,
        gt=0,
        json_schema_extra={"default": "10m"},
        description="Length of the windows, aligned to the epoch, in one of which the alerts start: at "
        "least 60 s.",
    )

    def fields(self) -> dict[str, Any]:
        """The fields of ``AlertRules`` that it sets."""
        return {"incident_by": tuple(sorted(set(self.by))), "incident_window_s": self.window}


Incident = Annotated[
    IncidentDocument | None,
    Field(
        description="Alerts of one `owner` with the same values of the labels `by`, and a start in the same "
        "`window` (10m), get the same `incident_id`: a failing host is one incident and not forty alerts."
    ),
]

AT_ONCE = Persistence(0.0, 1, 1)
FIVE = Persistence(0.0, 5, 5)


def rule_fields(document: Any) -> dict[str, Any]:
    """The fields of ``AlertRules`` that a document with these fields sets."""
    opens, resolves, incident = document.for_, document.resolve_after, document.incident
    return {
        "open_after_s": opens.seconds,
        "open_count": opens.needed,
        "open_of": opens.of,
        "resolve_after": resolves.needed,
        "resolve_after_s": resolves.seconds,
        "hysteresis": getattr(document, "hysteresis", 0.0),  # groups have one of their own
        "repeat_interval_s": document.repeat_interval,
        **({} if incident is None else incident.fields()),
    }


def check_hysteresis(hysteresis: float, sensitivity: float | None) -> float:
    """The hysteresis. Raises ValueError if no score is far enough below the threshold of ``sensitivity``."""
    if sensitivity is not None:
        threshold = value_parsers.sensitivity_score(sensitivity)
        if hysteresis >= threshold:
            raise ValueError(
                f"must be less than {threshold:g}, the threshold score of sensitivity, not {hysteresis:g}: "
                "otherwise no alert would resolve"
            )
    return hysteresis
