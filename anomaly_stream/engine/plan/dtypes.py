"""The records and columns that the engine's kernels share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.kernels.arrays import Records
from anomaly_stream.kernels.window import WINDOW

ROW = np.dtype(
    [
        *WINDOW,
        ("dirty", "u1"),
        ("slots", "u2"),
        ("adoption_left", "i4"),
        ("last_time", "f8"),
        ("next", "i8"),
        ("config", "i4"),
        ("anomaly_streak", "i4"),
        ("memory", "i4"),
        ("pages", "u2"),
        ("series", "i8"),
        ("headed", "i8"),
        ("chunked", "i8"),
        ("needed", "i8"),
    ],
    align=True,
)
"""A row of the bank: a series under a config. ``next``: the series' next row, -1 at the last;
``dirty``: changed since the last checkpoint.

``anomaly_streak`` counts the anomalies that may be the beginning of a lasting change. When it reaches the
config's ``relearn_after``, the new level is adopted: the streak ends, and the next ``adoption_left`` values
enter the window unscored.

Four say what is saved of its window (``chunks``), in serial numbers of points: the last head
ended at ``headed``; chunks hold what is below ``chunked``; that head needs them from ``needed`` on (-1: the
next head must need none); chunks were ever written to so many ``slots``. Of its memory, so many ``pages``
were ever written.

``memory``: where in ``Bank.memory`` the row's span begins, in lines of ``LINE`` words. It holds the config's
``memory`` words of components, and one for each page of these. The record is kept small, what each event
needs comes first: most of its time is waiting for memory."""

LINE = 8
"""Words a line of a cache."""

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
        ("memory", "i4"),
        ("levels", "i4"),
        ("patterns", "i4"),
        ("stateful", "i4"),
        ("sideless", "i4"),
        ("unadjusted", "i4"),
        ("calibrator", "i4"),
        ("model", "i4"),
        ("counter_at", "i4"),
        ("counter_words", "i4"),
        ("season_at", "i4"),
        ("season_words", "i4"),
        ("correction", "f8"),
        ("shape", "i8"),
        ("memory_at", "i4", (len(NAMES),)),
        ("memory_words", "i4", (len(NAMES),)),
    ],
    align=True,
)
"""A compiled config. ``detectors``: a bit for each number; ``direction``: 1 above, -1 below, 0 both;
``common``: the share of the window at least as far out from which on a value cannot be an anomaly
(``scoring.common_rank``).

``memory``: words of a row's memory, of the layout whose digest is ``shape``; within it the part of detector
i begins at ``memory_at[i]`` and has ``memory_words[i]`` words, that of a counter at ``counter_at``, that of
its season, of ``season_words`` (0: it has none), at ``season_at``. ``levels``, ``patterns``, ``stateful``,
``sideless``, ``unadjusted``: as ``detectors``, for those of that sort; ``calibrator``, ``model``: a number,
or -1. ``correction``: what the score of one pattern loses since others were asked too."""

PUBLISH_NONE, PUBLISH_ANOMALIES, PUBLISH_ALL = range(3)


class Bands(NamedTuple):
    """``SeverityBands`` for kernels."""

    moderate: float
    severe: float
    severe_effect: float
    escalate_after: int


class Moment(NamedTuple):
    """What a value is judged with beside its window."""

    time: float
    value: float
    """As it came; what is judged is adjusted to the season."""
    memory: NDArray[np.float64]
    """That of the row, where the config asks for one; else of no use."""
    offset: float
    factor: float
    """See ``baselines.season.Adjustment``."""


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
    heard: NDArray[np.float64]
    """What each says of the time that it is: see ``lifetimes``."""


VERDICT = np.dtype(
    [
        ("observation", "i8"),
        ("row", "i8"),
        ("config", "i8"),
        ("value", "f8"),
        ("expected", "f8"),
        ("lower", "f8"),
        ("upper", "f8"),
        ("score", "f8"),
        ("alert_score", "f8"),
        ("maturity", "f8"),
        ("detector_statistic", "f8", (len(NAMES),)),
        ("detector_p", "f8", (len(NAMES),)),
        ("alert_start", "f8"),
        ("alert_end", "f8"),
        ("alert_peak_score", "f8"),
        ("alert_peak_value", "f8"),
        ("alert_count", "i8"),
        ("status", "u1"),
        ("severity", "u1"),
        ("speaker", "i1"),
        ("reason", "u1"),
        ("transition", "u1"),
        ("alert_severity", "u1"),
        ("publish", "?"),
    ],
    align=True,
)
"""A verdict: its fields are the columns of ``Outcome``."""
