from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from anomaly_stream.engine.bank.budget import Budget
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import AnomalyDetectionConfig, SeverityBands
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.ops.process_metrics import PREFIX
from anomaly_stream.registry.promised_alerts import alerts_per_week
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of


def partition(number: int, configs: Sequence[AnomalyDetectionConfig], values: Sequence[float]) -> Partition:
    """A partition with two series, to which these values came every minute."""
    plan = plan_of(*configs)
    found = Partition(number, plan, compile_groups([], SeverityBands()), SOURCES, "groups")
    for turn, value in enumerate(values):
        feed(found, [message(unit, value, 60.0 * turn) for unit in "ab"], turn * 10)
    return found


def test_promised_and_opened_alerts_are_those_of_configs_with_a_maximum() -> None:
    configs = [config("limited", alert_score=60.0, false_alarms_per_week=1.0), config("other")]
    calm = [10.0 + turn % 3 for turn in range(40)]
    held = [partition(0, configs, calm), partition(1, configs, [*calm, 900.0])]
    metrics = WorkerMetrics(CollectorRegistry())
    gauges = Gauges(metrics, Budget(10, 10**9))

    def sample(name: str, config_id: str = "limited") -> float | None:
        return metrics.registry.get_sample_value(PREFIX + name, {"config": config_id})

    gauges.promises(held)
    assert sample("promised_series") == 4
    assert sample("promised_alerts_per_week") == pytest.approx(
        4 * alerts_per_week(60.0, 60.0, by_model=False)
    )
    assert sample("opened_alerts_per_day") == 2
    assert sample("promised_series", "other") is None
    gauges.promises(held[:1])
    assert (sample("promised_series"), sample("opened_alerts_per_day")) == (2, 0)
    gauges.promises([])
    assert sample("promised_series") is None
