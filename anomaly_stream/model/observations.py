"""Observations as columns, and the faults of records that could not be decoded."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ObservationColumns:
    """Decoded observations in input order; all columns have length n."""

    series: NDArray[np.int64]
    """Number of the series in the partition's ``SeriesIndex`` (dense, from 0)."""
    timestamp: NDArray[np.float64]
    """Event time, seconds since the epoch, UTC."""
    value: NDArray[np.float64]
    """Finite."""
    learn: NDArray[np.bool_]
    """True: learn the value, do not score it."""
    record: NDArray[np.int64]
    """Row of the ``RecordColumns`` that it came from; an array message gives several."""
    offset: NDArray[np.int64]
    """Kafka offset of that record."""

    def __len__(self) -> int:
        return len(self.series)


class FaultReason(StrEnum):
    """Why a record, or one element of an array message, is not an observation: the dead-letter reason."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    METRIC = "metric"
    LABELS = "labels"
    VALUE = "value"
    TIMESTAMP = "timestamp"
    AHEAD = "ahead"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty record. ``record`` is its row in the ``RecordColumns``, ``detail`` is for people."""

    record: int
    reason: FaultReason
    detail: str
