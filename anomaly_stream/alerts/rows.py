"""Some rows of an outcome in Python's own types, for what is published of them."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.reasons import finding_of, reason_of
from anomaly_stream.model import DetectorVerdict, ObservationColumns, Outcome, Status
from anomaly_stream.model.alerts import Episode

_UNBOUNDED = sys.float_info.max
"""An edge there stands for a side that has none."""


@dataclass(frozen=True, slots=True)
class OutcomeRows:
    """Lists of one length, one entry a row."""

    number: list[int]
    """Row of the outcome."""
    config: list[int]
    series: list[int]
    timestamp: list[float]
    value: list[float]
    offset: list[int]
    status: list[int]
    expected: list[float]
    lower: list[float]
    upper: list[float]
    score: list[float]
    alert_score: list[float]
    maturity: list[float]
    severity: list[int]
    reason: list[str | None]
    """Of anomalies: what spoke."""
    finding: list[str]
    """The same as the middle of a sentence; empty where there is nothing to say beside the score."""
    detectors: list[dict[str, DetectorVerdict]]


def outcome_rows(
    outcome: Outcome, batch: ObservationColumns, numbers: NDArray[np.intp], names: Sequence[str]
) -> OutcomeRows:
    """The rows ``numbers``; ``names`` are those of the outcome's detector columns."""
    observation = outcome.observation[numbers]
    return OutcomeRows(
        number=numbers.tolist(),
        config=outcome.config[numbers].tolist(),
        series=batch.series[observation].tolist(),
        timestamp=batch.timestamp[observation].tolist(),
        value=outcome.value[numbers].tolist(),
        offset=batch.offset[observation].tolist(),
        status=outcome.status[numbers].tolist(),
        expected=outcome.expected[numbers].tolist(),
        lower=outcome.lower[numbers].tolist(),
        upper=outcome.upper[numbers].tolist(),
        score=outcome.score[numbers].tolist(),
        alert_score=outcome.alert_score[numbers].tolist(),
        maturity=outcome.maturity[numbers].tolist(),
        severity=outcome.severity[numbers].tolist(),
        reason=_reasons(outcome, numbers),
        finding=_findings(outcome, numbers),
        detectors=_detectors(outcome, numbers, names),
    )


def _reasons(outcome: Outcome, numbers: NDArray[np.intp]) -> list[str | None]:
    """For each row that is an anomaly, what spoke."""
    anomalous = (outcome.status[numbers] == Status.ANOMALY).tolist()
    spoke = zip(outcome.speaker[numbers].tolist(), outcome.reason[numbers].tolist(), strict=True)
    return [
        reason_of(speaker, reason) if is_one else None
        for is_one, (speaker, reason) in zip(anomalous, spoke, strict=True)
    ]


def _findings(outcome: Outcome, numbers: NDArray[np.intp]) -> list[str]:
    spoke = zip(outcome.speaker[numbers].tolist(), outcome.reason[numbers].tolist(), strict=True)
    return [finding_of(speaker, reason) for speaker, reason in spoke]


def _detectors(
    outcome: Outcome, numbers: NDArray[np.intp], names: Sequence[str]
) -> list[dict[str, DetectorVerdict]]:
    """For each row, the verdicts of the detectors that its config uses."""
    statistics = outcome.detector_statistic[numbers].tolist()
    probabilities = outcome.detector_p[numbers].tolist()
    return [
        {
            name: DetectorVerdict(statistic, p if p == p else None)
            for name, statistic, p in zip(names, row, chances, strict=True)
            if statistic == statistic  # NaN stands for a detector that the config does not use
        }
        for row, chances in zip(statistics, probabilities, strict=True)
    ]


def episode_of(outcome: Outcome, number: int) -> Episode:
    """The alert's episode as of that row."""
    return Episode(
        start=float(outcome.alert_start[number]),
        end=float(outcome.alert_end[number]),
        peak_score=float(outcome.alert_peak_score[number]),
        peak_value=float(outcome.alert_peak_value[number]),
        count=int(outcome.alert_count[number]),
    )


def bounded(number: float) -> float | None:
    """None for what is not there: NaN, or an edge on a side that has none."""
    return number if abs(number) < _UNBOUNDED else None
