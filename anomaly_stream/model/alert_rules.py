"""When an alert opens, reminds and resolves: the settings that configs of metrics and of groups share."""

import msgspec

MAX_RECENT = 60
"""An alert remembers at most this many observations, as the bits of one integer."""


class AlertRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of an alert's lifecycle, in plain units. All times are event times."""

    alert_score: float = 60.0
    """An anomaly with at least this score begins an episode; never below ``sensitivity_score``."""
    false_alarms_per_week: float = 0.0
    """The alerts per series and week in normal times that the threshold is set for; 0: none were asked
    for."""
    false_alarms_step_s: float = 0.0
    """The time between two values, in seconds, by which ``alert_score`` was computed from that rate; 0: the
    threshold of each series follows from its own step, and is at least ``alert_score``."""
    open_after_s: float = 0.0
    """An episode opens its alert once it has lasted for this many seconds, ..."""
    open_count: int = 1
    """... and this many of its last ``open_of`` scored observations are anomalies."""
    open_of: int = 1
    resolve_after: int = 5
    """An alert resolves after this many consecutive normal observations, ..."""
    resolve_after_s: float = 0.0
    """... the first of which is at least this many seconds old."""
    hysteresis: float = 0.0
    """While an alert is open, only a score this much below ``sensitivity_score`` counts as normal."""
    repeat_interval_s: float = 0.0
    """A lasting alert is repeated when its last event is this many seconds old; 0: never."""
    incident_by: tuple[str, ...] = ()
    """Sorted labels that the alerts of one incident share; empty: alerts belong to no incident."""
    incident_window_s: float = 600.0
    """Alerts of one incident start within the same window of this many seconds, aligned to the epoch."""

    @property
    def rate_by_own_step(self) -> float:
        """``false_alarms_per_week`` if the threshold follows from the own step of each series, else 0."""
        return 0.0 if self.false_alarms_step_s else self.false_alarms_per_week
