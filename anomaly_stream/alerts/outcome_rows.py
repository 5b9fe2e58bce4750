"""Rows of an outcome as occurrences, in Python's own types."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict
from anomaly_stream.detectors.registry import REGISTRY
from anomaly_stream.kernels.magnitudes import UNBOUNDED
from anomaly_stream.model import (
    AnomalyDetectionConfig,
    DetectorEvidence,
    Ending,
    ObservationColumns,
    Outcome,
    RecordColumns,
    Series,
    Severity,
    Source,
    Status,
    Transition,
)
from anomaly_stream.model.alerts import Episode
from anomaly_stream.model.reasons import DISTANCE, Reason
from anomaly_stream.model.side import Side


class Configs(Protocol):
    """Holds the configs that ``Outcome.config`` is an index into: a plan."""

    @property
    def configs(self) -> Sequence[AnomalyDetectionConfig]: ...  # noqa: D102


class KnownSeries(Protocol):
    """Holds the series that ``ObservationColumns.series`` is an index into: a series index."""

    series: list[Series]


def occurrences(
    plan: Configs,
    index: KnownSeries,
    batch: ObservationColumns,
    outcome: Outcome,
    records: RecordColumns,
    numbers: NDArray[np.intp],
    names: Sequence[str],
) -> Iterator[Occurrence]:
    """The rows ``numbers`` of an outcome; ``names`` are those of its detector columns.

    ``batch`` holds the observations that were judged, ``records`` the records that they were decoded from.
    """
    if not len(numbers):  # the usual case: nothing is read from the columns
        return
    observation = outcome.observation[numbers]
    series, offset = batch.series[observation].tolist(), batch.offset[observation].tolist()
    configs = outcome.config[numbers].tolist()
    rows = zip(_verdicts(outcome, batch, numbers, names), _changes(outcome, numbers), strict=True)
    for i, (verdict, change) in enumerate(rows):
        source = Source(records.topic, records.partition, offset[i])
        yield Occurrence(index.series[series[i]], plan.configs[configs[i]], verdict, source, change)


def _verdicts(
    outcome: Outcome, batch: ObservationColumns, numbers: NDArray[np.intp], names: Sequence[str]
) -> Iterator[Verdict]:
    statuses, severities = outcome.status[numbers].tolist(), outcome.severity[numbers].tolist()
    sources, reasons = outcome.source_detector[numbers].tolist(), outcome.reason[numbers].tolist()
    sides = outcome.side[numbers].tolist()
    values, times = outcome.value[numbers].tolist(), batch.timestamp[outcome.observation[numbers]].tolist()
    expected, lower, upper, scores, alert_scores, thresholds, maturities, known = (
        column[numbers].tolist()
        for column in (
            outcome.expected,
            outcome.lower,
            outcome.upper,
            outcome.score,
            outcome.alert_score,
            outcome.alert_threshold,
            outcome.maturity,
            outcome.known_since,
        )
    )
    for i, evidence in enumerate(_evidence(outcome, numbers, names)):
        reason = reason_of(sources[i], reasons[i]) if statuses[i] == Status.ANOMALY else None
        yield Verdict(
            timestamp=times[i],
            value=values[i],
            status=Status(statuses[i]),
            expected=bounded(expected[i]),
            lower=bounded(lower[i]),
            upper=bounded(upper[i]),
            score=bounded(scores[i]),
            alert_score=bounded(alert_scores[i]),
            alert_threshold=bounded(thresholds[i]),
            maturity=bounded(maturities[i]),
            known_since=bounded(known[i]),
            severity=Severity(severities[i]),
            reason=reason,
            side=_side_of(reason, sides[i]),
            detectors=evidence,
        )


def _evidence(
    outcome: Outcome, numbers: NDArray[np.intp], names: Sequence[str]
) -> Iterator[dict[str, DetectorEvidence]]:
    """For each row, the evidence of the detectors of its config."""
    statistics = outcome.detector_statistic[numbers].tolist()
    probabilities = outcome.detector_p[numbers].tolist()
    for row, chances in zip(statistics, probabilities, strict=True):
        yield {
            name: DetectorEvidence(statistic, p if p == p else None)
            for name, statistic, p in zip(names, row, chances, strict=True)
            if statistic == statistic  # NaN: the config does not use the detector
        }


def _changes(outcome: Outcome, numbers: NDArray[np.intp]) -> Iterator[AlertChange | None]:
    """For each row, what happened to its alert."""
    columns = (
        getattr(outcome, name)[numbers].tolist()
        for name in (
            "transition",
            "alert_severity",
            "alert_sequence",
            "alert_ending",
            "alert_start",
            "alert_end",
            "alert_peak_score",
            "alert_peak_value",
            "alert_count",
        )
    )
    for transition, severity, sequence, ending, *episode in zip(*columns, strict=True):
        if transition:
            yield AlertChange(
                Transition(transition), Severity(severity), sequence, Episode(*episode), Ending(ending)
            )
        else:
            yield None


def reason_of(source_detector: int, reason: int) -> Reason:
    """The reason of a verdict; arguments as in ``Outcome``."""
    return DISTANCE if source_detector < 0 else REGISTRY[source_detector].reasons[reason]


def _side_of(reason: Reason | None, side: int) -> Side | None:
    if reason is None or not reason.has_side:
        return None
    return "above" if side > 0 else "below"


def bounded(number: float) -> float | None:
    """None for NaN, and for the edge of a side that has none."""
    return number if abs(number) < UNBOUNDED else None
