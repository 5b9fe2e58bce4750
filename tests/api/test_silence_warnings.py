"""A silence that names what nobody has now is created, with a warning."""

from typing import Any

import pytest

from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model.status import PartitionStatus, SeenMetric
from tests.api.served import Served
from tests.api.test_filter_warnings import seeing
from tests.api.world import World
from tests.cli.test_faults import run

ONCE = {"until": "2099-01-01T00:00:00Z", "reason": "the database moves"}


@pytest.fixture
def world() -> World:
    made = World()
    made.workers = seeing("checkout_ms", "hidden_ms")
    made.create(id="checkout")
    made.create(by="search", id="index", metric="index_ms")
    answer = made.call(
        "POST", "/v1/groups", {"id": "pair", "members": {"a": "checkout_ms", "b": "pay_ms"}, "by": ["host"]}
    )
    assert answer.status_code == 201, answer.text
    return made


def warnings(world: World, by: str = "payments", **changes: Any) -> dict[str, str]:
    answer = world.call("POST", "/v1/silences", {**ONCE, **changes}, by=by)
    assert answer.status_code == 201, answer.text
    return {each["field"]: each["message"] for each in answer.json()["warnings"]}


def test_what_is_there_is_no_warning(world: World) -> None:
    assert warnings(world) == {}
    assert warnings(world, config="checkout", metric="checkout_*", match={"env": "prod"}) == {}
    assert warnings(world, metric="pair", **{"while": {"config": "pair", "metric": "checkout_ms"}}) == {}
    assert warnings(world, by="sre", owner="", config="index", metric="hidden_ms") == {}
    assert warnings(world, by="sre", owner="guests") == {}


def test_what_is_not_there_is_named_with_what_may_be_meant(world: World) -> None:
    assert warnings(world, config="chekout", metric="checkout_m") == {
        "config": "no config 'chekout' of the group 'payments' is in force now; did you mean 'checkout'?",
        "metric": "no worker sees a metric 'checkout_m' now; did you mean 'checkout_ms'?",
    }
    assert warnings(world, config="checkout", **{"while": {"config": "nothing", "metric": "zzz*"}}) == {
        "while.config": "no config 'nothing' of the group 'payments' is in force now",
        "while.metric": "no worker sees a metric 'zzz*' now",
    }
    assert warnings(world, by="sre", owner="serch") == {
        "owner": "'serch': nothing belongs to such a group; did you mean 'search'?"
    }
    assert warnings(world, by="sre", owner="", config="nothing") == {
        "config": "no config 'nothing' is in force now"
    }


def test_labels_that_no_series_has_are_named(world: World) -> None:
    assert warnings(world, match={"hots": "web-1"}) == {}  # no worker reports labels
    seen = SeenMetric("checkout_ms", 1, 1.0, {"host": {"web-1": 1}})
    world.workers = WorkerStatus().with_reports([PartitionStatus(1, "a:1", 0, 0, 9, 2, 1.0, metrics=[seen])])
    assert warnings(world, match={"host": "web-2"}, **{"while": {"equal": ["host"]}}) == {}
    said = "no worker sees a label 'hots' now; did you mean 'host'?"
    other = {"match": {"hots": "web-1"}, "equal": ["hots"]}
    assert warnings(world, match={"hots": "web-1"}, **{"while": other}) == {
        "match": said,
        "while.match": said,
        "while.equal": said,
    }


def test_a_silence_that_is_over_already_is_named(world: World) -> None:
    found = warnings(world, until="2020-01-02T00:00:00Z", **{"from": "2020-01-01T00:00:00Z"})
    assert list(found) == ["until"]
    assert "the silence is over" in found["until"]


def test_what_others_have_is_not_there(world: World) -> None:
    assert list(warnings(world, config="index")) == ["config"]  # of another group: it would suppress nothing
    assert list(warnings(world, metric="hidden_ms")) == ["metric"]


def test_without_reports_of_workers_no_metric_is_doubted(world: World) -> None:
    world.workers = seeing()
    assert warnings(world, metric="checkout_m") == {}


def test_the_command_line_prints_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served()
    try:
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", served.world.token["search"])
        options = ("silences", "add", "--for", "2h", "--reason", "work")
        code, out, err = run(capsys, *options, "--config", "gone")
        warning, told = err.splitlines()
        assert (code, warning) == (
            0,
            "anomaly-stream: warning: config: no config 'gone' of the group 'search' is in force now",
        )
        assert told.startswith("Silence of")
        assert out.strip() in served.world.silences.current().by_id
        assert len(run(capsys, *options)[2].splitlines()) == 1
    finally:
        served.stop()
