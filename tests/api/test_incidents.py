"""Incidents over HTTP, by the client and by the command line."""

import csv
import io
import json

import msgspec
import pytest

from anomaly_stream.api.alert_answers import IncidentAnswer, IncidentPage
from anomaly_stream.client import Client, NotFoundError
from tests.api.served import Served
from tests.api.world import World
from tests.cli.test_faults import run
from tests.history.messages import alerts
from tests.history.test_incidents import HOST_A, OTHERS


@pytest.fixture
def world() -> World:
    made = World()
    made.history.record(*alerts(*HOST_A, *OTHERS))
    return made


def test_a_group_sees_its_own_incidents_alone(world: World) -> None:
    def seen(by: str, query: str = "") -> list[str]:
        answer = world.call("GET", f"/v1/incidents{query}", by=by)
        assert answer.status_code == 200, answer.text
        return [item["incident_id"] for item in answer.json()["items"]]

    assert (seen("payments"), seen("search"), seen("guests"), seen("sre")) == (["A"], ["B"], [], ["B", "A"])
    assert seen("search", "?owner=payments") == []
    assert seen("sre", "?status=firing&label=host%3Da&metric=cpu") == ["A"]
    assert seen("sre", "?suppressed=true") == []
    refused = world.call("GET", "/v1/incidents/B")
    assert (refused.status_code, refused.json()["detail"]) == (404, "There is no incident 'B'.")
    assert world.call("GET", "/v1/incidents?status=updated").status_code == 422


def test_the_answers_are_as_described(world: World) -> None:
    page = msgspec.json.decode(
        world.call("GET", "/v1/incidents?limit=1", by="sre").content, type=IncidentPage
    )
    assert ([each.incident_id for each in page.items], page.next is None) == (["B"], False)
    second = world.call("GET", f"/v1/incidents?limit=1&cursor={page.next}", by="sre").json()
    assert ([each["incident_id"] for each in second["items"]], second["next"]) == (["A"], None)
    found = msgspec.json.decode(world.call("GET", "/v1/incidents/A").content, type=IncidentAnswer)
    assert [each.alert_id for each in found.alerts] == ["disk", "cpu", "net"]
    assert found.incident.first == found.alerts[0]
    alerts_of = world.call("GET", "/v1/alerts?incident=A").json()["items"]
    assert {each["alert_id"] for each in alerts_of} == {"disk", "cpu", "net"}


def test_files(world: World) -> None:
    rows = list(csv.DictReader(io.StringIO(world.call("GET", "/v1/incidents:export", by="sre").text)))
    assert [(row["incident_id"], row["alerts"], row["metrics"]) for row in rows] == [
        ("B", "1", "load"),
        ("A", "3", "cpu disk load"),
    ]
    assert (rows[1]["labels"], rows[1]["explanation"]) == ('{"host":"a"}', "load is 2")
    lines = world.call("GET", "/v1/incidents:export?format=ndjson").text.splitlines()
    assert [json.loads(line)["incident_id"] for line in lines] == ["A"]


def test_client_and_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served()
    try:
        served.world.history.record(*alerts(*HOST_A, *OTHERS))
        token = served.world.token["payments"]
        with Client(served.url, token) as client:
            assert [each.alerts for each in client.incidents.list(status="firing")] == [3]
            account = client.incidents.get("A")
            assert [each.alert_id for each in account.alerts] == ["disk", "cpu", "net"]
            assert len(list(client.alerts.list(incident="A"))) == 3
            with pytest.raises(NotFoundError):
                client.incidents.get("B")
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", token)
        code, out, _ = run(capsys, "incidents", "list", "--json")
        assert (code, json.loads(out)["incident_id"]) == (0, "A")
        assert "3 (3 open)" in run(capsys, "incidents", "list", "--label", "host=a")[1]
        assert json.loads(run(capsys, "incidents", "show", "A")[1])["incident"]["open"] == 3
    finally:
        served.stop()
