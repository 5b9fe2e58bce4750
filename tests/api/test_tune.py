"""Requests for a proposal: rights, refusals, and the task that they start.

``tests/integration/test_tune.py`` has the proposal itself.
"""

import json

import pytest

from anomaly_stream.api.tasks.messages import TuneTask
from anomaly_stream.client import Client
from tests.api.served import Served
from tests.api.tasks import task_of
from tests.api.world import World

PATH = "/v1/configs/flow/tune"


def test_a_proposal_is_a_job(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "anomaly_stream.audit"):
        answer = world.call("POST", PATH, {"since": "1h", "objective": "precision"})
    assert (answer.status_code, answer.json()["config_id"]) == (202, "flow"), answer.text
    assert world.call("GET", answer.headers["Location"]).json() == answer.json()
    task = task_of(world.jobs, TuneTask)
    assert (task.job_id, task.config_id, task.objective) == (answer.json()["id"], "flow", "precision")
    assert task.since == world.state.clock() - 3600.0
    (line,) = [json.loads(each.message) for each in caplog.records if each.name == "anomaly_stream.audit"]
    assert (line["action"], line["id"]) == ("tune", "flow")


def test_a_week_is_replayed_by_default(world: World) -> None:
    assert world.call("POST", PATH, {}).status_code == 202
    assert (task_of(world.jobs, TuneTask).since, task_of(world.jobs, TuneTask).objective) == (
        world.state.clock() - 7 * 86_400.0,
        "keep-true",
    )


@pytest.mark.parametrize(
    "document", [{"since": "soon"}, {"since": 0}, {"objective": "fewer"}, {"color": "red"}, []]
)
def test_faults_are_named(world: World, document: object) -> None:
    answer = world.call("POST", PATH, document)
    assert (answer.status_code, answer.json()["detail"]) == (422, "The request is invalid.")
    assert answer.json()["errors"][0]["message"]
    assert world.jobs.tasks == []


def test_it_needs_an_editor_of_the_owner(world: World) -> None:
    assert world.call("POST", PATH, {}, by=world.new_token("payments", role="viewer")).status_code == 403
    assert world.call("POST", PATH, {}, by="search").status_code == 404
    assert world.call("POST", "/v1/configs/other/tune", {}).status_code == 404
    assert world.jobs.tasks == []


def test_by_the_client() -> None:
    served = Served()
    try:
        served.world.create(id="flow")
        with Client(served.url, served.world.token["payments"]) as client:
            job = client.configs.tune("flow", since="2d")
            assert client.job(job.id).proposal is None
        assert task_of(served.world.jobs, TuneTask).objective == "keep-true"
    finally:
        served.stop()
