"""A failing host is one incident, whichever partitions its series are in."""

import json
from typing import Any

from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed
from tests.engine.inputs import config, plan_of

FIELDS: dict[str, Any] = {
    "metric": "host_*", "owner": "ops", "min_observations": 5, "baseline_period_s": 1e5,
    "incident_by": ("host",), "incident_window_s": 60.0,
}  # fmt: skip
PARTITIONS, METRICS, FAILS_AT = 4, 3, 1030


def values(number: int, host: str, fails: bool) -> list[bytes]:
    """A metric of a host; each one fails a second after the one before."""
    return [
        json.dumps(
            {
                "metric": f"host_{number}",
                "labels": {"host": host, "cpu": str(number)},
                "timestamp": 1000.0 + i,
                "value": 500.0 if fails and i >= FAILS_AT - 1000 + number else 10.0 + i % 3,
            }
        ).encode()
        for i in range(50)
    ]


def test_an_injected_host_failure_is_one_incident_over_partitions() -> None:
    events = []
    for partition in range(PARTITIONS):
        pipeline = Pipeline(plan_of(config("a", **FIELDS)), SOURCES)
        for metric in range(METRICS):
            number = METRICS * partition + metric
            sent = [*values(number, "sick", fails=True), *values(number, "well", fails=False)]
            events += [alert.body for alert in feed(pipeline, sent, 1000 * metric).alerts]
    firing = [event for event in events if event.status == "firing"]
    assert len({event.alert_id for event in firing}) == PARTITIONS * METRICS
    assert {event.labels["host"] for event in firing} == {"sick"}
    assert len({event.incident_id for event in events}) == 1
    first = min(firing, key=lambda event: event.episode.start)
    assert (first.metric, first.episode.start) == ("host_0", float(FAILS_AT))
