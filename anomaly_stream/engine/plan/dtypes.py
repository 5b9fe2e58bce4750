"""The record types and columns that the kernels of the engine share."""

from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.decision import DECISION
from anomaly_stream.alerts.rules import RULES
from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.kernels.arrays import Bools, Floats, Integers, Records
from anomaly_stream.kernels.window import WINDOW

ROW = np.dtype(
    [
        *WINDOW,
        ("dirty", "u1"),
        ("chunk_keys", "u2"),
        ("adoption_left", "i4"),
        ("last_time", "f8"),
        ("clock_start", "f8"),
        ("step", "f4"),
        ("votes", "i4"),
        ("candidate", "f8"),
        ("next", "i8"),
        ("config", "i4"),
        ("anomaly_streak", "i4"),
        ("segment", "i4"),
        ("pages", "u2"),
        ("nonnegative", "u1"),
        ("series", "i8"),
        ("saved_end", "i8"),
        ("chunked_end", "i8"),
        ("needed_from", "i8"),
        ("clock_before", "f8"),
        ("agreed", "i4"),
        ("command", "i8"),
        ("no_data_since", "f8"),
        ("no_data_events", "i4"),
        ("known", "f8", (2,)),
        ("known_since", "f8", (2,)),
        ("streak_distance", "f8"),
    ],
    align=True,
)
"""A row of the bank: a series under a config. ``next``: the series' next row, -1 at the last;
``dirty``: changed since the last checkpoint.

``anomaly_streak`` counts the anomalies that may be the beginning of a lasting change, and ``streak_distance``
is their mean distance from the expected value. When it reaches the config's ``relearn_after``, and the values
no longer move, the new level is adopted: the streak ends, and the next ``adoption_left`` values enter
the window unscored.

``step`` is the usual step of time, in seconds; 0: not known. The clock jumped from ``clock_before`` (-inf:
from nowhere) to ``clock_start``, and ``agreed`` values agreed since; both are -inf once it is settled.
``votes`` are for another clock, of which the last time is ``candidate``. See ``scoring.clock``.

``no_data_since`` is the time of the last value before an open alert for ``no_data``; -inf: none is open.
``no_data_events`` counts its published events; 0: it is withheld.

``known`` is the largest deviation from the expected value that people said to be known, above it and below
it; 0: none. ``known_since`` is when they said so, in seconds since the epoch. See ``scoring.known``.

``nonnegative``: 1 while no value that a row with a window learned was below 0; 0 also if that is not known.
See ``scoring.sign``.

``command`` is the position of the last series command that the row has obeyed; -1: none.

``saved_end``, ``chunked_end``, ``needed_from``: serial numbers of points, which describe the records of its
window in the changelog. The last head was written when the window ended at ``saved_end``. Chunks hold points
below ``chunked_end``, and that head needs them from ``needed_from`` on (-1: the next head must not use any).
Chunks were only written under key indices below ``chunk_keys``, and only the first ``pages`` pages were ever
written. See ``checkpoint.chunks`` and ``checkpoint.shadow_pages``.

``segment``: start of the row's segment in ``Bank.detector_state``, in lines of ``LINE`` words. The segment
holds the config's ``state_words``, then the page table.

The record is small, and the fields that each observation needs come first, because most of the time is spent
waiting for memory."""

LINE = 8
"""A cache line has this many words."""

CONFIG = np.dtype(
    [
        ("period", "f8"),
        ("sensitivity", "f8"),
        *RULES,
        ("rate_by_own_step", "f8"),
        ("min_deviation", "f8"),
        ("min_deviation_relative", "f8"),
        ("common", "f8"),
        ("capacity", "i4"),
        ("min_observations", "i4"),
        ("relearn_after", "i4"),
        ("detectors", "i4"),
        ("direction", "i4"),
        ("publish", "i4"),
        ("state_words", "i4"),
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
        ("kept_out", "i4"),
        ("correction", "f8"),
        ("state_digest", "i8"),
        ("detector_at", "i4", (len(NAMES),)),
        ("detector_words", "i4", (len(NAMES),)),
    ],
    align=True,
)
"""A compiled config. ``direction`` is 1 for above, -1 for below, 0 for both. If at least the share ``common``
of the window is at least as far out as a value, the value cannot be an anomaly (``score.common_rank``).

``rate_by_own_step`` is the rate of alerts that gives each row a threshold of its own
(``scoring.alert_threshold``); 0: ``alert_score`` is the threshold of all.

``detectors`` is a bit mask of detector numbers; ``point_detectors``, ``patterns``, ``stateful``, ``sideless``
and ``unadjusted`` are its subsets of that kind. ``calibrator`` and ``model`` are the number of the detector
of that kind, or -1. ``correction`` is subtracted from the score of a pattern: Bonferroni's correction for the
number of questions.

``state_words``: words of a row's detector state; ``state_digest`` identifies their layout. Detector i has
``detector_words[i]`` words from ``detector_at[i]`` on, the counter ``counter_words`` from ``counter_at``, and
the season ``season_words`` from ``season_at``. A length of 0 means that there is none.

``kept_out`` is the column of ``Batch.kept_out`` that holds the config's windows of maintenance; -1: it has
none."""


class Instant(NamedTuple):
    """One observation, with the state and the adjustment that it is judged by in addition to the window."""

    time: float
    value: float
    """In the metric's own units, before the seasonal adjustment."""
    detector_state: Floats
    """The row's detector state; not used if its config has none."""
    offset: float
    factor: float
    """The seasonal adjustment: ``value = adjusted * factor + offset``."""
    base: float
    spread: float
    """``base + spread * adjusted`` is the value without its season, which still has its level."""


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
    """The time to which each observation advances the clocks of ``bank.expiry``, in seconds."""
    kept_out: Bools
    """(observations, configs with maintenance): whether the value is scored and not learned."""


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
        ("alert_threshold", "f8"),
        ("maturity", "f8"),
        ("known_since", "f8"),
        ("detector_statistic", "f8", (len(NAMES),)),
        ("detector_p", "f8", (len(NAMES),)),
        *DECISION,
        ("source_detector", "i1"),
        ("reason", "u1"),
        ("side", "i1"),
    ],
    align=True,
)
"""The record of a verdict. Its fields are the columns of ``Outcome``."""
