"""Feedback on alerts over HTTP, by the client and the command line; a label moves the precision."""

import json
from collections.abc import Iterator

import msgspec
import pytest

from anomaly_stream.api.alert_answers import AlertAnswer, PrecisionAnswer
from anomaly_stream.client import Client, ForbiddenError, InvalidError, NotFoundError
from anomaly_stream.model.feedback import Feedback
from tests.api.served import Served
from tests.api.world import World
from tests.cli.test_faults import run
from tests.history.messages import NOW, alert_event, alerts

EVIDENCE = {"iqr": {"statistic": 9.0, "p": 0.01}, "auto": {"statistic": 9.0, "p": 0.001}}


def fill(world: World) -> None:
    world.history.record(
        *alerts(
            alert_event("a", start=NOW - 60, detectors=EVIDENCE),
            alert_event("a", "resolved", NOW, start=NOW - 60),
            alert_event("b"),
            alert_event("s", owner="search", config_id="other"),
        )
    )


@pytest.fixture
def world() -> World:
    made = World()
    fill(made)
    return made


def say(world: World, alert: str, by: str = "payments", **document: object) -> int:
    return world.call("POST", f"/v1/alerts/{alert}/feedback", document, by=by).status_code


def test_a_label_moves_the_precision_and_shows_at_similar_alerts(world: World) -> None:
    answer = world.call("POST", "/v1/alerts/a/feedback", {"judgement": "true_alarm", "note": "disk"})
    given = msgspec.json.decode(answer.content, type=Feedback)
    assert (given.alert_id, given.judgement, given.detector, given.started_at) == (
        "a",
        "true_alarm",
        "auto",
        NOW - 60,
    )
    assert given.author.startswith("token:")
    row = world.call("GET", "/v1/precision").json()["items"]
    assert [(each["key"], each["precision"]) for each in row] == [("load", 1.0)]
    assert say(world, "b", judgement="false_alarm") == 200
    by_detector = world.call("GET", "/v1/precision?by=detector&interval=week")
    (auto, none) = sorted(
        msgspec.json.decode(by_detector.content, type=PrecisionAnswer).items, key=lambda one: -len(one.key)
    )
    assert (auto.key, auto.true_alarms, none.key, none.false_alarms) == ("auto", 1, "", 1)
    (row,) = world.call("GET", "/v1/precision").json()["items"]
    assert row["precision"] == 0.5
    assert row["lower"] < 0.5 < row["upper"]

    found = msgspec.json.decode(world.call("GET", "/v1/alerts/b").content, type=AlertAnswer)
    assert found.feedback is not None
    assert found.feedback.judgement == "false_alarm"
    assert [(one.alert.alert_id, one.feedback and one.feedback.note) for one in found.similar] == [
        ("a", "disk")
    ]


def test_alerts_that_are_not_on_values_do_not_count_for_the_precision(world: World) -> None:
    world.history.record(*alerts(*(alert_event(each, condition=each) for each in ("no_data", "overflow"))))
    for alert in ("no_data", "overflow"):
        answer = world.call("POST", f"/v1/alerts/{alert}/feedback", {"judgement": "false_alarm"})
        assert msgspec.json.decode(answer.content, type=Feedback).condition == alert
    for by in ("config", "detector", "owner"):
        assert world.call("GET", f"/v1/precision?by={by}").json()["items"] == []
    assert say(world, "a", judgement="true_alarm") == 200
    (row,) = world.call("GET", "/v1/precision").json()["items"]
    assert (row["true_alarms"], row["false_alarms"]) == (1, 0)


def test_feedback_needs_an_editor_of_the_owner(world: World) -> None:
    assert say(world, "a", judgement="true_alarm", by=world.new_token("payments", role="viewer")) == 403
    assert say(world, "a", judgement="true_alarm", by="guests") == 403
    assert say(world, "a", judgement="true_alarm", by="search") == 404
    assert say(world, "s", judgement="true_alarm", by="search") == 200
    assert world.call("GET", "/v1/precision").json()["items"] == []
    assert len(world.call("GET", "/v1/precision", by="sre").json()["items"]) == 1


@pytest.mark.parametrize(
    "document",
    [{}, {"judgement": "perhaps"}, {"judgement": "true_alarm", "color": "red"}, {"judgement": 1}, []],
)
def test_faults_are_named(world: World, document: object) -> None:
    answer = world.call("POST", "/v1/alerts/a/feedback", document)
    assert (answer.status_code, answer.json()["detail"]) == (422, "The feedback is invalid.")
    assert answer.json()["errors"][0]["message"]


def test_feedback_is_in_the_audit_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "anomaly_stream.audit"):
        assert say(world, "a", judgement="true_alarm") == 200
    (line,) = [json.loads(each.message) for each in caplog.records if each.name == "anomaly_stream.audit"]
    assert (line["action"], line["id"], line["to"]["judgement"]) == ("feedback", "a", "true_alarm")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    fill(made.world)
    yield made
    made.stop()


def test_by_the_client(served: Served) -> None:
    with Client(served.url, served.world.token["payments"]) as client:
        assert [each.alert_id for each in client.alerts.list()] == ["b", "a"]
        assert [each.alert_id for each in client.alerts.list(status="firing")] == ["b"]
        assert client.alerts.give_feedback("b", "expected_change", "a sale").note == "a sale"
        account = client.alerts.get("b")
        assert account.feedback is not None
        assert (account.feedback.judgement, len(account.similar)) == ("expected_change", 1)
        assert [each.expected_changes for each in client.alerts.precision()] == [1]
        with pytest.raises(NotFoundError):
            client.alerts.get("s")
        with pytest.raises(InvalidError):
            client.alerts.give_feedback("b", "perhaps")  # type: ignore[arg-type]
    with Client(served.url, served.world.token["guests"]) as client, pytest.raises(ForbiddenError):
        client.alerts.give_feedback("b", "true_alarm")


def test_by_the_command_line(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANOMALY_API_URL", served.url)
    monkeypatch.setenv("ANOMALY_API_TOKEN", served.world.token["payments"])
    code, out, _ = run(capsys, "alerts", "list", "--json")
    assert [json.loads(line)["alert_id"] for line in out.splitlines()] == ["b", "a"]
    assert "load is 2" in run(capsys, "alerts", "list")[1]
    code, out, _ = run(capsys, "alerts", "feedback", "a", "false_alarm", "--note", "noise")
    assert (code, "a: false_alarm, by token:" in out) == (0, True)
    assert json.loads(run(capsys, "alerts", "show", "a")[1])["feedback"]["note"] == "noise"
    assert "0.00" in run(capsys, "alerts", "precision", "--interval", "week")[1]
    code, _, err = run(capsys, "alerts", "show", "s")
    assert (code, "There is no alert 's'" in err) == (1, True)
