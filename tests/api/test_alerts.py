"""The routes of the history: a group sees its own alone, pages are complete, and files have every row."""

import csv
import dataclasses
import io
import json
import socket

import msgspec
import pyarrow.parquet
import pytest

from anomaly_stream.api.alert_answers import AlertAnswer, AlertPage, AnomalyPage
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.model.past_values import GroupValues, MemberValues, PastValue
from tests.api.world import World
from tests.history.conftest import url_of
from tests.history.messages import DAY, NAMES, NOW, alert_event, alerts, config, record, score

ROUTES = (
    "/v1/alerts",
    "/v1/anomalies",
    "/v1/alerts:export?format=ndjson",
    "/v1/anomalies:export?format=ndjson",
)


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    other = config(1, owner="search").replace(b'"load"', b'"other"')
    made.history.record(
        record(NAMES.configs, 0, config(3, at=NOW + DAY, past=(2, 1))),
        record(NAMES.configs, 1, other, key=b"other"),
        *alerts(
            alert_event("a"),
            alert_event("a", "resolved", NOW + 60),
            alert_event("b", at=NOW + 100, start=NOW + 100, owner="search", config_id="other", metric="=1+1"),
            alert_event("c", at=NOW + 200, start=NOW + 200, owner="", config_id="gone", side="above"),
        ),
        record(NAMES.scores, 0, score(NOW)),
        record(NAMES.scores, 1, score(NOW + 100, config_id="other", metric="other")),
        record(NAMES.scores, 2, score(NOW + 200, config_id="gone", upper=None, side="below")),
    )
    made.history.record_values("a", "a-firing", NOW, [PastValue(NOW - 60, 1.0), PastValue(NOW, 2.0)])
    return made


def rows(world: World, path: str, by: str) -> list[str]:
    """The config of each row that the group sees."""
    answer = world.call("GET", path, by=by)
    assert answer.status_code == 200, answer.text
    if "export" in path:
        found = [json.loads(line) for line in answer.text.splitlines()]
    else:
        found = answer.json()["items"]
    return [each["config_id"] for each in found]


@pytest.mark.parametrize("path", ROUTES)
def test_a_group_sees_its_own_alone(world: World, path: str) -> None:
    assert rows(world, path, "payments") == ["load"]
    assert rows(world, path, "search") == ["other"]
    assert rows(world, path, "guests") == []
    assert rows(world, path, "sre") == ["gone", "other", "load"]
    separator = "&" if "?" in path else "?"
    assert rows(world, f"{path}{separator}owner=payments", "search") == []


def test_an_alert_of_another_group_does_not_exist(world: World) -> None:
    refused = world.call("GET", "/v1/alerts/b")
    assert (refused.status_code, refused.json()["detail"]) == (404, "There is no alert 'b'.")
    assert world.call("GET", "/v1/alerts/b", by="search").status_code == 200


def test_an_alert_has_its_events_and_the_config_that_opened_it(world: World) -> None:
    answer = world.call("GET", "/v1/alerts/a")
    found = msgspec.json.decode(answer.content, type=AlertAnswer)
    assert found.alert == found.events[-1].event
    assert [each.event.status for each in found.events] == ["firing", "resolved"]
    assert found.config is not None
    assert (found.config.version, found.config.author, found.config.document["owner"]) == (
        2,
        "author-2",
        "payments",
    )
    gone = world.call("GET", "/v1/alerts/c", by="sre").json()
    assert gone["config"] is None


def test_the_answers_are_as_described(world: World) -> None:
    alerts_page = world.call("GET", "/v1/alerts", by="sre").content
    assert len(msgspec.json.decode(alerts_page, type=AlertPage).items) == 3
    assert (
        len(msgspec.json.decode(world.call("GET", "/v1/anomalies", by="sre").content, type=AnomalyPage).items)
        == 3
    )
    schemas = world.app.openapi()["components"]["schemas"]
    assert {"AlertPage", "AlertAnswer", "AnomalyPage", "AlertEvent", "ScoreRecord"} <= set(schemas)


def test_pages(world: World) -> None:
    seen, cursor = [], ""
    for _ in range(3):
        answer = world.call("GET", f"/v1/alerts?limit=1{cursor}", by="sre").json()
        seen += [each["alert_id"] for each in answer["items"]]
        cursor = f"&cursor={answer['next']}"
    assert (seen, answer["next"]) == (["c", "b", "a"], None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=firing", ["c", "b"]),
        ("status=firing&status=resolved", ["c", "b", "a"]),
        ("metric=load&severity=severe", ["c", "a"]),
        ("label=env%3Dprod&config=other", ["b"]),
        ("label=env%3Ddev", []),
        ("since=2026-05-28T20:28:00Z", ["c", "b"]),
        ("until=2026-05-28T20:27:00%2B00:00", ["a"]),
        ("metric=%00", []),
    ],
)
def test_filters(world: World, query: str, expected: list[str]) -> None:
    answer = world.call("GET", f"/v1/alerts?{query}", by="sre")
    assert [each["alert_id"] for each in answer.json()["items"]] == expected


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=WyJ4Il0",
        "since=yesterday",
        "until=0.5",
        "since=1780000000",
        "since=2026-01-01T00:00:00",
        "status=open",
        "color=red",
        "limit=0",
    ],
)
def test_what_cannot_be_asked(world: World, query: str) -> None:
    refused = world.call("GET", f"/v1/alerts?{query}", by="sre")
    assert refused.status_code == 422, refused.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-01-01T00:00:00", "as in 2026-01-31T12:00:00Z"),
        ("since=2026-01-01T00:00:00+05:45", "write %2B for the + of a zone"),
        ("since=tomorrow", "must be a time with its zone"),
        ("labels=a", "is no parameter of this request"),
    ],
)
def test_what_cannot_be_asked_gets_the_cure(world: World, query: str, said: str) -> None:
    (fault,) = world.call("GET", f"/v1/alerts?{query}", by="sre").json()["errors"]
    assert said in fault["message"]
    assert "Value error" not in fault["message"]


def test_files(world: World) -> None:
    answer = world.call("GET", "/v1/alerts:export", by="sre")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="alerts.csv"'
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["alert_id"] for row in found] == ["c", "b", "a"]
    assert found[1]["metric"] == "'=1+1"  # a spreadsheet would compute it
    assert (found[2]["status"], found[2]["labels"], float(found[2]["peak_score"])) == (
        "resolved",
        '{"env":"prod"}',
        90,
    )
    assert [row["side"] for row in found] == ["above", "", ""]  # events of earlier releases have none
    parquet = world.call("GET", "/v1/anomalies:export?format=parquet", by="sre")
    table = pyarrow.parquet.read_table(io.BytesIO(parquet.content)).to_pylist()
    assert [row["config_id"] for row in table] == ["gone", "other", "load"]
    assert (table[0]["upper"], table[0]["timestamp"]) == (None, NOW + 200)
    assert [row["side"] for row in table] == ["below", None, None]
    lines = world.call("GET", "/v1/alerts:export?format=ndjson", by="sre").text.splitlines()
    assert [json.loads(line).get("side") for line in lines] == ["above", None, None]


def test_a_file_has_more_rows_than_a_page() -> None:
    world = World()
    world.history.record(*(record(NAMES.scores, n, score(NOW + n)) for n in range(2500)))
    lines = world.call("GET", "/v1/anomalies:export?format=ndjson", by="sre").text.splitlines()
    assert [json.loads(line)["timestamp"] for line in lines] == [NOW + n for n in reversed(range(2500))]


def test_a_database_that_is_down_and_a_history_that_is_off() -> None:
    world = World()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = url_of(f"postgresql://me:s3cret@127.0.0.1:{unused.getsockname()[1]}/h")
        down = HistoryQueries(url, 1)
        for history, text in ((down, "try again"), (None, "history.recorder is off")):
            world.app.state.api = dataclasses.replace(world.state, history=history)
            for path in (*ROUTES, "/v1/alerts/a"):
                answer = world.call("GET", path)
                assert (answer.status_code, text in answer.json()["detail"]) == (503, True), answer.text
            assert world.call("GET", "/v1/configs").status_code == 200


def test_an_alert_has_the_values_of_its_series(world: World) -> None:
    answer = world.call("GET", "/v1/alerts/a", by="payments")
    assert answer.json()["values"] == [{"time": NOW - 60, "value": 1.0}, {"time": NOW, "value": 2.0}]
    assert msgspec.json.decode(answer.content, type=AlertAnswer).values[0] == PastValue(NOW - 60, 1.0)
    assert (answer.json()["members"], answer.json()["values_state"]) == ([], "complete")
    assert world.call("GET", "/v1/alerts/b", by="search").json()["values_state"] == "none"


def test_the_alert_of_a_group_has_the_values_of_its_members(world: World) -> None:
    members = {name: {"value": 1.0, "expected": 0.5, "share": 0.5} for name in ("cpu", "disk")}
    of_group = alert_event(
        "g", at=NOW - 9, start=NOW - 9, group={"members": members, "pairs": []}, value=60.0
    )
    world.history.record(*alerts(of_group))
    kept = GroupValues([MemberValues("cpu", 0.5, [PastValue(NOW - 9, 1.0)])], ["disk"])
    world.history.record_values("g", "g-firing", NOW - 9, kept)
    found = msgspec.json.decode(world.call("GET", "/v1/alerts/g", by="payments").content, type=AlertAnswer)
    assert (found.members, found.other_members, found.values_state) == (kept.members, ["disk"], "complete")
    assert found.values == [PastValue(NOW - 9, 60.0)]
