"""The records and columns that the kernels of the engine share."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.decision import DECISION
from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.kernels.arrays import Bools, Floats, Integers, Records
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
        ("point_detectors", "i4"),
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
"""A compiled config. ``direction`` is 1 for above, -1 for below, 0 for both. If at least the share ``common``
of the window is as far out as a value, the value cannot be an anomaly (``score.common_rank``).

``detectors`` has a bit for the number of each detector; ``point_detectors``, ``patterns``, ``stateful``,
``sideless`` and ``unadjusted`` have the bits of those of that sort. ``calibrator`` and ``model`` are the
number of the detector of that kind, or -1. ``correction`` is subtracted from the score of a pattern because
several questions are asked.

``memory``: words of a row's memory, of the layout whose digest is ``shape``; within it the part of detector
i begins at ``memory_at[i]`` and has ``memory_words[i]`` words, that of a counter at ``counter_at``, that of
its season, of ``season_words`` (0: it has none), at ``season_at``."""


class Instant(NamedTuple):
    """One observation, and what it is judged by beside the window."""

    time: float
    value: float
    """In the metric's own units, before the seasonal adjustment."""
    memory: Floats
    """The state of the row; not used if its config has none."""
    offset: float
    factor: float
    """The seasonal adjustment: ``value = adjusted * factor + offset``."""


class State(NamedTuple):
    """All arrays that a step changes, except the pool. The first four have one entry for each row."""

    rows: Records
    alerts: Records
    included: Integers
    """(rows, sources): the last offset that the row's state includes, or -1."""
    replayed: Integers
    """(rows, sources): the last offset that the row's state included when it was loaded, or -1."""
    first_row: Integers
    """(series,): its first row, or -1 if no config matches."""


class Batch(NamedTuple):
    """``ObservationColumns`` for kernels."""

    series: Integers
    timestamp: Floats
    value: Floats
    learn: Bools
    offset: Integers
    clock_time: Floats
    """The time by which series expire: see ``expiry``."""


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
        *DECISION,
        ("source_detector", "i1"),
        ("reason", "u1"),
    ],
    align=True,
)
"""A verdict. Its fields are the columns of ``Outcome``."""
