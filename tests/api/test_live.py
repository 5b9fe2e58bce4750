"""Live alerts over the real server: what a group sees, resuming, heartbeats, limits, revoked tokens."""

import contextlib
import json
import time
from collections.abc import Iterator

import httpx
import pytest

from anomaly_stream.api import live
from tests.api.served import Served
from tests.api.world import World
from tests.history.messages import alert_event

Event = dict[str, str]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.5)
    made = Served(live_streams="2")
    yield made
    made.stop()


@contextlib.contextmanager
def stream(
    served: Served, by: str = "payments", query: str = "", last: str | None = None
) -> Iterator[Iterator[Event]]:
    """The blocks of a stream, each with its fields; comments are under the empty name."""
    headers = {"Authorization": f"Bearer {served.world.token.get(by, by)}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    url = f"{served.url}/v1/alerts:live{query}"
    with httpx.stream("GET", url, headers=headers, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield _blocks(answer)


def _blocks(answer: httpx.Response) -> Iterator[Event]:
    block: Event = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            block[name] = value.strip()
        else:
            yield block
            block = {}


def of_alerts(blocks: Iterator[Event], count: int) -> list[tuple[str, str]]:
    """Id of the alert and of the event, of the next alerts."""
    found = []
    for block in blocks:
        if block.get("event") == "alert":
            found.append((json.loads(block["data"])["alert_id"], block["id"]))
        if len(found) == count:
            return found
    raise AssertionError(found)


def test_a_group_sees_its_own_events_and_resumes_after_the_last(served: Served) -> None:
    feed = served.world.feed
    feed.publish(alert_event("before"))
    with stream(served) as blocks:
        assert next(blocks) == {"": "", "id": "0:1"}
        feed.publish(alert_event("a"), alert_event("foreign", owner="search"), alert_event("b"))
        assert of_alerts(blocks, 2) == [("a", "0:2"), ("b", "0:4")]
    feed.publish(alert_event("c"))
    with stream(served, last="0:2") as blocks:
        assert of_alerts(blocks, 2) == [("b", "0:4"), ("c", "0:5")]
    with stream(served, by="sre", last="0:0") as blocks:
        assert [each for each, _ in of_alerts(blocks, 5)] == ["before", "a", "foreign", "b", "c"]


def test_a_heartbeat_moves_the_id_past_what_is_filtered(served: Served) -> None:
    with stream(served, by="search", query="?severity=minor&label=env=prod") as blocks:
        assert next(blocks)["id"] == "0:0"
        served.world.feed.publish(alert_event("a", owner="search"), alert_event("b"))
        beats = [next(blocks) for _ in range(2)]
        assert beats[-1] == {"": "", "id": "0:2"}
        served.world.feed.publish(alert_event("c", owner="search", severity="minor"))
        assert of_alerts(blocks, 1) == [("c", "0:3")]


def test_events_that_are_no_longer_kept_are_reported(served: Served) -> None:
    served.world.feed.publish(alert_event("a"), alert_event("b"))
    served.world.feed.begin = 1
    with stream(served, last="0:0") as blocks:
        next(blocks)
        assert next(blocks)["event"] == "missed"
        assert of_alerts(blocks, 1) == [("b", "0:2")]


def test_suppressed_events_name_their_silences(served: Served) -> None:
    with stream(served) as blocks:
        next(blocks)
        served.world.feed.publish(alert_event("a"), suppressed_by=("s1", "s2"))
        data = next(block["data"] for block in blocks if "data" in block)
        assert json.loads(data)["suppressed_by"] == ["s1", "s2"]


def test_the_stream_of_a_revoked_token_ends(served: Served) -> None:
    token = served.world.new_token("payments")
    with stream(served, by=token) as blocks:
        next(blocks)
        del served.world.stored[token.split("_")[1]]
        began = time.monotonic()
        assert all("data" not in block for block in blocks)  # until its end
        assert time.monotonic() - began < 10


def test_there_are_so_many_streams_and_closed_ones_are_free(served: Served) -> None:
    url, headers = f"{served.url}/v1/alerts:live", served.headers
    with stream(served) as one, stream(served) as other:
        next(one), next(other)
        refused = httpx.get(url, headers=headers)
        assert (refused.status_code, "api.live_streams" in refused.text) == (503, True)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with httpx.stream("GET", url, headers=headers) as answer:
            if answer.status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the streams are not free again")


def test_the_server_stops_with_an_open_stream(served: Served) -> None:
    with stream(served) as blocks:
        next(blocks)
        began = time.monotonic()
        served.stop()
        assert time.monotonic() - began < 5


def test_what_is_refused() -> None:
    world = World()
    for last in ("x", "0", "0:x", "-1:2", "0:-2"):
        refused = world.call("GET", "/v1/alerts:live", Last_Event_ID=last)
        assert refused.status_code == 422, last
    assert world.call("GET", "/v1/alerts:live?since=2026-01-01T00:00:00Z").status_code == 422
    world.feed.fault = "Kafka is down"
    assert world.call("GET", "/v1/alerts:live").status_code == 503
