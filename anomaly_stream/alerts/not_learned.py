"""Alerts that say nothing of learned values: a baseline cannot lose what they reported."""

from anomaly_stream.model import AlertEvent
from anomaly_stream.model.alerts import Condition

_CAUSES: dict[Condition, str] = {
    "no_data": "is on missing values, of which no baseline has learned anything: name the config, the series "
    "and the range, or let the series begin anew with `anomaly-stream series reset`",
    "overflow": "is on alerts that were withheld, and its series need not have an anomaly: name the config, "
    "the series and the range",
}
"""Conditions that are not ``anomaly``, with the cause and the cure."""


def why_not_learned(event: AlertEvent) -> str | None:
    """Why the values at the time of an alert are not what it reported; None: they are."""
    cause = _CAUSES.get(event.condition)
    return None if cause is None else f"alert {event.alert_id} {cause}"
