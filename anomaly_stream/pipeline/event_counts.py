"""Alerts and anomalies of each config, counted over the last 24 hours of processing."""

from collections import Counter
from collections.abc import Iterator

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.model import AlertEvent, Status
from anomaly_stream.pipeline.hourly_counts import HourlyCounts


class EventCounts:
    """Counts by config id and by the worker's clock, which the caller supplies.

    Attributes:
        alerts: those that opened.
        anomalies: anomalous values.
        withheld: alerts that were withheld when they opened.
    """

    def __init__(self, since_s: float) -> None:
        self.alerts, self.anomalies, self.withheld = (HourlyCounts(since_s) for _ in range(3))

    def add(self, output: Output, plan: Plan) -> None:
        """Count the anomalies, and the opened and the withheld alerts, of a run of records."""
        self.withheld.add(output.withheld)
        self.alerts.add(Counter(alert.config_id for alert in opened(output)))
        outcome = output.outcome
        if outcome is None:  # of the groups topic
            scores = (score.body for score in output.scores)
            self.anomalies.add(Counter(score.config_id for score in scores if score.status == "anomaly"))
            return
        anomalous = Counter(outcome.config[outcome.status == Status.ANOMALY].tolist())
        self.anomalies.add({plan.configs[config].id: count for config, count in anomalous.items()})

    def advance(self, now_s: float) -> None:
        """Move the clock to ``now_s``."""
        for counts in (self.alerts, self.anomalies, self.withheld):
            counts.advance(now_s)


def opened(output: Output) -> Iterator[AlertEvent]:
    """The events of a run of records that open an alert."""
    return (alert.body for alert in output.alerts if alert.body.status == "firing")
