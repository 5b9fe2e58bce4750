"""The check that events and states equal those of one undisturbed pass."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from confluent_kafka import Message

from anomaly_stream.formats.outcomes import decode_alert, encode
from anomaly_stream.formats.state_keys import INSTANCE_PREFIX, POSITION_KEY
from anomaly_stream.formats.state_record import WORD
from anomaly_stream.model import AlertEvent, Source
from anomaly_stream.model.commands import CommandKind
from anomaly_stream.stream.partitions.position import Position
from tests.chaos.history_faults import history_faults
from tests.chaos.house import History
from tests.chaos.reconfiguring import FIRST, HOST, STRAY, Document
from tests.chaos.reference import Era, Expected, expect, replay
from tests.chaos.schedule import Schedule
from tests.chaos.states import State, canonical, changelog_states, rocksdb_states
from tests.chaos.turns import Turns

LEAST_ALERTS = 20


@dataclass
class Verdict:
    """The result of a run; it succeeded if there are no faults."""

    schedule: Schedule
    faults: list[str] = field(default_factory=list)
    alerts: int = 0
    group_alerts: int = 0
    copies: int = 0
    beats: int = 0
    """Heartbeats that workers wrote."""
    changes: int = 0
    """Changes of configs, and series commands, that took effect in a partition."""
    taught: int = 0
    """Series commands that teach, among them."""
    rows: int = 0
    restarts: int = 0
    seconds: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    """Number of times each fault took place, by its name in `schedule.happenings`."""

    def __str__(self) -> str:
        head = (
            f"{self.schedule}\n  {self.alerts} alert events, {self.group_alerts} of groups "
            f"({self.copies} published twice), {self.beats} heartbeats, {self.changes} changes of configs, "
            f"{self.taught} taught, {self.rows} rows and instances, {self.restarts} restarts, "
            f"{self.seconds:.0f} s"
        )
        return "\n".join([head, *(f"  FAULT: {fault}" for fault in self.faults)])


@dataclass(frozen=True, slots=True)
class Found:
    """The results of a run."""

    eras: list[Era]
    alerts: list[bytes]
    changelog: list[Message]
    turns: Turns
    """What happened between two records of the input."""
    data: list[Path]
    """The RocksDB directory of every worker that ever ran."""
    history: History | None = None


def judge(found: Found, verdict: Verdict) -> None:
    """Add the faults to the verdict."""
    _count(found.turns, verdict)
    limit = verdict.schedule.max_open_alerts
    expected = expect(found.eras, turns=found.turns, max_open_alerts=limit)
    replayed = replay(found.eras)
    alerts = expected.alerts | replayed.group_alerts
    verdict.alerts, verdict.group_alerts = len(alerts), len(replayed.group_alerts)
    verdict.rows = sum(_is_first(key) for state in expected.states.values() for key in state)
    verdict.faults += _load_faults(expected, found.eras, is_limited=limit is not None)
    verdict.faults += forwarding_faults(expected, replayed)
    verdict.faults += _alert_faults(alerts, found.alerts, verdict)
    if found.history is not None:
        verdict.faults += history_faults(alerts, found.history)
    held = changelog_states(found.changelog)
    for number in sorted({*expected.states, *held}):
        wanted = expected.states[number]
        verdict.faults += _state_faults(found.eras[-1], f"partition {number}", wanted, held[number])
        verdict.faults += _position_faults(number, held[number])
    for data in found.data:
        verdict.faults += _disk_faults(data, found.changelog)


def _count(turns: Turns, verdict: Verdict) -> None:
    changes = [turn.configs for found in turns.values() for turn in found if turn.configs is not None]
    commands = {command for change in changes for command in change.commands}
    verdict.beats = sum(turn.configs is None for found in turns.values() for turn in found)
    verdict.changes = len(changes)
    verdict.taught = sum(command.kind is CommandKind.TEACH for command in commands)
    if verdict.schedule.house and not verdict.taught:
        verdict.faults.append("a run in which no false alarm teaches proves little")


def _is_first(key: bytes) -> bool:
    """Whether it is the head of a row, or the record of an instance."""
    return key.startswith(INSTANCE_PREFIX) or key.count(b"\0", 0, -2) == 1


def _load_faults(expected: Expected, eras: list[Era], *, is_limited: bool) -> list[str]:
    """Reasons why a run proves nothing."""
    faults = []
    alerts = [decode_alert(value) for value in expected.alerts.values()]
    if is_limited and not any(event.condition == "overflow" for event in alerts):
        faults.append("a maximum of open alerts that is never reached proves nothing")
    # Where open alerts are limited, silent series take most places.
    counted = [event for event in alerts if is_limited or _is_anomaly_of(event, FIRST)]
    if len(counted) <= LEAST_ALERTS:
        faults.append(f"a load of {len(expected.alerts)} alert events proves little")
    if not any(era.groups.configs for era in eras):
        return faults
    of_groups = Counter(decode_alert(value).config_id for value in expected.group_alerts.values())
    if not of_groups[HOST["id"]]:
        faults.append("a group without an alert event proves nothing")
    if expected.late:
        faults.append(f"{expected.late} values of groups are late: there is no one right result")
    if not expected.apart:
        faults.append("no group has members that lie in different partitions")
    return faults


def _is_anomaly_of(event: AlertEvent, config: Document) -> bool:
    return event.condition == "anomaly" and event.config_id == config["id"]


def forwarding_faults(expected: Expected, replayed: Expected) -> list[str]:
    """The records of the groups topic must give the same alerts as the input, except for their sources."""
    wanted, got = _without_source(expected.group_alerts), _without_source(replayed.group_alerts)
    faults = []
    if lost := sorted(wanted.keys() - got.keys()):
        faults.append(f"the groups topic lacks records for {len(lost)} alert events: {wanted[lost[0]]!r}")
    if extra := sorted(got.keys() - wanted.keys()):
        faults.append(f"the groups topic gives {len(extra)} extra alert events: {got[extra[0]]!r}")
    if other := sorted(each for each in wanted.keys() & got.keys() if wanted[each] != got[each]):
        first = other[0]
        faults.append(
            f"the groups topic gives {len(other)} different events: {got[first]!r} for {wanted[first]!r}"
        )
    return faults


def _without_source(alerts: Mapping[str, bytes]) -> dict[str, bytes]:
    nowhere = Source("", 0, 0)
    return {
        event_id: encode(msgspec.structs.replace(decode_alert(value), source=nowhere))
        for event_id, value in alerts.items()
    }


def _alert_faults(expected: dict[str, bytes], published: list[bytes], verdict: Verdict) -> list[str]:
    copies: dict[str, set[bytes]] = {}
    counted = 0
    for value in published:
        event = decode_alert(value)
        if event.config_id != STRAY["id"]:
            copies.setdefault(event.event_id, set()).add(value)
            counted += 1
    verdict.copies = counted - len(copies)
    faults = []
    if missing := sorted(expected.keys() - copies.keys()):
        faults.append(f"{len(missing)} alert events are missing: {[expected[each] for each in missing[:3]]}")
    if extra := sorted(copies.keys() - expected.keys()):
        faults.append(f"{len(extra)} alert events are extra: {[copies[each] for each in extra[:3]]}")
    if other := [each for each in copies.keys() & expected.keys() if copies[each] != {expected[each]}]:
        faults.append(f"{len(other)} alert events differ: {copies[other[0]]} for {expected[other[0]]!r}")
    return faults


def _state_faults(era: Era, what: str, wanted: State, found: State) -> list[str]:
    wanted, found = (canonical(era.plan, era.groups, era.source, state) for state in (wanted, found))
    return [] if wanted == found else [f"{what}: {_differences(wanted, found)}"]


def _position_faults(number: int, found: State) -> list[str]:
    """The reference has acted on each heartbeat, and so must workers that stop in the normal way."""
    left = Position.decode(found[POSITION_KEY]).silent_until
    return [f"partition {number}: a heartbeat is left to the next owner: {left}"] if left else []


def _disk_faults(data: Path, changelog: list[Message]) -> list[str]:
    """Each RocksDB, including those of past owners, must equal the changelog up to the offset stored in it.

    An interrupted checkpoint may have written some of its records without their offset. They must be in the
    changelog after that offset, from where recovery reads them again.
    """
    faults = []
    for number, (offset, state) in rocksdb_states(data).items():
        wanted = changelog_states(changelog, {number: offset})[number]
        behind = {
            (message.key(), message.value())
            for message in changelog
            if message.partition() == number and message.offset() > offset
        }
        wrong = {key for key in wanted.keys() | state.keys() if wanted.get(key) != state.get(key)}
        if any((key, state.get(key)) not in behind for key in wrong):
            differing = _differences(wanted, state)
            faults.append(f"{data.parent.name}, RocksDB {number} to {offset}: {differing}")
    return faults


def _differences(wanted: State, found: State) -> str:
    differing = sorted(key for key in wanted.keys() & found.keys() if wanted[key] != found[key])
    return (
        f"{len(wanted.keys() - found.keys())} records missing of {len(wanted)}, "
        f"extra {sorted(found.keys() - wanted.keys())[:3]}, {len(differing)} differ {differing[:3]}"
        + "".join(f", {key!r} by word: {_words(wanted[key], found[key])}" for key in differing[:3])
    )


def _words(wanted: bytes, found: bytes) -> str:
    """The first words that differ; ``engine.checkpoint.format`` says what each of a row's holds."""
    if len(wanted) != len(found):
        return f"{len(wanted) // WORD} are wanted, {len(found) // WORD} found"
    differing = [at for at in range(0, len(wanted), WORD) if wanted[at : at + WORD] != found[at : at + WORD]]
    shown = (
        f"{at // WORD}: {wanted[at : at + WORD].hex()} not {found[at : at + WORD].hex()}"
        for at in differing[:8]
    )
    return f"{len(differing)} ({', '.join(shown)})"
