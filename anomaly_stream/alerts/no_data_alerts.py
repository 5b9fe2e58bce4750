"""Alerts on series that are silent, as events. No value caused them, but the clock of a source."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from anomaly_stream.alerts.lifecycle import OPEN, fresh_alerts
from anomaly_stream.alerts.no_data_wording import explain_back, explain_silent, explain_still_silent
from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict, alert_event
from anomaly_stream.alerts.outcome_rows import Configs
from anomaly_stream.model import AlertEvent, Series, Severity, Source, Status, Transition
from anomaly_stream.model.alerts import Episode

NO_DATA_SCORE = 100.0
NO_DATA_SEVERITY = Severity.MODERATE
HEARTBEAT = -1
"""In place of an observation: a heartbeat, or a change of the configs, is the cause."""


@dataclass(frozen=True, slots=True)
class NoDataChange:
    """A change of the alert on a silent series."""

    row: int
    """Its row in the bank, which may be another one's by the end of the batch."""
    config: int
    """Index into ``Plan.configs``."""
    series: Series
    observation: int
    """Index in the batch of the observation that moved the clock, or ``HEARTBEAT``."""
    transition: Transition
    sequence: int
    """The number of its event."""
    time: float
    """The tick of the clock, seconds of event time."""
    since: float
    """Time of the last value before the alert."""
    heard: float
    """Time of the last value now."""
    usual_s: float
    """The usual step of the series."""
    limit_s: float
    is_due: bool = True
    """False: a reminder for which ``repeat_interval`` has no time yet. It only lets an alert that is withheld
    (``pipeline.open_alerts``) fire."""

    @property
    def episode(self) -> Episode:
        """The episode so far: it begins with the last value, and its peak is the longest silence."""
        end = self.heard if self.transition is Transition.RESOLVED else self.time
        return Episode(self.since, end, NO_DATA_SCORE, end - self.since, 1)


def no_data_events(
    plan: Configs, changes: Iterable[tuple[NoDataChange, Source | None]]
) -> list[tuple[bytes, AlertEvent]]:
    """The event of each change, with its key (the alert's fingerprint).

    A change comes with the record that moved the clock; None for a heartbeat.
    """
    return [_event(plan, change, source) for change, source in changes]


def open_alert(row: np.void) -> np.void:
    """The alert on a silent row as a record of ``lifecycle.ALERT``, as a change of the configs finds it."""
    alert: np.void = fresh_alerts(1)[0]
    alert["phase"], alert["severity"], alert["sequence"] = OPEN, NO_DATA_SEVERITY, row["no_data_events"]
    alert["start"] = alert["end"] = alert["last_event"] = row["no_data_since"]
    alert["peak_score"], alert["count"] = NO_DATA_SCORE, 1
    return alert


def _event(plan: Configs, change: NoDataChange, source: Source | None) -> tuple[bytes, AlertEvent]:
    silent_s = max(0.0, change.time - change.heard)
    occurrence = Occurrence(
        change.series,
        plan.configs[change.config],
        Verdict(
            timestamp=change.time,
            value=silent_s,
            status=Status.NORMAL,
            expected=change.usual_s,
            upper=change.limit_s,
            score=NO_DATA_SCORE,
            detectors={},
        ),
        source,
        AlertChange(
            change.transition, NO_DATA_SEVERITY, change.sequence, change.episode, condition="no_data"
        ),
    )
    if change.transition is Transition.RESOLVED:
        explanation = explain_back(change.series, change.since, change.heard)
    else:
        explain = explain_still_silent if change.transition is Transition.REMINDER else explain_silent
        explanation = explain(change.series, change.since, silent_s, change.usual_s, change.limit_s)
    return alert_event(occurrence, explanation)
