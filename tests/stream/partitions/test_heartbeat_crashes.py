"""Wherever an owner ends around a heartbeat, rows and events are those of one pass with that heartbeat."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, SeriesCommand, position_of
from tests.engine.flow import message
from tests.pipeline.test_no_data import PLAN, START, asking, minutes
from tests.stream.partitions.owners import GENERATION, LINKS, Owners

ENDS = {
    "at the proposal": 0,
    "before it acts": 1,
    "after it has acted": 2,
    "after the commit": LINKS,
}
"""Number of links of the checkpoint, with the heartbeat in it, after which the owner ends."""


def silent() -> Owners:
    """An owner to whose silent series a heartbeat, which is proposed, gives an alert."""
    owners = Owners(asking())
    owners.save()
    owners.messages += minutes(0, 30, "a", "b")
    owners.process(60)
    owners.save()
    owners.wait(40)
    return owners


def assert_as_expected(owners: Owners) -> None:
    owners.finish()
    events, whole = owners.expected()
    assert owners.events() == events
    assert owners.now.pipeline.canonical_state() == whole.canonical_state()
    assert owners.now.pipeline.no_data.clocks == whole.no_data.clocks


def story(owners: Owners, unit: str) -> list[tuple[str, int]]:
    events = map(json.loads, owners.events().values())
    return [
        (each["status"], each["sequence"])
        for each in events
        if each["condition"] == "no_data" and each["labels"]["unit"] == unit
    ]


def assert_one_alert_each(owners: Owners) -> None:
    """The next owner acts on the heartbeat, and both series come back."""
    owners.wait(50)
    owners.save()
    owners.messages += minutes(45, 50, "a", "b")
    assert_as_expected(owners)
    for unit in "ab":
        assert story(owners, unit) == [("firing", 1), ("resolved", 2)]


@pytest.mark.parametrize("loses", [False, True], ids=["", "its events are lost"])
@pytest.mark.parametrize("crashes", [1, 2])
@pytest.mark.parametrize("end", ENDS)
def test_an_owner_that_dies_around_a_heartbeat(end: str, crashes: int, loses: bool) -> None:
    owners = silent()
    owners.save(ENDS[end])
    for _ in range(crashes):
        owners.crash(loses=loses)
    assert_one_alert_each(owners)


@pytest.mark.parametrize("end", ENDS)
def test_an_owner_that_stops_around_a_heartbeat(end: str) -> None:
    owners = silent()
    owners.save(ENDS[end])
    owners.stop()
    assert_one_alert_each(owners)


def test_an_owner_that_stops_leaves_no_heartbeat_to_the_next() -> None:
    """Only the next owner would act on it."""
    owners = silent()
    owners.stop()
    assert (owners.position().silent_until, owners.published) == ({}, [])
    assert owners.now.propose_heartbeat("metrics", 60, 0.0) is False  # the pause begins anew


def test_the_clock_ends_with_the_last_config_that_asks_for_it() -> None:
    """An owner that starts under other configs has the clock of one that ran while they changed."""
    owners = silent()
    owners.stop()
    owners.put()
    owners.crash()
    owners.save()
    owners.put(asking())
    owners.learn()
    owners.save()
    assert owners.now.pipeline.no_data.clocks == {}
    owners.messages += minutes(0, 10, "a")
    assert_as_expected(owners)
    assert owners.published == []


@pytest.mark.parametrize("stages", range(8))
def test_a_checkpoint_without_fencing_that_ends_in_the_middle(stages: int) -> None:
    """Rows are durable and the position is the old one: the next owner acts on the same heartbeat again."""
    owners = silent()
    owners.save()
    owners.wait(10)
    owners.tear(stages)
    owners.messages += minutes(45, 50, "a", "b")
    assert_as_expected(owners)
    for unit in "ab":
        assert story(owners, unit) == [("firing", 1), ("resolved", 2)]


def _reset(offset: int) -> SeriesCommand:
    return SeriesCommand(
        kind=CommandKind.RESET, config_id="a", series=Series.of("flow", {"unit": "u1"}), author="ann",
        issued_at_ms=17, position=position_of(GENERATION, offset),
    )  # fmt: skip


_PAUSES = st.sampled_from([0.0, 20.0, 60.0, 400.0, 9000.0])
_CONFIGS = [PLAN, PLAN[:1], PLAN[1:], [asking(repeat_interval_s=600.0)], []]
_PARTS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 4), _PAUSES), max_size=12),
        st.integers(0, 60),
        st.sampled_from(["", "", "config", "reset"]),
        st.sampled_from(["go", "save", "learn", "learn and save", "crash", "crash and lose", "stop"]),
        st.integers(0, LINKS),
        st.integers(0, len(_CONFIGS) - 1),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=300, deadline=None)
@given(_PARTS, st.sampled_from([None, 1, 2]))
def test_whatever_fails_around_heartbeats(
    parts: list[tuple[list[tuple[int, float]], int, str, str, int, int]], most: int | None
) -> None:
    """Pauses, configs and resets come at any time; owners crash and stop at any time."""
    owners, configs, commands = Owners(*PLAN, max_open_alerts=most), list(PLAN), list[SeriesCommand]()
    owners.save()
    owners.messages += minutes(0, 6, *(f"u{n}" for n in range(5)))
    owners.process(20)
    now = START + 360.0
    for values, checks, change, event, links, which in parts:
        for unit, pause in values:
            now += pause
            owners.messages.append(message(f"u{unit}", 1.0, now))
        if change == "config":
            configs = list(_CONFIGS[which])
        elif change == "reset":
            commands = [_reset(len(owners.history))]
        if change:
            owners.put(*configs, commands=commands)
        if event.startswith("learn"):
            owners.learn()
        owners.process(len(owners.messages) if checks else 8)
        owners.wait(checks)
        if event.endswith("save"):
            owners.save()
        elif event.startswith("crash"):
            owners.save(links)
            owners.crash(loses=event.endswith("lose"))
        elif event == "stop":
            owners.stop()
        if owners.now.awaits_position:
            owners.save()
    owners.learn()
    assert_as_expected(owners)
