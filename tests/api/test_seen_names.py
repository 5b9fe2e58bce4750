"""A config that names a metric or a label that no worker sees is put in force, with a warning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model.status import PartitionStatus, SeenMetric
from anomaly_stream.pipeline.seen_metrics import LABEL_NAMES
from tests.api.served import Served
from tests.api.world import World
from tests.cli.test_faults import run

HOSTS = {"host": {"web-1": 1}}
UNSEEN = "no worker sees a metric 'checkout_m' now; did you mean 'checkout_ms'?"


def seeing(metrics: Mapping[str, Mapping[str, dict[str, int]]], left_out: int = 0) -> WorkerStatus:
    """A worker that sees a series of each metric, with these labels."""
    seen = [
        SeenMetric(
            name, 1, 1.0, dict(labels), [{name: next(iter(values)) for name, values in labels.items()}]
        )
        for name, labels in metrics.items()
    ]
    report = PartitionStatus(1, "a:1", 0, 0, 9, 2, 1.0, metrics=seen, metrics_left_out=left_out)
    return WorkerStatus().with_reports([report])


@pytest.fixture
def world() -> World:
    made = World()
    made.workers = seeing({"checkout_ms": HOSTS, "pay_ms": {}, "hidden_ms": {"secret": {"x": 1}}})
    return made


def said(world: World, kind: str = "configs", caller: str = "payments", **document: Any) -> dict[str, str]:
    """By field, the warnings of a creation. Those of a validation are the same."""
    document = {"id": "new", **document}
    made = world.call("POST", f"/v1/{kind}", document, caller)
    assert made.status_code == 201, made.text
    checked = world.call("POST", f"/v1/{kind}:validate", document, caller)
    assert checked.status_code == 200, checked.text
    assert checked.json()["warnings"] == made.json()["warnings"]
    return {each["field"]: each["message"] for each in made.json()["warnings"]}


def test_what_is_there_is_no_warning(world: World) -> None:
    assert said(world, metric="checkout_*", match={"host": "web-2"}) == {}


def test_a_metric_that_no_worker_sees_is_named_with_what_may_be_meant(world: World) -> None:
    assert said(world, metric="checkout_m", match={"hots": "web-1"}) == {"metric": UNSEEN}


def test_a_label_that_no_series_of_the_metric_has_is_named(world: World) -> None:
    label = "no worker sees a label 'hots' on 'checkout_ms' now; did you mean 'host'?"
    assert said(world, metric="checkout_ms", match={"hots": "web-1"}) == {"match": label}


def test_a_label_of_a_metric_without_labels_is_named(world: World) -> None:
    label = "no worker sees a label 'host' on 'pay_ms' now"
    assert said(world, metric="pay_ms", match={"host": "web-1"}) == {"match": label}


@pytest.mark.parametrize("matcher", [{"hots": "!=web-1"}, {"hots": "!~web-.*"}, {"hots": "=~(web-1)?"}])
def test_a_label_that_may_be_absent_is_not_missed(world: World, matcher: dict[str, str]) -> None:
    assert said(world, metric="checkout_ms", match=matcher) == {}


def test_members_of_a_group_are_named_each(world: World) -> None:
    members = {"a": "checkout_m", "b": {"metric": "pay_ms", "match": {"host": "web-1"}}, "c": "checkout_ms"}
    assert said(world, "groups", members=members, by=["host"]) == {
        "members.a.metric": UNSEEN,
        "members.b.match": "no worker sees a label 'host' on 'pay_ms' now",
        "by": "no worker sees a label 'host' on 'pay_ms' now",
    }


def test_what_the_caller_may_not_see_is_neither_there_nor_named(world: World) -> None:
    world.workers = seeing({"hidden_checkout_ms": HOSTS})
    assert said(world, metric="checkout_ms", match={"host": "web-1"}) == {
        "metric": "no worker sees a metric 'checkout_ms' now"
    }
    named = said(world, caller="sre", id="other", metric="hidden_checkout_m")
    assert named["metric"].endswith("did you mean 'hidden_checkout_ms'?")


def test_a_change_and_a_rollback_warn_too(world: World) -> None:
    said(world, metric="checkout_ms")
    change = world.call("PATCH", "/v1/configs/new", {"metric": "checkout_m"}, If_Match="*")
    assert [each["message"] for each in change.json()["warnings"]] == [UNSEEN]
    assert world.call("GET", "/v1/configs/new").json()["warnings"] == []
    back = world.call("POST", "/v1/configs/new:rollback", {"version": 1}, If_Match="*")
    assert back.json()["warnings"] == []


@pytest.mark.parametrize("workers", [WorkerStatus(), seeing({}), seeing({"checkout_ms": HOSTS}, left_out=1)])
def test_nothing_is_doubted_where_workers_do_not_report_all(world: World, workers: WorkerStatus) -> None:
    world.workers = workers
    assert said(world, metric="checkout_m") == {}
    silence = {"metric": "checkout_m", "until": "2099-01-01T00:00:00Z", "reason": "work"}
    assert world.call("POST", "/v1/silences", silence).json()["warnings"] == []


def test_no_label_is_doubted_where_some_are_not_reported(world: World) -> None:
    world.workers = seeing({"checkout_ms": {f"l{n}": {"x": 1} for n in range(LABEL_NAMES)}})
    assert said(world, metric="checkout_ms", match={"host": "web-1"}) == {}


def test_the_command_line_prints_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served = Served()
    try:
        served.world.workers = seeing({"checkout_ms": HOSTS})
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", served.world.token["payments"])
        file = tmp_path / "new.yaml"
        file.write_text("id: new\nmetric: checkout_m\nbaseline_period: 365d\n")
        for verb in ("validate", "apply"):
            code, _, err = run(capsys, "configs", verb, str(file))
            static, *of_api = (line for line in err.splitlines() if "warning" in line)
            assert code == 0
            assert "baseline_period" in static
            assert of_api == [f"anomaly-stream: warning: {file}:2: metric: {UNSEEN}"]
        file.write_text("id: new\nmetric: checkout_ms\n")
        assert "warning" not in run(capsys, "configs", "apply", str(file))[2]
        code, out, err = run(capsys, "configs", "rollback", "new", "1")
        assert (code, out) == (0, "new: version 3\n")
        assert f"anomaly-stream: warning: new: metric: {UNSEEN}" in err.splitlines()
    finally:
        served.stop()
