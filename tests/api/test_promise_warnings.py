"""A rate of ``max_false_alarms`` that the series seen void is a warning of the change."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from anomaly_stream.api.app import create_app
from anomaly_stream.api.caller import Caller
from anomaly_stream.api.state import ApiState
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.kafka.config_writer import Decide
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model.status import PartitionStatus, SeenMetric
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import GroupAccess

CONTEXT = config_context(Settings())
SHARED = {"rate": "1/week", "per": "config", "series": 2}


class Store:
    def current(self) -> Registry:
        return Registry(CONTEXT)

    def write(self, decide: Decide) -> Registry:
        raise AssertionError("nothing is written here")


def warnings(budget: object, interval_s: float = 60.0, **fields: object) -> list[dict[str, Any]]:
    """Those of a config on a metric with five series, which send a value every ``interval_s``."""
    seen = SeenMetric("flow", 5, 5 * 60.0 / interval_s if interval_s else 0.0, {"site": {"A": 5}})
    workers = WorkerStatus().with_reports([PartitionStatus(1, "a:1", 0, 0, 9, metrics=[seen])])
    caller = Caller("ann", {"ops": GroupAccess(role="admin")})
    metrics = ApiMetrics(CollectorRegistry())
    state = ApiState(
        Settings(), CONTEXT, Store(), lambda _: caller, metrics, series=workers, workers=lambda: workers
    )
    document = {
        "metric": "flow",
        "detectors": ["zscore"],
        "max_false_alarms": budget,
        "owner": "ops",
        **fields,
    }
    answer = TestClient(create_app(state)).post("/v1/configs?dry_run=true", json=document)
    assert answer.status_code == 200, answer.text
    assert answer.json()["series"]["count"] == 5
    found: list[dict[str, Any]] = answer.json()["warnings"]
    return found


def test_more_series_than_share_a_rate() -> None:
    assert warnings({**SHARED, "rate": "0.01/week"}) == [
        {
            "field": "max_false_alarms",
            "message": "config flow allows at most 0.01/week for 2 series together, but it judges 5, and "
            "their thresholds promise 0.025/week: set series of max_false_alarms to the number of all its "
            "series",
        }
    ]


@pytest.mark.parametrize(
    "budget",
    [
        {**SHARED, "rate": "0.01/week", "series": 5},
        {"rate": "0.005/week", "per": "series"},
    ],
)
def test_a_rate_that_holds(budget: object) -> None:
    assert warnings(budget) == []


@pytest.mark.parametrize("budget", ["10/day", {"rate": "10/day", "step": "60s"}])
def test_a_rate_that_changes_nothing(budget: object) -> None:
    (found,) = warnings(budget)
    assert found["field"] == "max_false_alarms"
    assert "no effect" in found["message"]
    assert "promises 0.01/week" in found["message"]


@pytest.mark.parametrize("interval_s", [0.0, 3600.0])
def test_nothing_is_said_of_a_step_that_is_not_known(interval_s: float) -> None:
    """Rates are averaged over five minutes, so they do not give the step of hourly series."""
    assert warnings("10/day", interval_s) == []
    assert warnings({**SHARED, "rate": "0.01/week"}, interval_s) == []


def test_a_declared_step_stands_for_one_that_is_not_known() -> None:
    (found,) = warnings({**SHARED, "rate": "0.01/week", "step": "60s"}, 0.0)
    assert "but it judges 5" in found["message"]
