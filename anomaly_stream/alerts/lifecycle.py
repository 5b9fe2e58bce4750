"""The lifecycle of an alert as a pure reducer: state, rules and scored observation give a transition.

An anomaly whose alert score reaches its threshold begins an episode, and each further anomaly counts
towards it. The episode opens an alert (``FIRING``) with the first anomaly at which it has lasted for
``open_after`` seconds and ``open_count`` of the last ``open_of`` scored observations are anomalies. By
default that is its first one. An episode that waits ends without an event when none of the last ``open_of``
observations is an anomaly.

While the alert is open, a rise in severity updates it, and an anomaly repeats it when its last event is
``repeat_interval`` old. It resolves after ``resolve_after`` normal observations in a row, once
``resolve_time`` has passed since the first of them. An observation that is no anomaly, and whose score is not
below ``resolve_below``, is not normal either: the row of normal observations begins again.

The state is a record of ``ALERT``; each row of the bank and each instance of a group has one. Time is event
time, so a replay gives the same transitions. Each transition has a number, which rises by one within an
episode.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model import Severity, Transition
from anomaly_stream.model.alerts import Episode

ALERT = np.dtype(
    [
        ("phase", "u1"),
        ("severity", "u1"),
        ("worst", "u1"),
        ("quiet", "i4"),
        ("sequence", "i4"),
        ("count", "i8"),
        ("recent", "i8"),
        ("start", "f8"),
        ("end", "f8"),
        ("peak_score", "f8"),
        ("peak_value", "f8"),
        ("peak_deviation", "f8"),
        ("normal_since", "f8"),
        ("last_event", "f8"),
        ("level_before", "f8"),
        ("noise", "f8"),
        ("level", "f8"),
        ("level_count", "u1"),
    ],
    align=True,
)
"""``worst`` is the highest severity of a single anomaly, ``severity`` that of the episode, which may be one
higher. ``quiet`` counts the consecutive normal observations, the first of which was at ``normal_since``.
``recent`` has a bit for each of the last observations of a waiting episode, the newest in bit 0: 1 for an
anomaly. ``peak_value`` is the highest value of an episode that began above what was expected, and the
lowest of one that began below; ``peak_deviation`` the largest deviation on that side, with its sign.
``sequence`` counts the transitions of the episode, the last of which was at ``last_event``. A closed
alert keeps the figures of its last episode. ``level_before``, ``noise``, ``level`` and ``level_count`` are
those of ``alerts.level``. ``phase``, which each observation needs, comes first, because the
record is longer than a cache line."""

CLOSED, WAITING, OPEN, ENDING = range(4)
"""The phases of an alert. ``WAITING``: an episode has begun, and has no event yet. ``ENDING``: an open alert
whose baseline was reset; the next observation, which only begins to learn, resolves it."""

NONE, FIRING, UPDATED, RESOLVED, REMINDER = (int(one) for one in Transition)
_SEVERE = int(Severity.SEVERE)


class Anomaly(NamedTuple):
    """An anomalous observation."""

    time: float
    """Event time, seconds."""
    value: float
    deviation: float
    """The value minus the expected one. Its sign is the side."""
    score: float
    alert_score: float
    """The score that opens an alert: lower than ``score`` if something similar was reported before."""
    threshold: float
    """An alert score that opens an alert is at least this high."""


def fresh_alerts(count: int) -> NDArray[np.void]:
    """``count`` alerts that were never open."""
    return np.zeros(count, dtype=ALERT)


def episode_of(alert: np.void) -> Episode:
    """The episode of a record of ``ALERT``."""
    return Episode(
        start=float(alert["start"]),
        end=float(alert["end"]),
        peak_score=float(alert["peak_score"]),
        peak_value=float(alert["peak_value"]),
        count=int(alert["count"]),
    )


@kernel
def is_open(alert: Any) -> bool:
    """Whether consumers were told that the alert fires, and not yet that it has ended."""
    return bool(alert.phase >= OPEN)


@kernel
def count_anomaly(alert: Any, rules: Any, anomaly: Anomaly, severity: int, escalate_after: int) -> int:
    """Count an anomaly towards the alert, and return the transition.

    ``rules`` has the fields ``rules.RULES``. An episode of ``escalate_after`` anomalies is one severity above
    its worst anomaly.
    """
    if alert.phase == CLOSED:
        if anomaly.alert_score < anomaly.threshold:
            return NONE
        _begin(alert, anomaly.time)
    before = alert.severity
    _add(alert, anomaly, severity, escalate_after)
    if alert.phase == WAITING:
        _remember(alert, rules, 1)
        if anomaly.time - alert.start < rules.open_after or _ones(alert.recent) < rules.open_count:
            return NONE
        alert.phase = OPEN
        return _transition(alert, anomaly.time, FIRING)
    if alert.severity > before:
        return _transition(alert, anomaly.time, UPDATED)
    if 0.0 < rules.repeat_interval <= anomaly.time - alert.last_event:
        return _transition(alert, anomaly.time, REMINDER)
    return NONE


@kernel
def _begin(alert: Any, time: float) -> None:
    """Begin an episode without anomalies."""
    alert.phase = WAITING
    alert.start = time
    alert.peak_score = -1.0
    alert.count = 0
    alert.recent = 0
    alert.sequence = 0
    alert.worst = 0
    alert.severity = 0


@kernel
def _add(alert: Any, anomaly: Anomaly, severity: int, escalate_after: int) -> None:
    """Add an anomaly to the figures of the episode."""
    alert.end = anomaly.time
    alert.count += 1
    alert.quiet = 0
    alert.peak_score = max(alert.peak_score, anomaly.score)
    if alert.count == 1 or alert.peak_deviation == 0.0:
        alert.peak_value = anomaly.value
        alert.peak_deviation = anomaly.deviation
    elif alert.peak_deviation > 0.0 and anomaly.deviation > 0.0:
        alert.peak_value = max(alert.peak_value, anomaly.value)
        alert.peak_deviation = max(alert.peak_deviation, anomaly.deviation)
    elif alert.peak_deviation < 0.0 and anomaly.deviation < 0.0:
        alert.peak_value = min(alert.peak_value, anomaly.value)
        alert.peak_deviation = min(alert.peak_deviation, anomaly.deviation)
    alert.worst = max(alert.worst, severity)
    alert.severity = min(_SEVERE, alert.worst + (1 if alert.count >= escalate_after else 0))


@kernel
def _remember(alert: Any, rules: Any, bit: int) -> None:
    """Shift the newest of the last ``open_of`` observations into ``recent``."""
    alert.recent = (alert.recent << 1 | bit) & ((1 << rules.open_of) - 1)


@kernel
def _ones(bits: int) -> int:
    """The number of bits that are 1, by Kernighan's method."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@kernel
def _transition(alert: Any, time: float, transition: int) -> int:
    """Number a transition, and return it."""
    alert.sequence += 1
    alert.last_event = time
    return transition


@kernel
def count_unscored(alert: Any, time: float) -> int:
    """Count an observation that is only learned, and return the transition."""
    if alert.phase != ENDING:
        return NONE
    return close(alert, time)


@kernel
def count_normal(alert: Any, rules: Any, time: float, score: float) -> int:
    """Count a scored observation that is not an anomaly, and return the transition."""
    if alert.phase == CLOSED:
        return NONE
    if alert.phase == WAITING:
        _remember(alert, rules, 0)
        return NONE if alert.recent else close(alert, time)
    if score >= rules.resolve_below:
        alert.quiet = 0
        return NONE
    if alert.quiet == 0:
        alert.normal_since = time
    alert.quiet += 1
    if alert.quiet < rules.resolve_after or time - alert.normal_since < rules.resolve_time:
        return NONE
    return close(alert, time)


@kernel
def close(alert: Any, time: float) -> int:
    """End the episode, if there is one, and return the transition."""
    was_open = is_open(alert)
    alert.phase = CLOSED
    return _transition(alert, time, RESOLVED) if was_open else NONE
