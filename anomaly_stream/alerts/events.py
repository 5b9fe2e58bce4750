"""The score records and alert events of an outcome, with their keys."""

from collections.abc import Sequence

import numpy as np

from anomaly_stream.alerts.explanation import explain
from anomaly_stream.alerts.occurrence import alert_event, score_record
from anomaly_stream.alerts.outcome_rows import Configs, KnownSeries, occurrences
from anomaly_stream.detectors.registry import NAMES
from anomaly_stream.model import AlertEvent, ObservationColumns, Outcome, RecordColumns, ScoreRecord


def score_records(
    plan: Configs,
    index: KnownSeries,
    batch: ObservationColumns,
    outcome: Outcome,
    records: RecordColumns,
    detectors: Sequence[str] = NAMES,
) -> list[tuple[bytes, ScoreRecord]]:
    """The score records of ``outcome``, in its order, each with its key (the key of the series).

    ``batch`` holds the judged observations, decoded from ``records``; ``detectors`` names the detector
    columns.
    """
    numbers = np.flatnonzero(outcome.publish)
    rows = occurrences(plan, index, batch, outcome, records, numbers, detectors)
    return [score_record(occurrence) for occurrence in rows]


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
    rows = occurrences(plan, index, batch, outcome, records, numbers, detectors)
    return [alert_event(occurrence, explain(occurrence)) for occurrence in rows]
