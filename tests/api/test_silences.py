"""Silences over HTTP: rights, states, what is refused, and alerts that are suppressed."""

import json
import re
from datetime import datetime
from typing import Any

import httpx
import pytest

from anomaly_stream.client import Client
from tests.api.served import Served
from tests.api.world import World
from tests.cli.test_faults import run
from tests.history.messages import NOW, alert_event, alerts

ONCE = {"match": {"env": "prod"}, "until": "2099-01-01T00:00:00Z", "reason": "the database moves"}


def create(world: World, by: str = "payments", **changes: Any) -> httpx.Response:
    return world.call("POST", "/v1/silences", {**ONCE, **changes}, by=by)


def ids(world: World, by: str = "payments", query: str = "") -> list[str]:
    return [each["id"] for each in world.call("GET", f"/v1/silences{query}", by=by).json()["items"]]


def test_the_life_of_a_silence() -> None:
    world = World()
    made = create(world)
    assert made.status_code == 201, made.text
    answer = made.json()
    assert (answer["state"], answer["silence"]["owner"]) == ("active", "payments")
    assert made.headers["Location"] == f"/v1/silences/{answer['id']}"
    assert {**world.call("GET", made.headers["Location"]).json(), "warnings": []} == answer
    world.now += 10
    assert world.call("DELETE", made.headers["Location"]).status_code == 204
    assert world.call("DELETE", made.headers["Location"]).status_code == 204
    ended = world.call("GET", made.headers["Location"]).json()
    assert (ended["state"], ended["ended_by"]) == ("over", answer["author"])
    assert ids(world) == []
    assert ids(world, query="?state=over") == [answer["id"]]


def test_groups_silence_their_own_alerts_and_see_their_own_silences() -> None:
    world = World()
    mine, theirs = create(world).json()["id"], create(world, by="search").json()["id"]
    everywhere = create(world, by="sre", owner="").json()["id"]
    assert set(ids(world)) == {mine, everywhere}
    assert set(ids(world, by="sre")) == {mine, theirs, everywhere}
    assert world.call("GET", f"/v1/silences/{theirs}").status_code == 404
    assert world.call("DELETE", f"/v1/silences/{theirs}").status_code == 404
    assert world.call("DELETE", f"/v1/silences/{everywhere}").status_code == 403
    assert create(world, owner="search").status_code == 403
    assert create(world, owner="").status_code == 403
    assert create(world, by="guests").status_code == 403


def test_states_and_pages() -> None:
    world = World()
    create(world, **{"from": "2098-01-01T00:00:00Z"})
    waiting = {"from": "2020-01-01T00:00:00Z", "recurrence": "FREQ=YEARLY", "duration": "1s"}
    world.now += 1
    create(world, **waiting, until=None)
    world.now += 1
    create(world, until=None, **{"while": {"config": "host"}})
    items = world.call("GET", "/v1/silences").json()["items"]
    assert [each["state"] for each in items] == ["active", "waiting", "pending"]
    first = world.call("GET", "/v1/silences?limit=2").json()
    rest = world.call("GET", f"/v1/silences?limit=2&cursor={first['next']}").json()
    assert ([each["id"] for each in first["items"] + rest["items"]], rest["next"]) == (ids(world), None)


def test_the_window_is_that_of_this_moment_or_the_next_one() -> None:
    world = World()
    daily = {"recurrence": "FREQ=DAILY", "duration": "2h", "timezone": "Europe/Berlin", "until": None}
    path = create(world, **daily, **{"from": "2026-01-10T01:00:00+01:00"}).headers["Location"]
    days = {
        "2026-03-28T12:00:00Z": ("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"),
        "2026-03-29T01:59:00Z": ("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"),
        "2026-03-29T02:00:00Z": ("2026-03-29T23:00:00Z", "2026-03-30T01:00:00Z"),
    }
    for now, (begin, end) in days.items():
        world.now = datetime.fromisoformat(now).timestamp()
        assert world.call("GET", path).json()["window"] == {"begin": begin, "end": end}
    assert create(world).json()["window"] is None
    assert world.call("DELETE", path).status_code == 204
    assert world.call("GET", path).json()["window"] is None


_DAILY = {"from": "2026-01-01T00:00:00Z", "recurrence": "FREQ=DAILY", "duration": "1h"}
_NO_END = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART:20261129T220000Z
END:VEVENT
END:VCALENDAR"""


def test_a_fault_names_the_part_of_the_silence_and_the_cure() -> None:
    for changes, said in (
        ({"until": "2020-01-01T00:00:00Z"}, "until is in the past, and from is now"),
        ({"until": None, **_DAILY, "duration": "2d"}, "leave no time between them.* shorten duration"),
        ({**_DAILY, "recurrence": "FREQ=DAILY;BYDAY=XX"}, "recurrence: .*XX"),
        ({"until": None, "calendar": "garbage"}, "calendar: is not an iCalendar file"),
        ({**_DAILY, "recurrence": "RRULE:FREQ=DAILY"}, "recurrence: write the rule without RRULE:"),
        ({**_DAILY, "recurrence": "FREQ=DAILY;COUNT=0"}, "COUNT of a recurrence rule must be at least 1"),
        ({"until": None, "calendar": _NO_END}, "covers no time: give it DTEND or DURATION"),
        (
            {"until": None, **_DAILY, "from": "2020-01-01T00:00:00Z", "recurrence": "FREQ=DAILY;COUNT=2"},
            "no window is left.*: correct the dates, or COUNT or UNTIL",
        ),
    ):
        (fault,) = create(World(), **changes).json()["errors"]
        assert re.search(said, fault["message"]), fault


def test_times_that_are_past_can_be_silenced_for_events_that_are_still_to_come() -> None:
    past = {"from": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}
    assert create(World(), **past).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": None}, "silence"),
        ({"until": "2020-01-01T00:00:00Z"}, "silence"),
        ({"until": None, **_DAILY, "duration": "24h"}, "silence"),
        ({**_DAILY, "recurrence": "FREQ=DAILY;BYDAY=XX"}, "silence"),
        ({"until": None, "calendar": "BEGIN:VCALENDAR\nEND:VCALENDAR"}, "silence"),
        ({"config": 1}, "config"),
        ({"reason": ""}, "reason"),
        ({"color": "red"}, "color"),
        ({"match": {"env": 1}}, "match"),
        ({"from": "today"}, "from"),
        ({"while": {"metric": 1}}, "while.metric"),
    ],
)
def test_faults_are_named(changes: dict[str, Any], field: str) -> None:
    answer = create(World(), **changes)
    assert (answer.status_code, answer.json()["detail"]) == (422, "The silence is invalid.")
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_silences_that_the_history_has_outlived_are_forgotten() -> None:
    world = World()
    old = create(world, until="2099-01-01T00:00:00Z").json()["id"]
    world.call("DELETE", f"/v1/silences/{old}")
    world.now += 91 * 86_400
    world.token["payments"] = world.new_token("payments")
    create(world)
    assert old not in world.silences.current().by_id
    assert len(world.silences.current().by_id) == 1


def test_suppressed_alerts_are_marked_and_found() -> None:
    world = World()
    world.history.record_with(
        lambda event, _: ("s1",) if event.alert_id == "a" else (),
        *alerts(alert_event("a"), alert_event("b", at=NOW + 1, start=NOW + 1)),
    )
    listed = world.call("GET", "/v1/alerts").json()["items"]
    assert [(each["alert_id"], each.get("suppressed_by")) for each in listed] == [("b", None), ("a", ["s1"])]
    for query, expected in (("true", ["a"]), ("false", ["b"])):
        answer = world.call("GET", f"/v1/alerts?suppressed={query}").json()
        assert [each["alert_id"] for each in answer["items"]] == expected
    account = world.call("GET", "/v1/alerts/a").json()
    assert account["alert"]["suppressed_by"] == account["events"][0]["event"]["suppressed_by"] == ["s1"]
    assert "s1" in world.call("GET", "/v1/alerts:export").text


def test_by_the_client_and_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = Served()
    try:
        token = served.world.token["payments"]
        with Client(served.url, token) as client:
            made = client.silences.create(ONCE)
            assert [each.id for each in client.silences.list()] == [made.id]
            client.silences.end(made.id)
            assert client.silences.get(made.id).state == "over"
        monkeypatch.setenv("ANOMALY_API_URL", served.url)
        monkeypatch.setenv("ANOMALY_API_TOKEN", token)
        code, out, err = run(
            capsys,
            *("silences", "add", "--match", "env=prod", "--for", "2h", "--reason", "a deployment"),
        )
        assert code == 0, err
        assert "a deployment" in run(capsys, "silences", "list")[1]
        (line,) = run(capsys, "silences", "list", "--json")[1].splitlines()
        silence_id = json.loads(line)["id"]
        assert silence_id in out
        assert run(capsys, "silences", "end", silence_id)[0] == 0
        assert "There is none" in run(capsys, "silences", "list")[1]
        assert run(capsys, "silences", "add", "--match", "env", "--for", "2h", "--reason", "x")[0] == 2
    finally:
        served.stop()
