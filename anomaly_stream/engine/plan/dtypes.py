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
        ("last_time", "f8"),
        ("next", "i8"),
        ("config", "i4"),
        ("run", "i4"),
        ("slot", "i4"),
        ("chunk_keys", "u2"),
        ("pages", "u2"),
        ("series", "i8"),
        ("saved_end", "i8"),
        ("chunked_end", "i8"),
        ("needed_from", "i8"),
    ],
    align=True,
)
"""A row of the bank: a series under a config. ``next``: the series' next row, -1 at the last; ``run``:
anomalies that may be the beginning of a lasting change (``judge``); ``dirty``: changed since the last
checkpoint.

``saved_end``, ``chunked_end``, ``needed_from``: serial numbers of points, which describe the records of its
window in the changelog. The last head was written when the window ended at ``saved_end``. Chunks hold points
below ``chunked_end``, and that head needs them from ``needed_from`` (-1: the next head must not need any).
Chunks were only written under key indices below ``chunk_keys``, and only the first ``pages`` pages were ever
written. See ``checkpoint.chunks`` and ``checkpoint.shadow_pages``.

``slot``: where the row's slot in ``Bank.detector_state`` begins, in lines of ``LINE`` words. The slot holds
``state_words`` of the config, then the page table. The record is small, and fields that each observation
needs come first, because most of the time is spent waiting for memory."""

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
        ("state_words", "i4"),
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
        ("state_digest", "i8"),
        ("detector_at", "i4", (len(NAMES),)),
        ("detector_words", "i4", (len(NAMES),)),
    ],
    align=True,
)
"""A compiled config. ``detectors``: a bit for each number; ``direction``: 1 above, -1 below, 0 both;
``common``: the share of the window at least as far out from which on a value cannot be an anomaly
(``scoring.common_rank``).

``state_words``: words of a row's detector state; ``state_digest`` identifies their layout. Detector i has
``detector_words[i]`` words from ``detector_at[i]``, the counter has ``counter_words`` from ``counter_at``,
and the season has ``season_words`` from ``season_at``; 0 words: it has none. ``levels``, ``patterns``,
``stateful``, ``sideless``, ``unadjusted``: as ``detectors``, for those of that sort; ``calibrator``,
``model``: a number, or -1. ``correction``: what the score of one pattern loses since others were asked
too."""

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
    detector_state: NDArray[np.float64]
    """The words of the row's detector state; without meaning if its config has none."""
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
    clock_time: NDArray[np.float64]
    """The time to which each observation advances the clocks of ``bank.expiry``, in seconds."""


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
