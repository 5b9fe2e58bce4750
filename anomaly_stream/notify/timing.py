"""Durations of the routing file."""

from typing import Annotated

from pydantic import BeforeValidator

from anomaly_stream.registry.value_parsers import is_number, parse_duration

Duration = Annotated[float, BeforeValidator(parse_duration)]
"""Seconds, from ``5m`` or a number of seconds; more than 0."""


_ZEROS = ("0s", "0m", "0h", "0d")


def _or_zero(value: object) -> float:
    is_zero = value == 0 if is_number(value) else value in _ZEROS
    return 0.0 if is_zero else parse_duration(value)


DurationOrZero = Annotated[float, BeforeValidator(_or_zero)]
"""Seconds, and 0 for at once."""
