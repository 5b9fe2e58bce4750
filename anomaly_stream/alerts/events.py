"""Outcomes to what is published: score records and alert events, with their keys."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from anomaly_stream.alerts.explanation import ExplanationContext, explain
from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, event_id
from anomaly_stream.alerts.rows import bounded, episode_of, outcome_rows
from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.model import (
    AlertEvent,
    AlertStatus,
    AnomalyDetectionConfig,
    MetricType,
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
from anomaly_stream.model.group import GroupConfig

SCHEMA_VERSION = 1
STATUSES: dict[Transition, AlertStatus] = {
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
    rows = outcome_rows(outcome, batch, np.flatnonzero(outcome.publish), detectors)
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
            expected=bounded(rows.expected[i]),
            lower=bounded(rows.lower[i]),
            upper=bounded(rows.upper[i]),
            score=bounded(rows.score[i]),
            alert_score=bounded(rows.alert_score[i]),
            maturity=bounded(rows.maturity[i]),
            severity=Severity(severity).label if severity else None,
            reason=rows.reason[i],
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
    rows = outcome_rows(outcome, batch, numbers, detectors)
    published = []
    for i, number in enumerate(rows.number):
        config, series = plan.configs[rows.config[i]], index.series[rows.series[i]]
        status = STATUSES[Transition(int(outcome.transition[number]))]
        episode = episode_of(outcome, number)
        severity = Severity(int(outcome.alert_severity[number])).label
        alert = alert_id(config.id, series, episode.start)
        lower, upper = bounded(rows.lower[i]), bounded(rows.upper[i])
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
            reason=rows.reason[i],
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
                rows.finding[i],
                ExplanationContext(
                    anomalous=rows.status[i] == Status.ANOMALY,
                    maturity=bounded(rows.maturity[i]),
                    rate=config.metric_type == MetricType.COUNTER,
                    is_chance=all(verdict.p is not None for verdict in rows.detectors[i].values()),
                ),
            ),
            source=Source(records.topic, records.partition, rows.offset[i]),
        )
        published.append((alert_fingerprint(config.id, series).encode(), event))
    return published


def merged_labels(config: AnomalyDetectionConfig | GroupConfig, series: Series) -> dict[str, str]:
    """The config's labels under those of the series, sorted by name."""
    return dict(sorted({**config.labels, **dict(series.labels)}.items()))
