"""The decision on a scored observation: status, severity, transition of its alert, publication.

The judges of series (by window and by model) and the judge of groups all call these kernels. Each kernel
fills the fields ``DECISION`` of a verdict and returns whether the verdict is *reported*: published, or the
cause of an alert event.
"""

from typing import Any, NamedTuple

import numpy as np

from anomaly_stream.alerts.level import AWAY, DAY_S, SETTLED, ending_of, has_settled
from anomaly_stream.alerts.lifecycle import (
    NONE,
    RESOLVED,
    Anomaly,
    close,
    count_anomaly,
    count_normal,
    count_unscored,
    is_open,
)
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model import Publish, Severity, SeverityBands, Status
from anomaly_stream.model.level import Level

LEARNING, NORMAL, ANOMALY = (int(one) for one in Status)
_MINOR, _MODERATE, _SEVERE = (int(one) for one in (Severity.MINOR, Severity.MODERATE, Severity.SEVERE))
PUBLISH_NONE, PUBLISH_ANOMALIES, PUBLISH_ALL = range(3)
PUBLISH_CODES = {
    Publish.NONE: PUBLISH_NONE,
    Publish.ANOMALIES: PUBLISH_ANOMALIES,
    Publish.ALL: PUBLISH_ALL,
}
"""Maps the setting to the field ``publish`` of a compiled config."""

DECISION: list[tuple[str, str]] = [
    ("alert_start", "f8"),
    ("alert_end", "f8"),
    ("alert_peak_score", "f8"),
    ("alert_peak_value", "f8"),
    ("alert_count", "i8"),
    ("alert_sequence", "i4"),
    ("status", "u1"),
    ("severity", "u1"),
    ("transition", "u1"),
    ("alert_severity", "u1"),
    ("alert_ending", "u1"),
    ("publish", "?"),
]
"""The decision fills these fields of a verdict. ``severity`` is the severity of this observation,
``alert_severity`` that of the episode, ``alert_sequence`` the number of its last event, ``alert_ending`` what
is known of the level at its end. The episode's fields are NaN or 0 unless its alert is open or was resolved
by this observation."""


class Bands(NamedTuple):
    """``SeverityBands`` for kernels."""

    moderate: float
    severe: float
    severe_effect: float
    escalate_after: int


def bands_of(bands: SeverityBands) -> Bands:
    """The severity bands as kernels take them."""
    return Bands(bands.moderate, bands.severe, bands.severe_effect, bands.escalate_after)


@kernel
def severity_of(score: float, effect: float, bands: Bands) -> int:
    """The severity of an anomaly; ``SeverityBands`` defines score and effect."""
    if score >= bands.severe and effect >= bands.severe_effect:
        return _SEVERE
    return _MODERATE if score >= bands.moderate else _MINOR


@kernel
def decide_learning(alert: Any, config: Any, time: float, verdict: Any) -> bool:
    """Decide on an observation that has no score. Of all alerts, it resolves only one that is ending."""
    transition = count_unscored(alert, time)
    publish = config.publish == PUBLISH_ALL
    reported = publish or transition != NONE
    if reported:
        _write(verdict, alert, LEARNING, 0, transition, publish)
    return bool(reported)


@kernel
def decide_normal(alert: Any, config: Any, time: float, score: float, verdict: Any) -> bool:
    """Decide on a scored observation that is not an anomaly."""
    transition = count_normal(alert, config, time, score)
    publish = config.publish == PUBLISH_ALL
    reported = publish or transition != NONE
    if reported:
        _write(verdict, alert, NORMAL, 0, transition, publish)
    return bool(reported)


@kernel
def decide_anomaly(
    alert: Any, config: Any, bands: Bands, anomaly: Anomaly, effect: float, is_known: bool, verdict: Any
) -> bool:
    """Decide on an anomaly; ``effect`` as ``SeverityBands`` defines it.

    For its alert, one that is known is a normal observation.
    """
    severity = severity_of(anomaly.score, effect, bands)
    if is_known:
        transition = count_normal(alert, config, anomaly.time, 0.0)
    else:
        transition = count_anomaly(alert, config, anomaly, severity, bands.escalate_after)
    publish = config.publish != PUBLISH_NONE
    _write(verdict, alert, ANOMALY, severity, transition, publish)
    return bool(publish or transition != NONE)


@kernel
def resolve_adopted(alert: Any, time: float, verdict: Any) -> None:
    """End the episode because the level that it reports is now accepted as normal."""
    if close(alert, time) == RESOLVED:
        _write_episode(verdict, alert, RESOLVED)


@kernel
def confirm_settled(alert: Any, verdict: Any, now: Level) -> None:
    """Say that a series has settled where this ends its alert away from the level before, and it has."""
    if verdict.transition == RESOLVED and verdict.alert_ending == AWAY and has_settled(alert, now):
        verdict.alert_ending = SETTLED


@kernel
def ends_long_away(verdict: Any) -> bool:
    """Whether this ends an alert of a day or more away from the level before; a shorter one can be on a
    holiday."""
    lasted = verdict.alert_end - verdict.alert_start
    return bool(verdict.transition == RESOLVED and verdict.alert_ending >= AWAY and lasted >= DAY_S)


@kernel
def _write(verdict: Any, alert: Any, status: int, severity: int, transition: int, publish: bool) -> None:
    verdict.status = status
    verdict.severity = severity
    verdict.publish = publish
    _write_episode(verdict, alert, transition)


@kernel
def _write_episode(verdict: Any, alert: Any, transition: int) -> None:
    shown = is_open(alert) or transition == RESOLVED
    verdict.transition = transition
    verdict.alert_severity = alert.severity if shown else 0
    verdict.alert_start = alert.start if shown else np.nan
    verdict.alert_end = alert.end if shown else np.nan
    verdict.alert_peak_score = alert.peak_score if shown else np.nan
    verdict.alert_peak_value = alert.peak_value if shown else np.nan
    verdict.alert_count = alert.count if shown else 0
    verdict.alert_sequence = alert.sequence if shown else 0
    verdict.alert_ending = ending_of(alert) if transition == RESOLVED else 0
