"""The routes that answer from the reports of workers."""

import time
from collections.abc import Mapping
from datetime import datetime
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
from anomaly_stream.model.alert_rates import LEAST_COVERED_S
from anomaly_stream.model.status import ConfigActivity, PartitionStatus, SeenMetric
from anomaly_stream.ops.api_metrics import ApiMetrics
from anomaly_stream.registry.config_record import encode_record
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from anomaly_stream.settings.api import GroupAccess

CONTEXT = config_context(Settings())
CONFIGS = """
- {id: flow, metric: flow, owner: water}
- {id: latency, metric: "web_*", owner: web}
"""


def registry() -> Registry:
    found = Registry(CONTEXT)
    for offset, parsed in enumerate(parse_document(CONFIGS, "c.yaml", CONTEXT)):
        record = found.revise(parsed, "ann", 1)
        assert record is not None
        found = found.apply(*encode_record(record), offset)
    return found


class Store:
    def current(self) -> Registry:
        return registry()

    def write(self, decide: Decide) -> Registry:
        raise AssertionError("nothing is written here")


def status() -> WorkerStatus:
    flow = ConfigActivity("flow", 5, 2, 1, 3, 4, "refused: min_observations: must be at least 2", 0, 0.75, 3)
    metrics = [
        SeenMetric("flow", 5, 10.0, {"site": {"A": 3, "B": 2}}, [{"site": "A"}]),
        SeenMetric("web_latency", 2, 5.0, {"env": {"prod": 2}}, [{"env": "prod"}]),
        SeenMetric("web_errors", 1, 1.0),
    ]
    covered_s = 4 * LEAST_COVERED_S
    return WorkerStatus().with_reports(
        [
            PartitionStatus(
                1,
                "a:1",
                0,
                0,
                9,
                2,
                configs=[flow],
                metrics=metrics,
                metrics_left_out=7,
                covered_s=covered_s,
            ),
            PartitionStatus(1, "b:2", 1, 0, 9, 1, configs=[ConfigActivity("flow", 1)], covered_s=covered_s),
        ]
    )


def client(groups: Mapping[str, GroupAccess], workers: WorkerStatus | None = None) -> TestClient:
    caller = Caller("ann", groups)
    found = workers if workers is not None else status()
    metrics = ApiMetrics(CollectorRegistry())
    state = ApiState(Settings(), CONTEXT, Store(), lambda _: caller, metrics, workers=lambda: found)
    return TestClient(create_app(state))


ADMIN = {"ops": GroupAccess(role="admin")}
WATER = {"water": GroupAccess(role="viewer", metrics=("flow", "level"))}


def test_the_status_of_a_config() -> None:
    answer = client(ADMIN).get("/v1/configs/flow/status")
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "id": "flow",
        "version": 1,
        "in_force": True,
        "workers": [
            {"worker": "a:1", "in_force": True, "config_offset": 2, "partitions": [0], "series": 5},
            {"worker": "b:2", "in_force": True, "config_offset": 1, "partitions": [1], "series": 1},
        ],
        "series": 6,
        "learning": 2,
        "refused": 1,
        "anomalies": 4,
        "alerts": 3,
        "withheld": 0,
        "alerts_per_day": 18.0,
        "expected_false_alarms_per_day": 0.75,
        "last_error": "refused: min_observations: must be at least 2",
        "incomplete": False,
    }


def test_a_worker_that_has_not_read_the_config_yet_does_not_have_it_in_force() -> None:
    body = client(ADMIN).get("/v1/configs/latency/status").json()  # at offset 1
    assert [worker["in_force"] for worker in body["workers"]] == [True, False]
    assert body["in_force"] is False
    assert body["last_error"] is None


def test_without_workers_nothing_is_in_force() -> None:
    body = client(ADMIN, WorkerStatus()).get("/v1/configs/flow/status").json()
    assert (body["in_force"], body["workers"], body["alerts_per_day"]) == (False, [], None)


@pytest.mark.parametrize("path", ["configs/none", "configs/latency", "groups/flow"])
def test_a_config_of_another_group_or_kind_is_not_found(path: str) -> None:
    assert client(WATER).get(f"/v1/{path}/status").status_code == 404


def names(answer: Any) -> list[str]:
    return [item["name"] for item in answer.json()["items"]]


def test_metrics() -> None:
    answer = client(ADMIN).get("/v1/metrics")
    assert names(answer) == ["flow", "web_errors", "web_latency"]
    assert answer.json()["left_out"] == 7
    assert answer.json()["items"][0] == {
        "name": "flow",
        "series": 5,
        "per_minute": 10.0,
        "labels": {"site": {"A": 3, "B": 2}},
        "examples": [{"site": "A"}],
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=WEB", ["web_errors", "web_latency"]),
        ("label=env", ["web_latency"]),
        ("label=site=B", ["flow"]),
        ("label=site=C", []),
    ],
)
def test_metrics_are_filtered(query: str, expected: list[str]) -> None:
    assert names(client(ADMIN).get(f"/v1/metrics?{query}")) == expected


def test_pages_of_metrics() -> None:
    api = client(ADMIN)
    first = api.get("/v1/metrics?limit=2")
    assert names(first) == ["flow", "web_errors"]
    rest = api.get("/v1/metrics", params={"limit": 2, "cursor": first.json()["next"]})
    assert names(rest) == ["web_latency"]
    assert rest.json()["next"] is None
    assert api.get("/v1/metrics?cursor=!").status_code == 422
    assert api.get("/v1/metrics?unknown=1").status_code == 422


def test_a_group_sees_the_metrics_within_its_prefixes() -> None:
    assert names(client(WATER).get("/v1/metrics")) == ["flow"]
    both = {**WATER, "web": GroupAccess(metrics=("web_e",))}
    assert names(client(both).get("/v1/metrics")) == ["flow", "web_errors"]
    assert names(client({"all": GroupAccess(role="viewer")}).get("/v1/metrics")) == [
        "flow",
        "web_errors",
        "web_latency",
    ]


def test_a_new_config_says_until_when_it_learns() -> None:
    """Two series with 5 values per minute together: 30 values of each take 720 s."""
    before = time.time()
    answer = client(ADMIN).post("/v1/configs?dry_run=true", json={"metric": "web_latency", "id": "new"})
    until = datetime.fromisoformat(answer.json()["learning_until"]).timestamp()
    assert before + 719 < until < time.time() + 721
    silent = client(ADMIN).post("/v1/configs?dry_run=true", json={"metric": "unseen"})
    assert silent.json()["learning_until"] is None
