"""Feedback with ``teach`` becomes a command for the series of the alert, and ``true_alarm`` takes it back."""

from typing import Any

import msgspec
import pytest

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.api.alert_answers import FeedbackReceipt
from anomaly_stream.client import Client, InvalidError
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand
from anomaly_stream.registry.series_command import encode_command
from tests.api.served import Served
from tests.api.test_feedback import say
from tests.api.world import World
from tests.cli.test_faults import run
from tests.history.messages import NOW, alert_event, alerts

SERIES = Series.of("checkout_ms", {"host": "a"})
BAND = {"expected": 10.0, "lower": 8.0, "upper": 12.0}


def alert(start: float, value: float, config_id: str = "load", **changes: Any) -> tuple[str, bytes]:
    """Id and firing event of an alert on ``SERIES``; the label ``env`` is one of the config."""
    made = alert_id(config_id, SERIES, start)
    episode = {"start": start, "end": start, "peak_score": 90.0, "peak_value": value, "count": 1}
    event = {
        "metric": SERIES.metric,
        "labels": {"env": "prod", "host": "a"},
        "value": value,
        "episode": episode,
        **BAND,
    }
    return made, alert_event(made, at=start, start=start, config_id=config_id, **{**event, **changes})


SMALL, HIGH, LOW, INSIDE, ELSEWHERE = (
    alert(NOW, 18.0),
    alert(NOW + 1, 30.0),
    alert(NOW + 2, 2.0),
    alert(NOW + 3, 11.0),
    alert(NOW + 4, 18.0, "gone"),
)


def fill(world: World) -> None:
    world.create(id="load", labels={"env": "prod"})
    world.history.record(*alerts(*(event for _, event in (SMALL, HIGH, LOW, INSIDE, ELSEWHERE))))


@pytest.fixture
def world() -> World:
    made = World()
    fill(made)
    return made


def teach(world: World, given: tuple[str, bytes], by: str = "payments") -> int:
    return say(world, given[0], by, judgement="false_alarm", teach=True)


def known(world: World) -> dict[str, float]:
    """By side, what is known of ``SERIES``."""
    commands = [one for one in world.store.registry.commands.values() if one.kind is CommandKind.TEACH]
    assert {(one.config_id, one.series) for one in commands} <= {("load", SERIES)}
    return {one.known.side: one.known.deviation for one in commands if one.known is not None}


def test_the_largest_deviation_of_a_side_is_known(world: World) -> None:
    assert [teach(world, HIGH), known(world)] == [200, {"above": 25.0}]
    assert [teach(world, SMALL), known(world)] == [200, {"above": 25.0}]
    assert [teach(world, LOW), known(world)] == [200, {"above": 25.0, "below": 10.0}]
    (command,) = [one for one in world.store.registry.commands.values() if "below" in str(one.known)]
    assert command.author.startswith("token:")
    assert command.issued_at_ms == int(world.now * 1000)
    assert world.call("GET", f"/v1/alerts/{LOW[0]}").json()["feedback"]["judgement"] == "false_alarm"


def test_a_true_alarm_takes_back_what_is_known_on_its_side(world: World) -> None:
    assert say(world, SMALL[0], judgement="true_alarm") == 200
    assert known(world) == {}
    assert [teach(world, HIGH), teach(world, LOW)] == [200, 200]
    for judgement in ("false_alarm", "expected_change"):
        assert say(world, SMALL[0], judgement=judgement) == 200
    assert known(world) == {"above": 25.0, "below": 10.0}
    assert say(world, SMALL[0], judgement="true_alarm") == 200
    assert known(world) == {"above": 0.0, "below": 10.0}
    assert [teach(world, SMALL), known(world)] == [200, {"above": 10.0, "below": 10.0}]


def test_the_answer_says_what_a_true_alarm_took_back(world: World) -> None:
    def taken_back(given: tuple[str, bytes], judgement: str = "true_alarm") -> str | None:
        answer = world.call("POST", f"/v1/alerts/{given[0]}/feedback", {"judgement": judgement})
        return msgspec.json.decode(answer.content, type=FeedbackReceipt).taken_back

    assert taken_back(SMALL) is None  # nothing was known
    assert [teach(world, HIGH), teach(world, LOW)] == [200, 200]
    assert [taken_back(SMALL, "false_alarm"), taken_back(INSIDE), taken_back(ELSEWHERE)] == [None] * 3
    assert [taken_back(SMALL), taken_back(HIGH), taken_back(LOW)] == ["above", None, "below"]


@pytest.mark.parametrize("corrected", ["expected_change", "false_alarm", "true_alarm"])
def test_other_feedback_on_the_same_alert_takes_back_what_it_taught(world: World, corrected: str) -> None:
    assert [teach(world, HIGH), teach(world, SMALL), teach(world, LOW)] == [200] * 3

    def taken_back(given: tuple[str, bytes]) -> str | None:
        answer = world.call("POST", f"/v1/alerts/{given[0]}/feedback", {"judgement": corrected})
        return msgspec.json.decode(answer.content, type=FeedbackReceipt).taken_back

    if corrected != "true_alarm":
        assert taken_back(SMALL) is None  # the larger deviation of the other alert is known
        assert known(world) == {"above": 25.0, "below": 10.0}
    assert [taken_back(HIGH), known(world)] == ["above", {"above": 0.0, "below": 10.0}]
    assert taken_back(HIGH) is None


def test_an_alert_of_the_same_size_that_taught_nothing_takes_nothing_back(world: World) -> None:
    twin = alert(NOW + 5, 30.0)
    world.history.record(*alerts(twin[1]))
    assert teach(world, HIGH) == 200
    assert say(world, twin[0], judgement="expected_change") == 200
    assert known(world) == {"above": 25.0}


def test_what_a_reset_made_forgotten_is_not_remembered(world: World) -> None:
    assert teach(world, HIGH) == 200
    reset = SeriesCommand(
        kind=CommandKind.RESET, config_id="load", series=SERIES, author="ann", issued_at_ms=1
    )
    world.store.registry = world.store.registry.apply(*encode_command(reset), 7)
    assert [teach(world, SMALL), known(world)] == [200, {"above": 10.0}]


@pytest.mark.parametrize(
    ("given", "reason"), [(INSIDE, "beyond a normal range"), (ELSEWHERE, "'gone' was deleted")]
)
def test_what_cannot_teach_is_refused_with_its_feedback(
    world: World, given: tuple[str, bytes], reason: str
) -> None:
    document = {"judgement": "false_alarm", "teach": True}
    answer = world.call("POST", f"/v1/alerts/{given[0]}/feedback", document)
    assert (answer.status_code, reason in answer.json()["detail"]) == (422, True)
    assert world.call("GET", f"/v1/alerts/{given[0]}").json()["feedback"] is None
    assert say(world, given[0], judgement="true_alarm") == 200


@pytest.mark.parametrize("document", [{"judgement": "true_alarm", "teach": True}, {"teach": True}])
def test_only_a_false_alarm_teaches(world: World, document: dict[str, object]) -> None:
    assert say(world, HIGH[0], **document) == 422
    assert known(world) == {}


def test_the_config_must_be_the_callers(world: World) -> None:
    path, change = "/v1/configs/load", {"owner": "search"}
    headers = {"If_Match": world.call("GET", path, by="sre").headers["ETag"]}
    assert world.call("PATCH", path, change, by="sre", **headers).status_code == 200
    assert teach(world, HIGH) == 403
    assert say(world, HIGH[0], judgement="true_alarm") == 200  # nothing was taught
    assert [teach(world, HIGH, by="sre"), known(world)] == [200, {"above": 25.0}]
    assert say(world, HIGH[0], judgement="true_alarm") == 403


def test_by_client_and_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served()
    try:
        fill(served.world)
        with Client(served.url, served.world.token["payments"]) as client:
            assert client.alerts.give_feedback(HIGH[0], "false_alarm", teach=True).alert_id == HIGH[0]
            with pytest.raises(InvalidError):
                client.alerts.give_feedback(HIGH[0], "true_alarm", teach=True)
        assert known(served.world) == {"above": 25.0}
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", served.world.token["payments"])
        code, out, _ = run(capsys, "alerts", "feedback", LOW[0], "false_alarm", "--teach")
        assert (code, "load: a deviation like this opens no alert" in out) == (0, True)
        assert known(served.world) == {"above": 25.0, "below": 10.0}
        _, out, _ = run(capsys, "alerts", "feedback", LOW[0], "true_alarm")
        assert "load: deviations below the expected value open alerts of the series again" in out
        assert known(served.world) == {"above": 25.0, "below": 0.0}
        assert "again" not in run(capsys, "alerts", "feedback", LOW[0], "true_alarm")[1]
        code, _, err = run(capsys, "alerts", "feedback", LOW[0], "true_alarm", "--teach")
        assert (code, "--teach goes with false_alarm" in err) == (2, True)
    finally:
        served.stop()
