"""What one step of the engine decided, as columns."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.model.limits import Limit


class Status(IntEnum):
    """What a verdict says of its observation."""

    LEARNING = 0
    """Too few observations yet (or taught with ``learn``): no score."""
    NORMAL = 1
    ANOMALY = 2

    @property
    def label(self) -> str:
        """The name on topics."""
        return self.name.lower()


class Transition(IntEnum):
    """What an observation did to its alert."""

    NONE = 0
    FIRING = 1
    UPDATED = 2
    RESOLVED = 3

    @property
    def label(self) -> str:
        """The name on topics."""
        return self.name.lower()


@dataclass(slots=True)
class OutcomeCounts:
    """What became of the observations of one step; per row (series and config) but for the first two."""

    observations: int = 0
    unmatched: int = 0
    """Observations of series that no config matches."""
    scored: int = 0
    learned: int = 0
    learning: int = 0
    late: int = 0
    duplicate: int = 0
    replayed: int = 0
    """Skipped since the row's state already includes them (after a crash)."""
    minor: int = 0
    moderate: int = 0
    severe: int = 0
    refused: tuple[int, ...] = (0,) * len(Limit)
    """By ``Limit``: not taken, since it keeps their series out."""
    departed: int = 0
    """Rows that left, idle for ``series_ttl``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdicts worth publishing, in input order (m of them); detector columns are (m, detectors).

    A verdict is listed where it is an anomaly, where its config publishes all, or where it moved an
    alert. ``detector_statistic`` and ``detector_p`` hold NaN for detectors that its config does not use;
    the latter also for a model, whose score is no probability.
    """

    counts: OutcomeCounts
    observation: NDArray[np.int64]
    """Index into the batch's ``ObservationColumns``."""
    row: NDArray[np.int64]
    """The bank's row (one a series and config)."""
    config: NDArray[np.int64]
    """Index into ``Plan.configs``."""
    status: NDArray[np.uint8]
    value: NDArray[np.float64]
    """What was judged: the value as it came; of a counter its rate, a second."""
    expected: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    score: NDArray[np.float64]
    alert_score: NDArray[np.float64]
    """What an alert opens by: the score, less what a model takes off for what was reported already."""
    maturity: NDArray[np.float64]
    """How much of the season in use is known, 0 to 1; NaN for a config without one."""
    severity: NDArray[np.uint8]
    source_detector: NDArray[np.int8]
    """Number of the detector that the score comes from; -1: the point detectors together, or no score."""
    reason: NDArray[np.uint8]
    """Number among the reasons of that detector."""
    detector_statistic: NDArray[np.float64]
    detector_p: NDArray[np.float64]
    transition: NDArray[np.uint8]
    publish: NDArray[np.bool_]
    """True where the verdict belongs on the scores topic."""
    alert_severity: NDArray[np.uint8]
    """Severity of the row's open (or just resolved) alert; 0 where there is none."""
    alert_start: NDArray[np.float64]
    """Event time of the anomaly that opened it, seconds."""
    alert_end: NDArray[np.float64]
    """Event time of its last anomaly so far, seconds."""
    alert_peak_score: NDArray[np.float64]
    alert_peak_value: NDArray[np.float64]
    alert_count: NDArray[np.int64]
    """Anomalies in the episode so far."""

    def __len__(self) -> int:
        return len(self.observation)
