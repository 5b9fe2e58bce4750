"""Outcomes to what is published: score records and alert events, with their keys."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.explanation import explain
from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, event_id
from anomaly_stream.detectors import NAMES
from anomaly_stream.detectors import NAMES
from anomaly_stream.model import (
    AlertEvent,
    AlertStatus,
    AnomalyDetectionConfig,
    DetectorVerdict,
    ObservationColumns,
    Outcome,
    RecordColumns,
    ScoreRecord,
    Series,
    Severity,
    Source,
    Status,
    Transition,
)
from anomaly_stream.model.alerts import Episode

SCHEMA_VERSION = 1
_UNBOUNDED = sys.float_info.max
"""An edge there stands for a side that has none."""

_STATUSES: dict[Transition, AlertStatus] = {
    Transition.FIRING: "firing",
    Transition.UPDATED: "updated",
    Transition.RESOLVED: "resolved",
}


class Configs(Protocol):
    """What holds the configs that ``Outcome.config`` counts in (a plan)."""

    @property
    def configs(self) -> Sequence[AnomalyDetectionConfig]: ...  # noqa: D102


class KnownSeries(Protocol):
    """What holds the series that ``ObservationColumns.series`` counts in (a series index)."""

    series: list[Series]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Some rows of an outcome as lists of Python's own numbers."""

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
    severity: list[int]
    detectors: list[dict[str, DetectorVerdict]]


def score_records(
    plan: Configs,
    index: KnownSeries,
    batch: ObservationColumns,
    outcome: Outcome,
    records: RecordColumns,
    detectors: Sequence[str] = NAMES,
) -> list[tuple[bytes, ScoreRecord]]:
    """The score records that ``outcome`` asks for, in its order, each with its key (that of the series).

    ``batch`` is what was stepped, decoded from ``records``; ``detectors`` names the detector columns.
    """
    rows = _rows(outcome, batch, np.flatnonzero(outcome.publish), detectors)
    published = []
    for i in range(len(rows.number)):
        config, series = plan.configs[rows.config[i]], index.series[rows.series[i]]
        severity = rows.severity[i]
        record = ScoreRecord(
            schema_version=SCHEMA_VERSION,
            config_id=config.id,
            metric=series.metric,
            labels=merged_labels(config, series),
            timestamp=rows.timestamp[i],
            value=rows.value[i],
            status=Status(rows.status[i]).label,
            expected=_bounded(rows.expected[i]),
            lower=_bounded(rows.lower[i]),
            upper=_bounded(rows.upper[i]),
            score=_bounded(rows.score[i]),
            severity=Severity(severity).label if severity else None,
            detectors=rows.detectors[i],
            source=Source(records.topic, records.partition, rows.offset[i]),
        )
        published.append((series.key, record))
    return published


def alert_events(
    plan: Configs,
    index: KnownSeries,
    batch: ObservationColumns,
    outcome: Outcome,
    records: RecordColumns,
    detectors: Sequence[str] = NAMES,
) -> list[tuple[bytes, AlertEvent]]:
    """The alert events of ``outcome``, in its order, each with its key (the alert's fingerprint).

    Arguments as in :func:`score_records`.
    """
    numbers = np.flatnonzero(outcome.transition)
    rows = _rows(outcome, batch, numbers, detectors)
    published = []
    for i, number in enumerate(rows.number):
        config, series = plan.configs[rows.config[i]], index.series[rows.series[i]]
        status = _STATUSES[Transition(int(outcome.transition[number]))]
        episode = _episode(outcome, number)
        severity = Severity(int(outcome.alert_severity[number])).label
        alert = alert_id(config.id, series, episode.start)
        lower, upper = _bounded(rows.lower[i]), _bounded(rows.upper[i])
        event = AlertEvent(
            schema_version=SCHEMA_VERSION,
            event_id=event_id(alert, status, rows.timestamp[i]),
            alert_id=alert,
            status=status,
            config_id=config.id,
            owner=config.owner,
            metric=series.metric,
            labels=merged_labels(config, series),
            annotations=dict(config.annotations),
            timestamp=rows.timestamp[i],
            value=rows.value[i],
            expected=rows.expected[i],
            lower=lower,
            upper=upper,
            score=rows.score[i],
            severity=severity,
            detectors=rows.detectors[i],
            episode=episode,
            explanation=explain(
                status,
                series,
                rows.value[i],
                rows.expected[i],
                lower,
                upper,
                rows.score[i],
                severity,
                episode,
            ),
            source=Source(records.topic, records.partition, rows.offset[i]),
        )
        published.append((alert_fingerprint(config.id, series).encode(), event))
    return published


def merged_labels(config: AnomalyDetectionConfig, series: Series) -> dict[str, str]:
    """The config's labels under those of the series, sorted by name."""
    return dict(sorted({**config.labels, **dict(series.labels)}.items()))


def _rows(
    outcome: Outcome, batch: ObservationColumns, numbers: NDArray[np.intp], names: Sequence[str]
) -> _Rows:
    observation = outcome.observation[numbers]
    return _Rows(
        number=numbers.tolist(),
        config=outcome.config[numbers].tolist(),
        series=batch.series[observation].tolist(),
        timestamp=batch.timestamp[observation].tolist(),
        value=batch.value[observation].tolist(),
        offset=batch.offset[observation].tolist(),
        status=outcome.status[numbers].tolist(),
        expected=outcome.expected[numbers].tolist(),
        lower=outcome.lower[numbers].tolist(),
        upper=outcome.upper[numbers].tolist(),
        score=outcome.score[numbers].tolist(),
        severity=outcome.severity[numbers].tolist(),
        detectors=_detectors(outcome, numbers, names),
    )


def _detectors(
    outcome: Outcome, numbers: NDArray[np.intp], names: Sequence[str]
) -> list[dict[str, DetectorVerdict]]:
    """For each row, the verdicts of the detectors that its config uses."""
    statistics = outcome.detector_statistic[numbers].tolist()
    probabilities = outcome.detector_p[numbers].tolist()
    return [
        {
            name: DetectorVerdict(statistic, p)
            for name, statistic, p in zip(names, row, chances, strict=True)
            if p == p  # NaN stands for a detector that the config does not use
        }
        for row, chances in zip(statistics, probabilities, strict=True)
    ]


def _episode(outcome: Outcome, number: int) -> Episode:
    return Episode(
        start=float(outcome.alert_start[number]),
        end=float(outcome.alert_end[number]),
        peak_score=float(outcome.alert_peak_score[number]),
        peak_value=float(outcome.alert_peak_value[number]),
        count=int(outcome.alert_count[number]),
    )


def _bounded(number: float) -> float | None:
    """None for what is not there: NaN, or an edge on a side that has none."""
    return number if abs(number) < _UNBOUNDED else None
