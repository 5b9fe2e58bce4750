"""Observation columns, assembled in the same way for every format."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.headers import learn_headers
from anomaly_stream.model import ObservationColumns, RecordColumns


class DecodedColumns(NamedTuple):
    """The columns that a decoder reads from values alone; all have length n, in record order."""

    series: NDArray[np.int64]
    """Number in the ``SeriesIndex``."""
    timestamp: NDArray[np.float64]
    """Event time, seconds since the epoch."""
    value: NDArray[np.float64]
    learn: NDArray[np.bool_]
    record: NDArray[np.int64]
    """Row of the ``RecordColumns``."""

    def merge(self, rows: list[tuple[int, float, float, bool, int]]) -> "DecodedColumns":
        """These observations and ``rows``, sorted by record; the order within a record stays."""
        if not rows:
            return self
        merged: list[NDArray[Any]] = [
            np.concatenate((column, np.array(more, column.dtype)))
            for column, more in zip(self, zip(*rows, strict=True), strict=True)
        ]
        return DecodedColumns(*merged).take(np.argsort(merged[-1], kind="stable"))

    def take(self, rows: NDArray[np.intp]) -> "DecodedColumns":
        """The observations at these rows, in their order."""
        columns: list[NDArray[Any]] = [column[rows] for column in self]
        return DecodedColumns(*columns)


def no_observations() -> DecodedColumns:
    """Columns of length 0."""
    integers = np.empty(0, np.int64)
    return DecodedColumns(integers, np.empty(0), np.empty(0), np.empty(0, np.bool_), integers)


def observation_columns(records: RecordColumns, decoded: DecodedColumns) -> ObservationColumns:
    """``decoded`` with the offsets of its records; a header ``learn: true`` marks all of its record."""
    learn = decoded.learn
    if records.header_count.any():
        marked = learn_headers(readable(records.buffer), records.header_start, records.header_count)
        learn = learn | marked[decoded.record]
    offset = records.offset[decoded.record]
    return ObservationColumns(decoded.series, decoded.timestamp, decoded.value, learn, decoded.record, offset)


def readable(buffer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A read-only view. Kernels compile once per array type, and a read-only array is a type of its own."""
    view = buffer.view()
    view.flags.writeable = False
    return view
