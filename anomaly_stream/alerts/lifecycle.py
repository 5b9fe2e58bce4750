"""The lifecycle of an alert as a pure reducer: state and scored observation give a transition.

An anomaly whose alert score reaches the config's ``alert_score`` opens an alert. Each further anomaly counts
towards it, and a rise in severity updates it. ``resolve_after`` scored observations in a row that are no
anomalies resolve it. The state is a record of ``ALERT``; each row of the bank and each instance of a group
has one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model import Severity, Transition

ALERT = np.dtype(
    [
        ("start", "f8"),
        ("end", "f8"),
        ("peak_score", "f8"),
        ("peak_value", "f8"),
        ("peak_deviation", "f8"),
        ("count", "i8"),
        ("quiet", "i4"),
        ("worst", "u1"),
        ("severity", "u1"),
        ("open", "u1"),
    ],
    align=True,
)
"""``worst`` is the highest severity of a single anomaly, ``severity`` that of the episode, which may be one
higher. ``quiet`` counts the scored observations since the last anomaly. A closed alert keeps the figures of
its last episode. ``open`` is 0, ``OPEN`` or ``ENDING``."""

OPEN = 1
ENDING = 2
"""An open alert whose baseline was reset: the next observation, which only begins to learn, resolves it."""

NONE, FIRING, UPDATED, RESOLVED = (int(one) for one in Transition)
_SEVERE = int(Severity.SEVERE)


class Anomaly(NamedTuple):
    """An anomalous observation."""

    time: float
    """Event time, seconds."""
    value: float
    deviation: float
    """Distance from the expected value. Of two anomalies with equal scores, the farther one is the peak."""
    score: float
    alert_score: float
    """The score that opens an alert: lower than ``score`` if something similar was reported before."""


def fresh_alerts(count: int) -> NDArray[np.void]:
    """``count`` alerts that were never open."""
    return np.zeros(count, dtype=ALERT)


@kernel
def count_anomaly(
    alert: Any, anomaly: Anomaly, severity: int, opening_score: float, escalate_after: int
) -> int:
    """Count an anomaly towards the alert, and return the transition.

    A closed alert opens if the anomaly's alert score is at least ``opening_score``. An episode of
    ``escalate_after`` anomalies is one severity above its worst anomaly.
    """
    opening = not alert.open
    if opening:
        if anomaly.alert_score < opening_score:
            return NONE
        _open(alert, anomaly.time)
    alert.end = anomaly.time
    alert.count += 1
    alert.quiet = 0
    if anomaly.score > alert.peak_score or (
        anomaly.score == alert.peak_score and anomaly.deviation > alert.peak_deviation
    ):
        alert.peak_score = anomaly.score
        alert.peak_value = anomaly.value
        alert.peak_deviation = anomaly.deviation
    alert.worst = max(alert.worst, severity)
    before = alert.severity
    alert.severity = min(_SEVERE, alert.worst + (1 if alert.count >= escalate_after else 0))
    if opening:
        return FIRING
    return UPDATED if alert.severity > before else NONE


@kernel
def _open(alert: Any, time: float) -> None:
    """Begin an episode without anomalies."""
    alert.open = OPEN
    alert.start = time
    alert.peak_score = -1.0
    alert.count = 0
    alert.worst = 0
    alert.severity = 0


@kernel
def count_unscored(alert: Any) -> int:
    """Count an observation that is only learned, and return the transition."""
    if alert.open != ENDING:
        return NONE
    alert.open = 0
    return RESOLVED


@kernel
def count_normal(alert: Any, resolve_after: int) -> int:
    """Count a scored observation that is not an anomaly, and return the transition."""
    if not alert.open:
        return NONE
    alert.quiet += 1
    if alert.quiet < resolve_after:
        return NONE
    alert.open = 0
    return RESOLVED
