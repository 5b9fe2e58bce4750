"""The verdicts of one step of the engine, as columns."""

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.model.limits import Limit


class Status(IntEnum):
    """The verdict on an observation."""

    LEARNING = 0
    """Not scored: too few observations, or the value is only to be learned (``learn``)."""
    NORMAL = 1
    ANOMALY = 2

    @property
    def label(self) -> str:
        """The name on topics."""
        return self.name.lower()


class Transition(IntEnum):
    """The change of an alert by an observation."""

    NONE = 0
    FIRING = 1
    UPDATED = 2
    RESOLVED = 3
    REMINDER = 4


class Ending(IntEnum):
    """What is known of the level of a series when its alert ends."""

    UNCLEAR = 0
    BACK = 1
    """It is near the level before the alert."""
    AWAY = 2
    """It is not."""
    SETTLED = 3
    """It is away, and steady at a level outside of what was normal before."""


@dataclass(slots=True)
class OutcomeCounts:
    """Counts of the observations of one step by what happened to them. An observation counts once for each
    row (series and config), except in the first two."""

    observations: int = 0
    unmatched: int = 0
    """Observations of series that neither a config nor a group watches."""
    scored: int = 0
    learned: int = 0
    learning: int = 0
    late: int = 0
    """Dropped: older than the last one of the row."""
    duplicate: int = 0
    """Dropped: same time as the last one of the row."""
    replayed: int = 0
    """Skipped after a crash, because the state of the row already includes them."""
    minor: int = 0
    moderate: int = 0
    severe: int = 0
    refused: tuple[int, ...] = (0,) * len(Limit)
    """By ``Limit``: observations without a row, because the limit refused their series one."""
    expired: int = 0
    """Rows that expired because they were idle for ``series_ttl``."""
    ahead: int = 0
    """Dropped: far ahead of the row's cadence, and not yet borne out by further ones."""
    not_learned: int = 0
    """In a window of maintenance: scored if the baseline is ready, and not learned."""
    known: int = 0
    """Anomalies that count as normal for their alerts, because people said that such a deviation is known."""
    examples: dict[str, int] = field(default_factory=dict)
    """By name of a count that is not 0 (``late``, ``duplicate``, ``ahead``, ``unmatched``, ``refused``): the
    index of one such observation in the batch."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The m reported verdicts of a step, in input order. Columns have shape (m,), those of detectors
    (m, detectors).

    A verdict is reported if it is an anomaly, if its config publishes all verdicts, or if it changed an
    alert.
    ``detector_statistic`` and ``detector_p`` are NaN for detectors that the config does not use.
    """

    counts: OutcomeCounts
    observation: NDArray[np.int64]
    """Index into the batch's ``ObservationColumns``."""
    row: NDArray[np.int64]
    """The row of the bank: one for each series and config."""
    config: NDArray[np.int64]
    """Index into ``Plan.configs``."""
    status: NDArray[np.uint8]
    value: NDArray[np.float64]
    """The value that was judged; of a counter, its increase per second."""
    expected: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    alert_score: NDArray[np.float64]
    """The score that opens an alert. A model lowers it if something similar was reported before."""
    alert_threshold: NDArray[np.float64]
    """The alert score at which an alert opens; NaN while learning."""
    maturity: NDArray[np.float64]
    """Known share of the season in use, 0 to 1; NaN for a config without one."""
    known_since: NDArray[np.float64]
    """When people said that such a deviation is known, in seconds since the epoch; NaN if it is not."""
    severity: NDArray[np.uint8]
    source_detector: NDArray[np.int8]
    """Number of the detector that the score comes from; -1: the point detectors together, or no score."""
    reason: NDArray[np.uint8]
    """Number among the reasons of that detector."""
    side: NDArray[np.int8]
    """1 if what was found is above what is usual, -1 if below, 0 while learning. Not used if the reason has
    no side."""
    detector_statistic: NDArray[np.float64]
    detector_p: NDArray[np.float64]
    transition: NDArray[np.uint8]
    publish: NDArray[np.bool_]
    """True if the verdict belongs on the scores topic."""
    alert_severity: NDArray[np.uint8]
    """Severity of the row's open (or just resolved) alert; 0 if there is none."""
    alert_start: NDArray[np.float64]
    """Event time of the anomaly that opened it, seconds."""
    alert_end: NDArray[np.float64]
    """Event time of its last anomaly so far, seconds."""
    alert_peak_score: NDArray[np.float64]
    alert_peak_value: NDArray[np.float64]
    alert_count: NDArray[np.int64]
    """Anomalies in the episode so far."""
    alert_sequence: NDArray[np.int32]
    """The number of its last event, from 1."""
    alert_ending: NDArray[np.uint8]
    """The ``Ending`` of an alert that was just resolved; else 0."""

    def __len__(self) -> int:
        return len(self.observation)
