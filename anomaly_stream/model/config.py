"""The config of one kind of anomaly: which metrics, what baseline, how sensitive, who owns it."""

from enum import StrEnum

import msgspec


class Direction(StrEnum):
    """On which side of the baseline a value is anomalous."""

    ABOVE = "above"
    BELOW = "below"
    BOTH = "both"


class MetricType(StrEnum):
    """What the values of a metric are."""

    GAUGE = "gauge"
    """Readings that stand for themselves."""
    COUNTER = "counter"
    """Totals that only rise, and begin again at 0: their rate is judged."""


class Publish(StrEnum):
    """What goes to the scores topic."""

    ANOMALIES = "anomalies"
    ALL = "all"
    NONE = "none"


class LabelMatcher(msgspec.Struct, frozen=True):
    """One matcher, as Prometheus has them; ``op`` is ``=``, ``!=``, ``=~`` or ``!~`` (anchored)."""

    name: str
    op: str
    value: str


class SpecialDays(msgspec.Struct, frozen=True):
    """Days that are unlike others of their weekday, in the config's time zone."""

    country: str = ""
    """ISO 3166-1 code of the country whose public holidays count; empty: none."""
    subdivision: str = ""
    dates: tuple[tuple[int, int], ...] = ()
    """Further days: first and last of each run, as days since 1970-01-01."""
    skip: bool = False
    """True: they are neither scored nor learned; False: they have a profile of their own."""


class AnomalyDetectionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A validated config, in plain units: what :mod:`anomaly_stream.registry` makes of YAML or JSON."""

    id: str
    metric: str
    """Exact name or glob (``*``, ``?``, ``[...]``)."""
    owner: str = ""
    """The platform group that the alerts belong to."""
    matchers: tuple[LabelMatcher, ...] = ()
    metric_type: MetricType = MetricType.GAUGE
    baseline_period_s: float = 7 * 86400.0
    sensitivity_score: float = 40.0
    """From this score on a value is an anomaly."""
    alert_score: float = 60.0
    """From this score on an anomaly opens an alert; never below ``sensitivity_score``."""
    detectors: tuple[str, ...] = ("auto",)
    direction: Direction = Direction.BOTH
    min_deviation: float = 0.0
    """Absolute distance from the expected value that an anomaly must exceed too."""
    min_deviation_relative: float = 0.0
    """The same as a fraction of the absolute expected value; both must be exceeded."""
    seasonality: tuple[str, ...] = ()
    """``daily``, ``weekly``, ``hour_of_week``, or ``detect`` alone; empty: no seasonal adjustment."""
    timezone: str = "UTC"
    """Of days and weeks, by its name in the time zone database."""
    holidays: SpecialDays | None = None
    adapt: str = "normal"
    """How fast a seasonal baseline follows: ``slow``, ``normal`` or ``fast``."""
    min_observations: int = 30
    """Points the window must hold before values are scored."""
    window_points: int = 1440
    """The window's capacity; it is thinned evenly where the period holds more."""
    relearn_after: int = 100
    """Anomalies after which what they show is taken to last; 16 normal values take one away."""
    resolve_after: int = 5
    """Quiet observations that resolve an alert."""
    publish: Publish = Publish.ANOMALIES
    max_series: int = 100_000
    """Most series of one partition; more are refused."""
    series_ttl_s: float = 30 * 86400.0
    """Idle series leave after so many seconds of event time; 0: never."""
    labels: dict[str, str] = {}
    """Carried into alerts beside the series' own labels (the series' own win)."""
    annotations: dict[str, str] = {}
    """Carried into alerts (``runbook_url``)."""
    version: int = 1
