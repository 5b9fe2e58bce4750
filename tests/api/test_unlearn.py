"""Requests that remove values from baselines: rights, refusals, and the task that they start.

``tests/integration/test_unlearn.py`` has the removal itself.
"""

import json
import re

import pytest

from anomaly_stream.api.tasks.messages import UnlearnTask
from anomaly_stream.client import Client
from tests.api.served import Served
from tests.api.tasks import task_of
from tests.api.world import World
from tests.cli.test_faults import run
from tests.history.messages import alert_event, alerts

PATH = "/v1/configs/flow/unlearn"
RANGE = {"from": "2026-01-31T10:00:00Z", "to": "2026-01-31T12:00:00Z"}
SINCE = {"learn_from": "2026-01-01T00:00:00Z"}


def test_a_range_becomes_a_job(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "anomaly_stream.audit"):
        answer = world.call("POST", PATH, {**RANGE, **SINCE})
    assert (answer.status_code, answer.json()["config_id"]) == (202, "flow"), answer.text
    assert world.call("GET", answer.headers["Location"]).json() == answer.json()
    task = task_of(world.jobs, UnlearnTask)
    assert (task.job_id, task.begin, task.end) == (answer.json()["id"], 1_769_853_600.0, 1_769_860_800.0)
    assert (task.learn_from, task.alert_id, task.metric) == (1_767_225_600.0, None, None)
    assert task.author.startswith("token:")
    (line,) = [json.loads(each.message) for each in caplog.records if each.name == "anomaly_stream.audit"]
    assert (line["action"], line["id"]) == ("unlearn", "flow")


def test_an_alert_and_what_was_before_one(world: World) -> None:
    world.history.record(*alerts(alert_event("a", config_id="flow")))
    assert world.call("POST", PATH, {"before_alert_id": "a"}).status_code == 202
    assert (task_of(world.jobs, UnlearnTask).alert_id, task_of(world.jobs, UnlearnTask).before) == ("a", True)
    world.jobs.tasks.clear()
    assert world.call("POST", PATH, {"alert_id": "a", **SINCE}).status_code == 202
    assert (task_of(world.jobs, UnlearnTask).alert_id, task_of(world.jobs, UnlearnTask).before) == (
        "a",
        False,
    )


@pytest.mark.parametrize(
    ("condition", "cause"),
    [
        (
            "no_data",
            "Alert b is on missing values, .* or let the series begin anew with `anomaly-stream series",
        ),
        (
            "overflow",
            "Alert b is on alerts that were withheld, .*: name the config, the series and the range",
        ),
    ],
)
@pytest.mark.parametrize("field", ["alert_id", "before_alert_id"])
def test_an_alert_that_is_not_on_values_removes_none(
    world: World, condition: str, cause: str, field: str
) -> None:
    world.history.record(*alerts(alert_event("b", config_id="flow", condition=condition)))
    answer = world.call("POST", PATH, {field: "b", **SINCE})
    assert answer.status_code == 422
    assert re.match(cause, answer.json()["detail"])
    assert not world.jobs.tasks


@pytest.mark.parametrize("field", ["alert_id", "before_alert_id"])
def test_an_alert_of_another_group_is_one_that_does_not_exist(world: World, field: str) -> None:
    own = alert_event("own", config_id="other")
    world.history.record(*alerts(alert_event("foreign", config_id="secret", owner="search"), own))
    foreign, unknown = (world.call("POST", PATH, {field: one, **SINCE}) for one in ("foreign", "unknown"))
    assert (foreign.status_code, foreign.json()["detail"]) == (404, "There is no alert 'foreign'.")
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "There is no alert 'unknown'.")
    of_other = world.call("POST", PATH, {field: "own", **SINCE})
    assert (of_other.status_code, of_other.json()["detail"]) == (422, "Alert own is one of config other.")
    assert not world.jobs.tasks


def test_one_series(world: World) -> None:
    series = {"metric": "checkout_ms", "labels": {"site": "berlin"}}
    assert world.call("POST", PATH, {**RANGE, **SINCE, **series}).status_code == 202
    assert (task_of(world.jobs, UnlearnTask).metric, task_of(world.jobs, UnlearnTask).labels) == (
        "checkout_ms",
        {"site": "berlin"},
    )
    assert world.call("POST", PATH, {**RANGE, **SINCE, "metric": "other"}).status_code == 422


@pytest.mark.parametrize(
    "document",
    [
        {},
        SINCE,
        RANGE,
        {"alert_id": "a"},
        {**RANGE, **SINCE, "alert_id": "a"},
        {"alert_id": "a", "before_alert_id": "a", **SINCE},
        {"alert_id": "a", **SINCE, "metric": "checkout_ms"},
        {**RANGE, **SINCE, "labels": {"site": "berlin"}},
        {**SINCE, "from": RANGE["to"], "to": RANGE["from"]},
        {**SINCE, "from": "yesterday"},
        {**RANGE, **SINCE, "color": "red"},
        [],
    ],
)
def test_faults_are_named(world: World, document: object) -> None:
    answer = world.call("POST", PATH, document)
    assert (answer.status_code, answer.json()["detail"]) == (422, "The request is invalid.")
    assert answer.json()["errors"][0]["message"]
    assert world.jobs.tasks == []


def test_it_needs_an_editor_of_the_owner(world: World) -> None:
    asked = {**RANGE, **SINCE}
    assert world.call("POST", PATH, asked, by=world.new_token("payments", role="viewer")).status_code == 403
    assert world.call("POST", PATH, asked, by="search").status_code == 404
    assert world.call("POST", "/v1/configs/other/unlearn", asked).status_code == 404
    assert world.jobs.tasks == []


def test_by_the_client_and_with_feedback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served()
    world = served.world
    try:
        world.create(id="load")
        world.history.record(*alerts(alert_event("a")))
        with Client(served.url, world.token["payments"]) as client:
            job = client.configs.unlearn("load", {**RANGE, **SINCE})
            assert client.job(job.id).removed == 0
        world.jobs.tasks.clear()
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", world.token["payments"])
        code, out, err = run(capsys, "alerts", "feedback", "a", "expected_change", "--adopt")
        assert (code, out.splitlines()[0].split(", job")[0]) == (
            0,
            "load: learns the series again from the values since",
        ), err
        assert (task_of(world.jobs, UnlearnTask).alert_id, task_of(world.jobs, UnlearnTask).before) == (
            "a",
            True,
        )
        assert run(capsys, "alerts", "feedback", "a", "true_alarm", "--adopt")[0] == 2
        world.history.record(*alerts(alert_event("quiet", condition="no_data")))
        code, out, err = run(capsys, "alerts", "feedback", "quiet", "expected_change", "--adopt")
        assert (code, out) == (2, "")
        assert "is on missing values" in err
        assert world.call("GET", "/v1/alerts/quiet").json()["feedback"] is None
    finally:
        served.stop()
