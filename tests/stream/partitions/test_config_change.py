"""Whatever fails around a change of the configs, the events are those of one pass with the same change."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.model import AnomalyDetectionConfig, Series
from anomaly_stream.model.commands import CommandKind, KnownDeviation, SeriesCommand, position_of
from anomaly_stream.model.config import Direction
from tests.engine.flow import message
from tests.engine.inputs import config
from tests.pipeline.test_withdrawals import FIELDS
from tests.stream.partitions.owners import GENERATION, Owners

OWNED = config("a", owner="water", **FIELDS)
USUAL = [message("u", 10.0 + i % 3, 1000.0 + i) for i in range(30)]
FIRES = [message("u", 500.0, 1030.0), message("u", 600.0, 1031.0)]
ENDS = [message("u", 10.0 + i % 3, 1032.0 + i) for i in range(5)]
CHANGES = {
    "the same": [OWNED],
    "deleted": [],
    "stricter": [config("a", owner="water", direction=Direction.BELOW, **FIELDS)],
    "another owner": [config("a", owner="fire", **FIELDS)],
    "fewer events": [OWNED],
}
REMINDED = config("a", owner="water", repeat_interval_s=1.0, **FIELDS)
RESHAPED = config("a", owner="water", **FIELDS | {"baseline_period_s": 1800.0})


def fired(before: AnomalyDetectionConfig = OWNED) -> Owners:
    """An owner that has published events that no checkpoint has."""
    owners = Owners(before)
    owners.save()
    owners.messages += USUAL
    owners.process(30)
    owners.save()
    owners.messages += FIRES
    owners.process(2)
    assert json.loads(owners.published[0])["status"] == "firing"
    return owners


def statuses(owners: Owners) -> list[tuple[str, int]]:
    return [(event["status"], event["sequence"]) for event in map(json.loads, owners.events().values())]


def assert_as_expected(owners: Owners) -> None:
    owners.finish()
    events, whole = owners.expected()
    assert owners.events() == events
    assert owners.now.pipeline.canonical_state() == whole.canonical_state()


@pytest.mark.parametrize("change", CHANGES)
def test_a_crash_and_then_a_change_give_the_events_of_a_single_pass(change: str) -> None:
    owners = fired(REMINDED if change == "fewer events" else OWNED)
    before = list(owners.published)
    owners.put(*CHANGES[change])
    owners.crash()
    owners.process(2)
    owners.save()
    assert owners.published[len(before) :][: len(before)] == before
    owners.messages += ENDS
    owners.process(5)
    assert_as_expected(owners)
    sequences = [sequence for _, sequence in statuses(owners)]
    assert sequences == list(range(1, len(sequences) + 1))
    assert statuses(owners)[-1][0] == "resolved"


def test_a_change_that_is_not_durable_does_not_take_effect() -> None:
    owners = fired()
    owners.put()
    owners.learn()
    owners.crash()
    assert [each.id for each in owners.now.pipeline.plan.configs] == ["a"]
    owners.messages += ENDS  # later than the crash
    owners.process(2)
    owners.save()
    assert owners.now.pipeline.plan.configs == ()
    assert_as_expected(owners)
    assert statuses(owners) == [("firing", 1), ("resolved", 2)]


def test_a_change_that_comes_after_the_crash_waits_too() -> None:
    owners = fired()
    owners.crash()
    owners.put()
    owners.learn()
    owners.save()
    assert [each.id for each in owners.now.pipeline.plan.configs] == ["a"]
    owners.process(2)
    assert_as_expected(owners)
    assert statuses(owners) == [("firing", 1), ("resolved", 2)]


def test_records_wait_until_a_change_is_durable() -> None:
    owners = fired()
    owners.put()
    owners.learn()
    assert not owners.now.awaits_position
    list(owners.now.take_dirty())
    assert owners.now.awaits_position


def test_what_was_in_the_topic_at_the_crash_is_judged_under_the_configs_of_before() -> None:
    owners = fired()
    owners.messages += ENDS
    owners.put()
    owners.crash()
    owners.process(6)
    owners.save()
    assert len(owners.now.pipeline.plan.configs) == 1
    owners.process(1)
    owners.save()
    assert len(owners.now.pipeline.plan.configs) == 0
    assert_as_expected(owners)


def test_a_second_crash_before_that_changes_nothing() -> None:
    owners = fired()
    owners.put()
    owners.crash()
    owners.process(1)
    owners.save()
    owners.stop()  # the end is not reached: it is not over
    owners.put(*CHANGES["stricter"])
    owners.crash()
    owners.messages += ENDS
    assert_as_expected(owners)
    assert statuses(owners)[0] == ("firing", 1)


def test_after_a_normal_end_the_newest_configs_count_at_once_and_are_noted_before_any_record() -> None:
    owners = fired()
    owners.messages += ENDS
    owners.stop()
    owners.put(*CHANGES["another owner"])
    owners.crash()
    assert owners.now.pipeline.plan.configs[0].owner == "fire"
    assert owners.now.awaits_position
    owners.save()
    owners.process(5)
    owners.put()
    owners.crash()  # it would be ambiguous, had the owner before not noted its configs
    assert_as_expected(owners)


def test_a_change_that_comes_before_the_first_checkpoint_waits_for_the_next() -> None:
    owners = fired()
    owners.put()
    owners.stop()  # the next owner deletes the rows
    owners.put(OWNED)
    owners.learn()
    owners.save()
    assert owners.now.is_change_due
    assert_as_expected(owners)


def test_a_shape_that_returns_between_two_normal_ends_begins_anew_as_in_a_single_pass() -> None:
    owners = fired()
    for configs in (RESHAPED, OWNED):
        owners.stop()
        owners.put(configs)
        owners.crash()
        owners.save()  # no value came under these configs
    owners.messages += ENDS
    owners.process(5)
    assert_as_expected(owners)


def test_where_the_past_is_not_known_the_newest_configs_count() -> None:
    owners = fired()
    del owners.history[0]
    owners.put(*CHANGES["another owner"])
    owners.crash()
    assert owners.now.pipeline.plan.configs[0].owner == "fire"
    assert owners.now.awaits_position


def _command(kind: CommandKind, offset: int, **fields: Any) -> SeriesCommand:
    return SeriesCommand(
        kind=kind, config_id="a", series=Series.of("flow", {"unit": "u"}), author="ann", issued_at_ms=17,
        position=position_of(GENERATION, offset), **fields,
    )  # fmt: skip


_VALUES = st.tuples(st.sampled_from("uvw"), st.sampled_from([10.0, 11.0, 12.0, 10.5, 500.0, -400.0]))
_EVENTS = ("go", "go", "save", "learn", "learn and save", "crash", "stop")
_CONFIGS = [*CHANGES.values(), [REMINDED], [RESHAPED], [config("b", min_observations=5), OWNED]]
_PARTS = st.lists(
    st.tuples(
        st.lists(_VALUES, max_size=12),
        st.integers(0, 14),
        st.sampled_from(["", "", "config", "reset", "teach"]),
        st.sampled_from(_EVENTS),
        st.integers(0, len(_CONFIGS) - 1),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(_PARTS)
def test_whatever_fails_around_changes(
    parts: list[tuple[list[tuple[str, float]], int, str, str, int]],
) -> None:
    """Configs, resets and teachings come at any time; owners crash and stop at any time."""
    owners, configs, commands = Owners(OWNED), [OWNED], dict[str, SeriesCommand]()
    owners.save()
    owners.messages += [
        message(unit, 10.0 + (i + ord(unit)) % 3, 1000.0 + i) for i in range(30) for unit in "uvw"
    ]
    owners.process(60)
    for values, count, change, event, which in parts:
        now = 1000.0 + len(owners.messages)
        owners.messages += [message(unit, value, now + i) for i, (unit, value) in enumerate(values)]
        if change == "config":
            configs = _CONFIGS[which]
        elif change == "reset":
            commands[change] = _command(CommandKind.RESET, len(owners.history))
        elif change == "teach":
            known = KnownDeviation("above", 400.0 + which)
            commands[change] = _command(CommandKind.TEACH, len(owners.history), known=known)
        if change:
            owners.put(*configs, commands=commands.values())
        if event in ("learn", "learn and save"):
            owners.learn()
        if event in ("save", "learn and save") or owners.now.awaits_position:
            owners.save()
        owners.process(count)
        if event == "crash":
            owners.crash()
        elif event == "stop":
            owners.stop()
    if owners.now.awaits_position:
        owners.save()
    owners.learn()
    owners.finish()
    assert_as_expected(owners)
