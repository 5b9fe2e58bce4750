"""``min_deviation`` of a config: a number, or a mapping with ``absolute`` and ``relative``."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class MinDeviation(BaseModel):
    """Least distance of an anomaly from the expected value; both limits must be exceeded."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    absolute: float = Field(default=0.0, ge=0, description="In the unit of the metric.")
    relative: float = Field(default=0.0, ge=0, description="As a fraction of the absolute expected value.")


def _min_deviation(value: object) -> object:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"absolute": value}
    raise ValueError("must be a number, or a mapping with absolute and relative")


Deviation = Annotated[
    MinDeviation, BeforeValidator(_min_deviation, json_schema_input_type=float | MinDeviation)
]
