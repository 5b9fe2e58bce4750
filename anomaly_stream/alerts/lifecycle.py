"""The life of an alert as a pure reducer: (state, scored observation) to transition.

An anomaly whose alert score reaches the config's ``alert_score`` opens an alert; each further anomaly counts
towards it, and a rise in severity updates it; ``resolve_after`` scored observations in a row that are no
anomalies resolve it. The state is a record with the fields ``ALERT``, one beside each row of the bank.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

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
"""``worst``: the highest severity of one anomaly; ``severity``: that of the episode, which may be one higher;
``quiet``: scored observations since the last anomaly. A closed alert keeps its last episode."""

NONE, FIRING, UPDATED, RESOLVED = range(4)
_SEVERE = 3


def fresh_alerts(count: int) -> NDArray[np.void]:
    """``count`` alerts that were never open."""
    return np.zeros(count, dtype=ALERT)


@kernel
def count_anomaly(
    alert: Any,
    time: float,
    value: float,
    deviation: float,
    score: float,
    opening_score: float,
    severity: int,
    alert_score: float,
    escalate_after: int,
) -> int:
    """Take in an anomaly; returns the transition.

    ``opening_score`` is the score, less what was reported before: what an alert opens by. ``deviation``
    is the distance from the expected value: of equal scores the farthest is the peak. An episode of
    ``escalate_after`` anomalies counts one severity higher than its worst anomaly.
    """
    opening = not alert.open
    if opening:
        if opening_score < alert_score:
            return NONE
        alert.open = 1
        alert.start = time
        alert.peak_score = -1.0
        alert.count = 0
        alert.worst = 0
        alert.severity = 0
    alert.end = time
    alert.count += 1
    alert.quiet = 0
    if score > alert.peak_score or (score == alert.peak_score and deviation > alert.peak_deviation):
        alert.peak_score = score
        alert.peak_value = value
        alert.peak_deviation = deviation
    alert.worst = max(alert.worst, severity)
    before = alert.severity
    alert.severity = min(_SEVERE, alert.worst + (1 if alert.count >= escalate_after else 0))
    if opening:
        return FIRING
    return UPDATED if alert.severity > before else NONE


@kernel
def count_normal(alert: Any, resolve_after: int) -> int:
    """Take in a scored observation that is no anomaly; returns the transition."""
    if not alert.open:
        return NONE
    alert.quiet += 1
    if alert.quiet < resolve_after:
        return NONE
    alert.open = 0
    return RESOLVED
