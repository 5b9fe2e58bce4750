"""Outcomes written by hand, for the tests of published events."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    Ending,
    ObservationColumns,
    Outcome,
    OutcomeCounts,
    RecordColumns,
    Severity,
    Status,
    Transition,
)
from tests.formats.columns import decode, record_columns

LARGEST = 1.7976931348623157e308
MESSAGE = b'{"metric":"flow","labels":{"site":"A"},"timestamp":%d,"value":%r}'


@dataclass
class Plan:
    configs: Sequence[AnomalyDetectionConfig]


@dataclass
class Row:
    """One verdict; the defaults are those of an anomaly that opens an alert."""

    value: float = 812.4
    status: Status = Status.ANOMALY
    expected: float = 92.1
    lower: float = 61.04
    upper: float = 118.3
    score: float = 73.0
    alert_threshold: float = 60.0
    maturity: float = float("nan")
    known_since: float = float("nan")
    severity: Severity = Severity.MODERATE
    source_detector: int = -1
    reason: int = 0
    side: int = 1
    transition: Transition = Transition.FIRING
    publish: bool = True
    alert_severity: Severity = Severity.MODERATE
    start: float = 1_700_000_000.0
    end: float = 1_700_000_000.0
    peak_score: float = 73.0
    peak_value: float = 812.4
    count: int = 1
    sequence: int = 1
    ending: Ending = Ending.UNCLEAR
    statistic: tuple[float, ...] = (24.5, float("nan"), 19.25)
    p: tuple[float, ...] = (1e-9, float("nan"), 3e-6)


@dataclass
class Scene:
    """The arguments of the functions under test, in order."""

    rows: Sequence[Row]
    config: AnomalyDetectionConfig = field(
        default_factory=lambda: AnomalyDetectionConfig(id="flows", metric="flow", owner="water")
    )

    def arguments(self) -> tuple[Plan, SeriesIndex, ObservationColumns, Outcome, RecordColumns]:
        values = [(MESSAGE % (1_700_000_000 + i, row.value)) for i, row in enumerate(self.rows)]
        values = [value if isinstance(value, bytes) else value.encode() for value in values]
        index = SeriesIndex()
        records = record_columns(values)
        observations, faults = decode(records, index)
        assert not faults
        return Plan((self.config,)), index, observations, self._outcome(), records

    def _outcome(self) -> Outcome:
        def column(name: str, dtype: type) -> np.ndarray:
            return np.array([getattr(row, name) for row in self.rows], dtype)

        def detectors(name: str) -> np.ndarray:
            """A column for each detector; the rows have values for the first three."""
            found = np.full((len(self.rows), len(NAMES)), np.nan)
            found[:, :3] = column(name, np.float64).reshape(-1, 3)
            return found

        zeros = np.zeros(len(self.rows), np.int64)
        return Outcome(
            counts=OutcomeCounts(),
            observation=np.arange(len(self.rows)),
            row=zeros,
            config=zeros,
            status=column("status", np.uint8),
            value=column("value", np.float64),
            expected=column("expected", np.float64),
            lower=column("lower", np.float64),
            upper=column("upper", np.float64),
            score=column("score", np.float64),
            alert_score=column("score", np.float64),
            alert_threshold=column("alert_threshold", np.float64),
            maturity=column("maturity", np.float64),
            known_since=column("known_since", np.float64),
            severity=column("severity", np.uint8),
            source_detector=column("source_detector", np.int8),
            reason=column("reason", np.uint8),
            side=column("side", np.int8),
            detector_statistic=detectors("statistic"),
            detector_p=detectors("p"),
            transition=column("transition", np.uint8),
            publish=column("publish", np.bool_),
            alert_severity=column("alert_severity", np.uint8),
            alert_start=column("start", np.float64),
            alert_end=column("end", np.float64),
            alert_peak_score=column("peak_score", np.float64),
            alert_peak_value=column("peak_value", np.float64),
            alert_count=column("count", np.int64),
            alert_sequence=column("sequence", np.int32),
            alert_ending=column("ending", np.uint8),
        )
