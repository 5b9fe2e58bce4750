"""The field ``no_data``: how long a series may be silent before it has an alert."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, PlainValidator

from anomaly_stream.registry.value_parsers import is_number, parse_duration
from anomaly_stream.registry.yaml_json import written

LEAST_S = 10.0
"""The clock of a source moves in ticks of this length, so a shorter limit could not be kept."""


class NoDataLimit(NamedTuple):
    """A series is silent after the longer of both."""

    seconds: float
    steps: float
    """In usual steps of the series."""


NEVER = NoDataLimit(0.0, 0.0)
AUTO = NoDataLimit(60.0, 5.0)


def parse_no_data(value: object) -> NoDataLimit:
    """``auto``, a duration of at least ``LEAST_S``, or 0 for never."""
    if value == "auto":
        return AUTO
    if is_number(value) and value == 0:
        return NEVER
    try:
        seconds = parse_duration(value)
    except ValueError:
        raise ValueError(f"must be auto, 0 or a duration such as 10m, not {written(value)}") from None
    if seconds < LEAST_S:
        raise ValueError(f"must be auto, 0 or at least {LEAST_S:g}s")
    return NoDataLimit(seconds, 0.0)


def check_no_data(limit: NoDataLimit, series_ttl: float | None) -> NoDataLimit:
    """The limit, which must be reached before the series is forgotten; raises ValueError."""
    if series_ttl and limit.seconds >= series_ttl:
        raise ValueError("must be shorter than series_ttl: shorten it, or set a longer series_ttl")
    return limit


NoData = Annotated[
    NoDataLimit,
    PlainValidator(parse_no_data, json_schema_input_type=Literal["auto"] | str | float),
    Field(
        json_schema_extra={"default": 0},
        description="Event time without a value after which the series has an alert while it is silent: a "
        "duration of at least 10 s, `auto` for five times the longest of its usual pauses (at least 60 s), "
        "or `0` for never.",
    ),
]
