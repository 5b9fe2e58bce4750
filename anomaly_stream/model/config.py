"""A config: which metrics to watch, with what baseline, how sensitively, and who owns the alerts."""

from enum import StrEnum

import msgspec

from anomaly_stream.model.alert_rules import AlertRules


class Direction(StrEnum):
    """The side of the baseline on which a value can be an anomaly."""

    ABOVE = "above"
    BELOW = "below"
    BOTH = "both"


class MetricType(StrEnum):
    """How the values of a metric are read."""

    GAUGE = "gauge"
    """Each value is judged as it is."""
    COUNTER = "counter"
    """A total that rises and restarts at 0. Its increase per second is judged."""


class Publish(StrEnum):
    """Which verdicts go to the scores topic."""

    ANOMALIES = "anomalies"
    ALL = "all"
    NONE = "none"


class LabelMatcher(msgspec.Struct, frozen=True):
    """A label matcher as in Prometheus; ``op`` is ``=``, ``!=``, ``=~`` or ``!~`` (anchored)."""

    name: str
    op: str
    value: str


class SpecialDays(msgspec.Struct, frozen=True):
    """Days that differ from others of their weekday, in the config's time zone."""

    country: str = ""
    """ISO 3166-1 code of the country whose public holidays count; empty for none."""
    subdivision: str = ""
    dates: tuple[tuple[int, int], ...] = ()
    """Further days, as first and last day of each range, in days since 1970-01-01."""
    skip: bool = False
    """True: they are neither scored nor learned. False: they have their own profile."""


class MaintenanceWindow(msgspec.Struct, frozen=True):
    """Event times, in seconds since the epoch, whose values are scored and not learned."""

    begin: float
    """The first time; of windows that recur, the start of the first window."""
    end: float
    """The time after the last one."""
    recurrence: str = ""
    """Recurrence rule of RFC 5545, in the time zone of the config; empty: all times from begin to end."""
    duration_s: float = 0.0
    """Length of each window that recurs."""


class AnomalyDetectionConfig(AlertRules, frozen=True, kw_only=True):
    """A validated config in plain units, which :mod:`anomaly_stream.registry` makes from YAML or JSON."""

    id: str
    metric: str
    """Exact name or glob (``*``, ``?``, ``[...]``)."""
    owner: str = ""
    """The platform group that owns the alerts."""
    matchers: tuple[LabelMatcher, ...] = ()
    metric_type: MetricType = MetricType.GAUGE
    baseline_period_s: float = 7 * 86400.0
    sensitivity_score: float = 40.0
    """A value with at least this score is an anomaly."""
    detectors: tuple[str, ...] = ("auto",)
    direction: Direction = Direction.BOTH
    min_deviation: float = 0.0
    """The distance from the expected value that an anomaly must exceed."""
    min_deviation_relative: float = 0.0
    """The same as a fraction of the absolute expected value. An anomaly must exceed both."""
    seasonality: tuple[str, ...] = ()
    """``daily``, ``weekly``, ``hour_of_week``, or ``detect`` alone; empty: no seasonal adjustment."""
    timezone: str = "UTC"
    """Time zone of days and weeks, by its name in the time zone database."""
    holidays: SpecialDays | None = None
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """Times whose values are scored and not learned."""
    adapt: str = "normal"
    """How fast a seasonal baseline follows: ``slow``, ``normal`` or ``fast``."""
    min_observations: int = 30
    """Points that the window must hold before values are scored."""
    window_points: int = 1440
    """Capacity of the window, which is thinned evenly if the period holds more points."""
    relearn_after: int = 100
    """After this many anomalies the new level is accepted as normal. 16 normal values cancel one anomaly."""
    publish: Publish = Publish.ANOMALIES
    false_alarms_series: int = 0
    """This many series share a rate of ``false_alarms_per_week`` times their number; 0: each has its own."""
    max_series: int = 100_000
    """The most series in one partition; further series are refused."""
    series_ttl_s: float = 30 * 86400.0
    """A series expires when it is idle for this many seconds of event time; 0: never."""
    no_data_s: float = 0.0
    """A series has an alert while it is silent for longer than this many seconds of event time, and ..."""
    no_data_steps: float = 0.0
    """... than this many of its own usual steps. Both 0: never."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Added to the labels of the series in alerts; those of the series win."""
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    """Copied into alerts, for example ``runbook_url``."""
    version: int = 1

    @property
    def asks_for_data(self) -> bool:
        """Whether a series has an alert while it is silent."""
        return self.no_data_s > 0 or self.no_data_steps > 0
