"""The records and columns that the engine's kernels share."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.window import WINDOW

Records = np.ndarray[Any, np.dtype[np.void]]

ROW = np.dtype(
    [
        *WINDOW,
        ("last_time", "f8"),
        ("series", "i8"),
        ("next", "i8"),
        ("config", "i4"),
        ("run", "i4"),
        ("dirty", "u1"),
    ],
    align=True,
)
"""A row of the bank: a series under a config. ``next``: the series' next row, -1 at the last; ``run``:
anomalies in a row on one side so far, negative below; ``dirty``: changed since the last checkpoint."""

CONFIG = np.dtype(
    [
        ("period", "f8"),
        ("sensitivity", "f8"),
        ("alert_score", "f8"),
        ("min_deviation", "f8"),
        ("min_deviation_relative", "f8"),
        ("common", "f8"),
        ("capacity", "i4"),
        ("min_observations", "i4"),
        ("relearn_after", "i4"),
        ("resolve_after", "i4"),
        ("detectors", "i4"),
        ("direction", "i4"),
        ("publish", "i4"),
    ],
    align=True,
)
"""A compiled config. ``detectors``: a bit for each number; ``direction``: 1 above, -1 below, 0 both;
``common``: the share of the window at least as far out from which on a value cannot be an anomaly
(``scoring.common_rank``)."""

PUBLISH_NONE, PUBLISH_ANOMALIES, PUBLISH_ALL = range(3)


class Bands(NamedTuple):
    """``SeverityBands`` for kernels."""

    moderate: float
    severe: float
    severe_effect: float
    escalate_after: int


class State(NamedTuple):
    """All that a step changes but the pool; rows of the first four go together."""

    rows: Records
    alerts: Records
    included: NDArray[np.int64]
    """(rows, sources): the last offset that the row's state includes; -1: none."""
    replayed: NDArray[np.int64]
    """(rows, sources): offsets up to this one are in the state as it was loaded; -1: none."""
    first_row: NDArray[np.int64]
    """By series: its first row, -1 where no config matches."""


class Batch(NamedTuple):
    """``ObservationColumns`` for kernels."""

    series: NDArray[np.int64]
    timestamp: NDArray[np.float64]
    value: NDArray[np.float64]
    learn: NDArray[np.bool_]
    offset: NDArray[np.int64]


class Verdicts(NamedTuple):
    """The columns of ``Outcome``, as far as they are filled."""

    observation: NDArray[np.int64]
    row: NDArray[np.int64]
    config: NDArray[np.int64]
    status: NDArray[np.uint8]
    expected: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    severity: NDArray[np.uint8]
    detector_statistic: NDArray[np.float64]
    detector_p: NDArray[np.float64]
    transition: NDArray[np.uint8]
    publish: NDArray[np.bool_]
    alert_severity: NDArray[np.uint8]
    alert_start: NDArray[np.float64]
    alert_end: NDArray[np.float64]
    alert_peak_score: NDArray[np.float64]
    alert_peak_value: NDArray[np.float64]
    alert_count: NDArray[np.int64]
