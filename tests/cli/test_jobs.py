"""Jobs of the API on the command line: how they end is said, and is the exit code."""

import json
from collections.abc import Iterator

import httpx
import pytest

from anomaly_stream.client import Client, Job
from anomaly_stream.kafka.jobs_topic import Job as JobRecord
from tests.api.served import Served
from tests.cli.test_faults import run
from tests.history.messages import alert_event, alerts

Capture = pytest.CaptureFixture[str]
ADOPT = ("alerts", "feedback", "a", "expected_change", "--adopt")


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    made = Served()
    made.world.create(id="load")
    made.world.history.record(*alerts(alert_event("a")))
    monkeypatch.setenv("ANOMALY_API_URL", made.url)
    monkeypatch.setenv("ANOMALY_API_TOKEN", made.world.token["payments"])
    yield made
    made.stop()


def test_an_adoption_that_fails_is_said_and_is_the_exit_code(served: Served, capsys: Capture) -> None:
    served.world.jobs.state, served.world.jobs.error = "failed", "the topics begin too late"
    code, out, err = run(capsys, *ADOPT)
    (job,) = served.world.jobs.jobs
    assert (code, "baseline" in out) == (1, False)
    assert err.splitlines()[-1] == (
        f"anomaly-stream: job {job} of config load failed: the topics begin too late"
    )
    code, out, err = run(capsys, "jobs", "show", job)
    assert (code, json.loads(out)["state"]) == (1, "failed")
    assert "failed: the topics begin too late" in err
    assert run(capsys, *ADOPT, "--no-wait")[0] == 0


def test_an_adoption_that_is_done_says_what_was_learned(served: Served, capsys: Capture) -> None:
    code, out, err = run(capsys, *ADOPT)
    (job,) = served.world.jobs.jobs
    assert (code, out.splitlines()[-1]) == (0, "load: 0 baselines learned again"), err
    assert f"waiting for job {job}" in err
    code, out, _ = run(capsys, "jobs", "show", job, "--wait")
    assert (code, json.loads(out)["state"]) == (0, "done")


def test_a_job_that_is_lost_can_be_started_again(served: Served, capsys: Capture) -> None:
    served.world.jobs.state = "lost"
    code, _, err = run(capsys, *ADOPT)
    assert (code, "is lost, because its server ended: start it again" in err) == (1, True)


def test_a_job_that_does_not_exist(served: Served, capsys: Capture) -> None:
    code, out, err = run(capsys, "jobs", "show", "x", "--wait")
    assert (code, out, "There is no job 'x'." in err) == (1, "", True)


@pytest.mark.parametrize("command", ["jobs", "silences"])
def test_an_empty_id_is_said(served: Served, capsys: Capture, command: str) -> None:
    code, out, err = run(capsys, command, "show", "")
    assert (code, out) == (2, "")
    assert err == f"anomaly-stream: the id is empty: give one of the {command}\n"


def test_the_client_waits_for_the_end_of_a_job() -> None:
    states = iter(["running", "running", "done"])

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": "j", "config_id": "load", "state": next(states)})

    with Client("http://api", transport=httpx.MockTransport(answer)) as client:
        assert client.wait_for("j", poll_s=0.0).state == "done"
    assert [*states] == []


def test_the_client_has_every_field_of_a_job() -> None:
    assert {*Job.__struct_fields__} == {*JobRecord.__struct_fields__}
