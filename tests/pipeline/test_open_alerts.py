"""The maximum of open alerts of an owner: what is withheld, and that a replay withholds the same."""

import json
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from anomaly_stream.formats.state_keys import OVERFLOW_KEY
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message, published
from tests.engine.inputs import config, plan_of
from tests.pipeline.test_withdrawals import State, checkpoint, due

FIELDS: dict[str, Any] = {"min_observations": 5, "resolve_after": 3, "baseline_period_s": 1e5}
OWNED = config("a", owner="water", repeat_interval_s=5.0, **FIELDS)
OTHER = config("b", owner="fire", **FIELDS)
UNITS = [f"u{n}" for n in range(10)]


def pipeline_of(most: int | None, *configs: AnomalyDetectionConfig) -> Pipeline:
    return Pipeline(plan_of(*(configs or (OWNED,))), SOURCES, max_open_alerts=most)


def usual(units: list[str] = UNITS, first: int = 0, count: int = 30) -> list[bytes]:
    return [message(unit, 10.0 + i % 3, 1000.0 + i) for i in range(first, first + count) for unit in units]


def spikes(at: int, units: list[str] = UNITS) -> list[bytes]:
    return [message(unit, 500.0, 1000.0 + at) for unit in units]


class Feed:
    """Feeds messages to a pipeline, with rising offsets."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline, self.offset = pipeline, 0

    def __call__(self, *values: bytes) -> list[dict[str, Any]]:
        self.output = feed(self.pipeline, values, self.offset)
        self.offset += len(values)
        return [json.loads(alert.value) for alert in self.output.alerts]


def brief(events: list[dict[str, Any]], condition: str = "anomaly") -> list[tuple[str, str, int]]:
    return [
        (event["labels"]["unit"], event["status"], event["sequence"])
        for event in events
        if event["condition"] == condition
    ]


def owner_counts(events: list[dict[str, Any]], condition: str) -> Counter[str]:
    return Counter(event["owner"] for event in events if event["condition"] == condition)


def published_now(pipeline: Pipeline) -> list[dict[str, Any]]:
    return [json.loads(value) for _, value in due(pipeline)]


def test_a_storm_opens_as_many_alerts_as_the_maximum() -> None:
    subject = pipeline_of(3)
    send = Feed(subject)
    assert send(*usual()) == []
    fired = send(*spikes(30))
    assert brief(fired) == [("u0", "firing", 1), ("u1", "firing", 1), ("u2", "firing", 1)]
    assert brief(fired, "overflow") == [("u3", "firing", 1)]
    assert send.output.withheld == {"a": 7}
    (reached,) = send.output.limits
    assert str(reached) == (
        "Owner 'water': worker.max_open_alerts is reached (3 per partition); further alerts are withheld"
        " until others are resolved"
    )
    ended = send(*usual(first=31, count=4))
    assert brief(ended) == [("u0", "resolved", 2), ("u1", "resolved", 2), ("u2", "resolved", 2)]
    assert brief(ended, "overflow") == [("u3", "resolved", 2)]
    assert brief(send(*spikes(40, ["u9", "u8"]))) == [("u9", "firing", 1), ("u8", "firing", 1)]
    assert (send.output.withheld, send.output.limits) == ({}, [])


def test_without_a_maximum_nothing_is_withheld() -> None:
    send = Feed(pipeline_of(None))
    send(*usual())
    assert len(send(*spikes(30))) == 10
    assert send.output.withheld == {}


def test_a_withheld_alert_fires_with_its_next_event_once_there_is_room() -> None:
    send = Feed(pipeline_of(1))
    send(*usual(["u0", "u1"]))
    assert brief(send(*spikes(30, ["u0", "u1"]))) == [("u0", "firing", 1)]
    later = []
    for at in range(31, 40):
        later += send(message("u0", 10.0 + at % 3, 1000.0 + at), *spikes(at, ["u1"]))
    assert brief(later, "overflow") == [("u1", "resolved", 2)]
    later = [event for event in later if event["condition"] == "anomaly"]
    assert brief(later)[:2] == [("u0", "resolved", 2), ("u1", "firing", 1)]
    fired = later[1]
    assert fired["episode"]["start"] == 1030.0
    assert fired["timestamp"] > 1033.0
    assert "is above normal" in fired["explanation"]


def test_owners_do_not_share_the_maximum() -> None:
    send = Feed(pipeline_of(2, OWNED, OTHER))
    send(*usual())
    found = send(*spikes(30))
    anomalies, overflows = (owner_counts(found, condition) for condition in ("anomaly", "overflow"))
    assert anomalies == {"water": 2, "fire": 2}
    assert overflows == {"water": 1, "fire": 1}
    assert send.output.withheld == {"a": 8, "b": 8}
    assert len(send.output.limits) == 2


def test_a_deleted_config_resolves_only_what_was_published() -> None:
    subject = pipeline_of(2, OWNED, OTHER)
    send, state = Feed(subject), State()
    send(*usual())
    send(*spikes(30))
    subject.change_plan(plan_of(OTHER))
    checkpoint(subject, state)
    assert Counter(event["condition"] for event in published_now(subject)) == {"anomaly": 2, "overflow": 1}


def test_one_alert_says_that_alerts_are_withheld() -> None:
    send = Feed(pipeline_of(3))
    send(*usual())
    (fired,) = [event for event in send(*spikes(30)) if event["condition"] == "overflow"]
    assert (fired["owner"], fired["config_id"], fired["metric"]) == ("water", "a", "flow")
    assert (fired["severity"], fired["value"], fired["upper"], fired["timestamp"]) == (
        "severe",
        1.0,
        0.0,
        1030.0,
    )
    assert fired["explanation"] == (
        "Owner 'water' has 3 open alerts in one partition, the maximum: further ones are withheld until"
        " others are resolved, the first of them that on flow{unit=u3} (config 'a')."
    )
    (ended,) = [event for event in send(*usual(first=31, count=4)) if event["condition"] == "overflow"]
    assert (ended["alert_id"], ended["value"]) == (fired["alert_id"], 7.0)
    assert ended["explanation"] == (
        "No alert of owner 'water' is withheld any more in this partition; 7 alerts had been withheld since"
        " 1970-01-01 00:17:10 UTC."
    )


def test_a_checkpoint_holds_what_was_withheld_when_the_rows_were_taken() -> None:
    """Its records are built later, when more alerts may be withheld."""
    subject, state = pipeline_of(3), State()
    send = Feed(subject)
    send(*usual())
    stages = subject.take_dirty()
    send(*spikes(30))
    for stage in stages:
        state.update((key, value) for key, value in stage if value is not None)
    assert OVERFLOW_KEY not in state
    again = pipeline_of(3)
    again.load(sorted(state.items()))
    assert published_now(again) == []
    checkpoint(subject, state)
    assert OVERFLOW_KEY in state


def test_the_alert_on_withheld_alerts_ends_with_its_config() -> None:
    subject = pipeline_of(2, OWNED, OTHER)
    send, state = Feed(subject), State()
    send(*usual())
    send(*spikes(30))
    checkpoint(subject, state)
    subject = pipeline_of(2, OTHER)
    subject.load(sorted(state.items()))
    checkpoint(subject, state)
    (event,) = [event for event in published_now(subject) if event["condition"] == "overflow"]
    assert (event["owner"], event["status"], event["sequence"]) == ("water", "resolved", 2)
    assert (event["reason"], event["source"]) == ("config_deleted", None)
    assert "The config 'a' was deleted" in event["explanation"]


def test_without_a_maximum_an_open_alert_on_withheld_alerts_ends() -> None:
    before, state = pipeline_of(2), State()
    send = Feed(before)
    send(*usual())
    send(*spikes(30))
    checkpoint(before, state)
    after = pipeline_of(None)
    after.load(sorted(state.items()))
    checkpoint(after, state)
    (event,) = published_now(after)
    assert (event["condition"], event["status"]) == ("overflow", "resolved")
    checkpoint(after, state)
    assert OVERFLOW_KEY not in state


def test_a_config_that_is_deleted_before_the_start_resolves_only_what_was_published() -> None:
    before, state = pipeline_of(2, OWNED, OTHER), State()
    send = Feed(before)
    send(*usual())
    send(*spikes(30))
    checkpoint(before, state)
    after = pipeline_of(2, OTHER)
    after.load(sorted(state.items()))
    checkpoint(after, state)
    assert Counter(event["condition"] for event in published_now(after)) == {"anomaly": 2, "overflow": 1}


def storm(seed: int) -> list[bytes]:
    """Series with episodes of random lengths; some fall silent and expire."""
    generator = np.random.default_rng(seed)
    found, values = usual(), generator.random((120, len(UNITS)))
    is_bad = np.zeros(len(UNITS), np.bool_)
    for at in range(30, 150):
        is_bad ^= values[at - 30] < 0.12
        for number, unit in enumerate(UNITS):
            if number < 3 and at > 100:
                continue  # silent
            found.append(
                message(unit, 500.0 + 100 * (at % 7) if is_bad[number] else 10.0 + at % 3, 1000.0 + at)
            )
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_batches_and_restarts_withhold_the_same(seed: int) -> None:
    short = config("a", owner="water", repeat_interval_s=5.0, series_ttl_s=20.0, **FIELDS)
    values = storm(seed)
    whole = pipeline_of(3, short, OTHER)
    expected = feed(whole, values)
    assert expected.outcome is not None
    assert expected.outcome.counts.expired > 0

    parts, state, outputs = pipeline_of(3, short, OTHER), State(), []
    generator, first = np.random.default_rng(seed), 0
    while first < len(values):
        count = int(generator.integers(1, 40))
        outputs.append(feed(parts, values[first : first + count], first))
        first += count
        if generator.random() < 0.2:
            clocks = parts.expiry.clocks
            checkpoint(parts, state)
            for stage in parts.take_expired():
                for key, _ in stage:
                    state.pop(key, None)
            parts = pipeline_of(3, short, OTHER)
            parts.expiry.clocks = clocks
            parts.load(sorted(state.items()))
    assert published(outputs)[1] == published([expected])[1]
    withheld = sum((output.withheld for output in outputs), Counter[str]())
    assert withheld == expected.withheld
    assert withheld.total() > 10
    assert parts.canonical_state() == whole.canonical_state()
    check(expected.alerts)


def check(alerts: list[Any]) -> None:
    """Each owner has at most the maximum open; each alert begins with firing, and no number is missing."""
    numbers: dict[str, int] = defaultdict(int)
    is_open: dict[str, set[str]] = defaultdict(set)
    for alert in alerts:
        event = json.loads(alert.value)
        numbers[event["alert_id"]] += 1
        assert event["sequence"] == numbers[event["alert_id"]]
        assert (event["status"] == "firing") == (event["sequence"] == 1)
        if event["condition"] == "overflow":
            continue
        if event["status"] == "firing":
            is_open[event["owner"]].add(event["alert_id"])
        elif event["status"] == "resolved":
            is_open[event["owner"]].remove(event["alert_id"])
        assert len(is_open[event["owner"]]) <= 3
