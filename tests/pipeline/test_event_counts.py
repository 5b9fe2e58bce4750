"""Alerts and anomalies counted by the hour."""

from anomaly_stream.pipeline.event_counts import EventCounts
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of

HOUR = 3600.0


def test_counts_leave_after_a_day() -> None:
    subject = Pipeline(plan_of(config("a", min_observations=5, baseline_period_s=1e5)), SOURCES)
    usual = feed(subject, [message("u", 10.0 + i % 3, 1000.0 + i) for i in range(30)])
    spikes = feed(subject, [message("u", 900.0, 1030.0), message("u", 901.0, 1031.0)], 30)
    counts = EventCounts(10 * HOUR)
    counts.add(usual, subject.plan)
    assert not counts.alerts.total()
    counts.advance(10.5 * HOUR)
    counts.add(spikes, subject.plan)
    assert counts.alerts.total() == {"a": 1}
    assert counts.anomalies.total() == {"a": 2}
    assert counts.alerts.covered_s == 0.5 * HOUR
    counts.advance(33.9 * HOUR)
    assert counts.alerts.total() == {"a": 1}
    assert counts.alerts.covered_s <= 24 * HOUR
    counts.advance(34.1 * HOUR)
    assert not counts.alerts.total()
    assert not counts.anomalies.total()
    assert 23 * HOUR <= counts.alerts.covered_s <= 24 * HOUR
