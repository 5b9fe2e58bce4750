"""Alerts that end because their series is idle: its row is removed, so no later value can resolve them."""

from collections.abc import Iterable
from dataclasses import dataclass

from anomaly_stream.alerts.explanation import explain_expired
from anomaly_stream.alerts.no_data_wording import explain_forgotten
from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict, alert_event
from anomaly_stream.alerts.outcome_rows import Configs
from anomaly_stream.model import (
    AlertEvent,
    ObservationColumns,
    RecordColumns,
    Series,
    Severity,
    Source,
    Status,
    Transition,
)
from anomaly_stream.model.alerts import Condition, Episode


@dataclass(frozen=True, slots=True)
class ExpiredAlert:
    """An alert that was open when its row expired."""

    config: int
    """Index into ``Plan.configs``."""
    series: Series
    observation: int
    """Index in the batch of the observation before which the row expired."""
    time: float
    """Event time at which the row expired, seconds."""
    idle_s: float
    expected: float
    """Median of the window; of ``no_data``, the usual step in seconds."""
    severity: int
    sequence: int
    """Number of its ``resolved`` event."""
    episode: Episode
    condition: Condition = "anomaly"


def expired_alert_events(
    plan: Configs, expired: Iterable[ExpiredAlert], batch: ObservationColumns, records: RecordColumns
) -> list[tuple[bytes, AlertEvent]]:
    """A ``resolved`` event for each expired alert, with its key (the alert's fingerprint).

    No value caused the event. So ``value`` and ``score`` are those of the episode's peak, and ``source`` is
    the record that was processed when the row expired.
    """
    published = []
    for alert in expired:
        episode = alert.episode
        occurrence = Occurrence(
            alert.series,
            plan.configs[alert.config],
            Verdict(
                timestamp=alert.time,
                value=episode.peak_value,
                status=Status.NORMAL,
                expected=alert.expected,
                score=episode.peak_score,
                detectors={},
            ),
            Source(records.topic, records.partition, int(batch.offset[alert.observation])),
            AlertChange(
                Transition.RESOLVED,
                Severity(alert.severity),
                alert.sequence,
                episode,
                condition=alert.condition,
            ),
        )
        explanation = (
            explain_forgotten(alert.series, alert.idle_s)
            if alert.condition == "no_data"
            else explain_expired(alert.series, alert.idle_s, episode)
        )
        published.append(alert_event(occurrence, explanation))
    return published
