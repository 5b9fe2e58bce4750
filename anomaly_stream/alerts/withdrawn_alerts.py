"""Alerts that end because their config does: it was deleted, or no longer matches their series.

No record of the input causes the event, so it is a function of the alert's state alone.
"""

from typing import NamedTuple

import numpy as np

from anomaly_stream.alerts.explanation import explain_withdrawn
from anomaly_stream.alerts.lifecycle import episode_of
from anomaly_stream.alerts.no_data_wording import explain_not_asked
from anomaly_stream.alerts.occurrence import AlertChange, Occurrence, Verdict, alert_event
from anomaly_stream.model import AlertEvent, Series, Severity, Status, Transition
from anomaly_stream.model.alerts import Condition
from anomaly_stream.model.ownership import Ownership
from anomaly_stream.model.reasons import CONFIG_DELETED, CONFIG_NARROWED


class WithdrawnAlert(NamedTuple):
    """An open alert whose row or instance is removed by a change of the configs."""

    config_id: str
    subject: Series
    """The series, or the instance of a group."""
    alert: np.void
    """A record of ``lifecycle.ALERT``."""
    condition: Condition = "anomaly"


def withdrawn_event(
    withdrawn: WithdrawnAlert, config: Ownership, *, is_deleted: bool
) -> tuple[bytes, AlertEvent]:
    """The ``resolved`` event of a withdrawn alert, with its key (the alert's fingerprint).

    ``is_deleted``: the config was deleted; otherwise it no longer matches the series. ``value`` and ``score``
    are those of the episode's peak, and ``timestamp`` is that of the last event or anomaly.
    """
    alert = withdrawn.alert
    episode = episode_of(alert)
    occurrence = Occurrence(
        withdrawn.subject,
        config,
        Verdict(
            timestamp=float(max(alert["end"], alert["last_event"])),
            value=episode.peak_value,
            status=Status.NORMAL,
            score=episode.peak_score,
            reason=CONFIG_DELETED if is_deleted else CONFIG_NARROWED,
            detectors={},
        ),
        None,
        AlertChange(
            Transition.RESOLVED,
            Severity(int(alert["severity"])),
            int(alert["sequence"]) + 1,
            episode,
            condition=withdrawn.condition,
        ),
    )
    if withdrawn.condition == "no_data":
        cause = "was deleted" if is_deleted else "no longer asks for its values"
        return alert_event(occurrence, explain_not_asked(withdrawn.subject, config.id, episode.start, cause))
    explanation = explain_withdrawn(withdrawn.subject, config.id, episode, is_deleted=is_deleted)
    return alert_event(occurrence, explanation)
