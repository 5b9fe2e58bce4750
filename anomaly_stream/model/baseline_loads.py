"""What became of baselines that were learned from a history and loaded."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from anomaly_stream.model.series import Series


class RefusalReason(StrEnum):
    """Why a row does not take a loaded baseline."""

    SHAPE = "shape"
    """It was learned under a config whose baselines have another shape."""
    EXPIRED = "expired"
    """The series was idle for ``series_ttl`` after the end of its history."""
    DAMAGED = "damaged"
    """Its record contradicts itself."""


class BaselineRefusal(NamedTuple):
    """A baseline that a row does not take."""

    config_id: str
    series: Series
    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class BaselineLoads:
    """What a run of records brought about."""

    taken: int = 0
    refused: list[BaselineRefusal] = field(default_factory=list)
