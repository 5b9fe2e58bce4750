"""Alerts that end since their series is idle: it left the bank, so nothing else could resolve them."""

from collections.abc import Iterable
from dataclasses import dataclass

from anomaly_stream.alerts.events import SCHEMA_VERSION, Configs, merged_labels
from anomaly_stream.alerts.explanation import explain_departure
from anomaly_stream.alerts.identity import alert_fingerprint, alert_id, event_id
from anomaly_stream.model import AlertEvent, ObservationColumns, RecordColumns, Series, Severity, Source
from anomaly_stream.model.alerts import Episode


@dataclass(frozen=True, slots=True)
class ExpiredAlert:
    """A row that left with its alert open."""

    config: int
    """Number in ``Plan.configs``."""
    series: Series
    observation: int
    """Number in the batch of the observation before which it left."""
    time: float
    """When it was found idle: event time, seconds."""
    idle_s: float
    expected: float
    """Median of its window."""
    severity: int
    episode: Episode


def expired_alert_events(
    plan: Configs, departures: Iterable[ExpiredAlert], batch: ObservationColumns, records: RecordColumns
) -> list[tuple[bytes, AlertEvent]]:
    """A ``resolved`` event for each departure, with its key (the alert's fingerprint).

    There is no value that resolved it: ``value`` and ``score`` are those of the episode's peak, and
    ``source`` is the record that was read when the series was found idle.
    """
    published = []
    for departure in departures:
        config, series, episode = plan.configs[departure.config], departure.series, departure.episode
        alert = alert_id(config.id, series, episode.start)
        event = AlertEvent(
            schema_version=SCHEMA_VERSION,
            event_id=event_id(alert, "resolved", departure.time),
            alert_id=alert,
            status="resolved",
            config_id=config.id,
            owner=config.owner,
            metric=series.metric,
            labels=merged_labels(config, series),
            annotations=dict(config.annotations),
            timestamp=departure.time,
            value=episode.peak_value,
            expected=departure.expected,
            lower=None,
            upper=None,
            score=episode.peak_score,
            severity=Severity(departure.severity).label,
            reason=None,
            detectors={},
            episode=episode,
            explanation=explain_departure(series, departure.idle_s, episode),
            source=Source(records.topic, records.partition, int(batch.offset[departure.observation])),
        )
        published.append((alert_fingerprint(config.id, series).encode(), event))
    return published
