"""An empty list says which of its filters name nothing, and times that are exchanged are refused."""

import json

import pytest

from anomaly_stream.api.filter_warnings import HEADER
from anomaly_stream.client import Client
from anomaly_stream.kafka.worker_status import WorkerStatus
from anomaly_stream.model.status import PartitionStatus, SeenMetric
from tests.api.served import Served
from tests.api.world import World
from tests.cli.test_faults import run
from tests.history.messages import NAMES, NOW, alert_event, alerts, config, record, score

LISTS = ("/v1/alerts", "/v1/anomalies", "/v1/incidents")
"""Lists of the history; a file is at the same path with ``:export``."""


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.history.record(
        record(NAMES.configs, 0, config(1, at=NOW)),
        record(NAMES.configs, 1, config(1, owner="search").replace(b'"load"', b'"other"'), key=b"other"),
        *alerts(alert_event("a", incident_id="i"), alert_event("b", owner="search", config_id="other")),
        record(NAMES.scores, 0, score(NOW)),
    )
    return made


def seeing(*metrics: str) -> WorkerStatus:
    """A worker that sees a series of each metric."""
    seen = [SeenMetric(name, 1, 1.0) for name in metrics]
    return WorkerStatus().with_reports([PartitionStatus(1, "a:1", 0, 0, 9, 2, 1.0, metrics=seen)])


def warnings(world: World, path: str, by: str = "payments", **query: str) -> list[tuple[str, str]]:
    """Field and message of each warning; a file has the same as the list."""
    answer = world.client.get(path, params=query, headers={"Authorization": f"Bearer {world.token[by]}"})
    assert answer.status_code == 200, answer.text
    found = answer.json()["warnings"]
    if path in LISTS:
        headers = {"Authorization": f"Bearer {world.token[by]}"}
        for form in ("csv", "ndjson", "parquet"):
            file = world.client.get(f"{path}:export", params={**query, "format": form}, headers=headers)
            assert json.loads(file.headers.get(HEADER, "[]")) == found
    return [(each["field"], each["message"]) for each in found]


@pytest.mark.parametrize("path", LISTS)
def test_a_normal_answer_has_none(world: World, path: str) -> None:
    assert warnings(world, path) == []
    assert warnings(world, path, config="load", metric="load", owner="payments", label="env=prod") == []
    later = {"since": "2099-01-01T00:00:00Z", "until": "2099-01-02T00:00:00Z", "severity": "minor"}
    known = {"config": "load", "metric": "load", "owner": "payments", "label": "env=x"}
    assert warnings(world, path, **known, **later) == []


@pytest.mark.parametrize("path", [*LISTS, "/v1/precision"])
def test_what_is_not_known_is_named_with_what_may_be_meant(world: World, path: str) -> None:
    assert [field for field, _ in warnings(world, path, config="x", metric="y", owner="z")] == [
        "config",
        "metric",
        "owner",
    ]
    ((_, said),) = warnings(world, path, config="lod")
    assert said.endswith("can see no such config; did you mean 'load'?")
    ((_, said),) = warnings(world, path, by="sre", owner="serch")
    assert said == "'serch': nothing belongs to such a group; did you mean 'search'?"


@pytest.mark.parametrize("path", LISTS)
def test_a_label_that_nothing_has_is_named(world: World, path: str) -> None:
    expected = "no worker sees a label with this name now, and the history has nothing with it"
    for label in ("nosuch", "nosuch=1"):
        assert warnings(world, path, label=label) == [("label", f"'nosuch': {expected}")]


OTHER_LISTS = ("/v1/alerts:live", "/v1/configs", "/v1/groups", "/v1/metrics")


@pytest.mark.parametrize("path", [*LISTS, *OTHER_LISTS])
@pytest.mark.parametrize("label", ["", "=", "==", "=x", "env="])
def test_a_label_that_is_none_is_refused_with_the_cure(world: World, path: str, label: str) -> None:
    headers = {"Authorization": f"Bearer {world.token['payments']}"}
    answer = world.client.get(path, params={"label": label}, headers=headers)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["field"]) == (422, "label")
    assert f"{label!r} is no label: write a name, as in env, or a name and its value" in fault["message"]


@pytest.mark.parametrize("path", [*LISTS, "/v1/precision"])
def test_a_group_learns_nothing_of_others(world: World, path: str) -> None:
    """What is another group's is, for the caller, like what does not exist."""

    def said(**query: str) -> str:
        ((_, message),) = warnings(world, path, **query)
        return message

    assert said(config="other") == said(config="xxxxx").replace("xxxxx", "other")
    assert said(owner="search") == said(owner="xxxxxx").replace("xxxxxx", "search")
    assert said(owner="search").endswith("sees only what belongs to payments")
    assert warnings(world, path, by="sre", owner="search", config="other") == []


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("field", "value"),
    [("config", "lo*"), ("metric", "loa?"), ("owner", "pay*"), ("label", "env=pr*"), ("label", "env=~prod")],
)
def test_a_pattern_is_not_expanded(world: World, path: str, field: str, value: str) -> None:
    expected = f"{value!r} is compared as a whole, not as a pattern: write a whole name"
    assert warnings(world, path, **{field: value}) == [(field, expected)]


def test_a_metric_that_workers_see_is_known_to_those_who_may_see_it() -> None:
    world = World()
    world.workers = seeing("checkout_ms", "secret")
    assert warnings(world, "/v1/alerts", metric="checkout_ms") == []
    ((_, said),) = warnings(world, "/v1/alerts", metric="checkout_m")
    assert said.endswith("the history has nothing of it; did you mean 'checkout_ms'?")
    assert [field for field, _ in warnings(world, "/v1/alerts", metric="secret")] == ["metric"]
    assert warnings(world, "/v1/alerts", by="sre", metric="secret") == []


@pytest.mark.parametrize("path", ["/v1/configs", "/v1/silences"])
def test_lists_of_configs_and_silences_know_the_owners(path: str) -> None:
    world = World()
    assert warnings(world, path, owner="payments") == warnings(world, path) == []
    assert warnings(world, path, by="sre", owner="guests") == []
    ((field, said),) = warnings(world, path, by="sre", owner="serch")
    assert (field, said) == ("owner", "'serch': nothing belongs to such a group; did you mean 'search'?")
    ((_, said),) = warnings(world, path, owner="search")
    assert said.endswith("sees only what belongs to payments")


def test_filters_of_configs_that_are_no_patterns() -> None:
    world = World()
    world.create(id="a", metric="checkout_*", match={"env": "prod"})
    assert warnings(world, "/v1/configs", metric="checkout_ms") == []
    assert warnings(world, "/v1/configs", metric="checkout_*") == []  # the config names it so
    found = warnings(world, "/v1/configs", metric="pay_*", label="env=pr*")
    assert [field for field, _ in found] == ["metric", "label"]


@pytest.mark.parametrize("path", [*LISTS, *(f"{path}:export" for path in LISTS), "/v1/precision"])
def test_an_end_before_the_begin_is_refused(world: World, path: str) -> None:
    answer = world.call("GET", f"{path}?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault == {"field": "until", "message": "is before since: exchange the two, or leave one out"}
    moment = "since=2026-01-02T00:00:00Z&until=2026-01-02T00:00:00Z"
    assert world.call("GET", f"{path}?{moment}").status_code == 200  # what was open at a moment


def test_client_and_command_line_pass_them_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, heard = Served(), list[str]()
    try:
        token = served.world.token["sre"]
        with Client(served.url, token, on_warning=heard.append) as client:
            assert list(client.alerts.list(owner="payments")) == heard == []
            assert list(client.alerts.list(config="gone")) == []
            assert list(client.alerts.precision(owner="nobody")) == []
        assert [text.partition(":")[0] for text in heard] == ["config", "owner"]
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", token)
        for verb in ("alerts", "incidents"):
            code, _, err = run(capsys, verb, "list", "--owner", "nobody")
            assert (code, err) == (
                0,
                "anomaly-stream: warning: owner: 'nobody': nothing belongs to such a group\n",
            )
            assert run(capsys, verb, "list", "--owner", "payments")[2] == ""
    finally:
        served.stop()
