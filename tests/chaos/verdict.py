"""The claim, and what speaks against it: events and states are those of one undisturbed pass."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Message

from anomaly_stream.engine.plan import Plan
from anomaly_stream.formats.outcomes import decode_alert
from tests.chaos.reconfiguring import FIRST, STRAY
from tests.chaos.reference import Era, State, canonical, changelog_states, expect, rocksdb_states
from tests.chaos.schedule import Schedule

LEAST_ALERTS = 20


@dataclass
class Verdict:
    """What a run found; no faults is success."""

    schedule: Schedule
    faults: list[str] = field(default_factory=list)
    alerts: int = 0
    copies: int = 0
    rows: int = 0
    restarts: int = 0
    seconds: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    """Faults that took place, in the words of `schedule.happenings`."""

    def __str__(self) -> str:
        head = (
            f"{self.schedule}\n  {self.alerts} alert events ({self.copies} published twice), "
            f"{self.rows} rows, {self.restarts} restarts, {self.seconds:.0f} s"
        )
        return "\n".join([head, *(f"  FAULT: {fault}" for fault in self.faults)])


@dataclass(frozen=True, slots=True)
class Found:
    """What a run has left behind."""

    eras: list[Era]
    alerts: list[bytes]
    changelog: list[Message]
    data: list[Path]
    """Where each worker that ever was kept its RocksDBs."""


def judge(found: Found, verdict: Verdict) -> None:
    """Add to the verdict what is wrong."""
    alerts, states = expect(found.eras)
    plan, source = found.eras[-1].plan, found.eras[-1].source
    verdict.alerts = len(alerts)
    verdict.rows = sum(key.count(b"\0", 0, -2) == 1 for state in states.values() for key in state)
    events = [decode_alert(value) for value in alerts.values()]
    if sum(event.config_id == FIRST["id"] for event in events) <= LEAST_ALERTS:
        verdict.faults.append(f"a load of {verdict.alerts} alert events proves little")
    verdict.faults += _alert_faults(alerts, found.alerts, verdict)
    held = changelog_states(found.changelog)
    for number in sorted({*states, *held}):
        verdict.faults += _state_faults(plan, source, f"partition {number}", states[number], held[number])
    for data in found.data:
        verdict.faults += _disk_faults(data, found.changelog)


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


def _state_faults(plan: Plan, source: tuple[str, int], what: str, wanted: State, found: State) -> list[str]:
    wanted, found = canonical(plan, source, wanted), canonical(plan, source, found)
    return [] if wanted == found else [f"{what}: {_differences(wanted, found)}"]


def _disk_faults(data: Path, changelog: list[Message]) -> list[str]:
    """Each RocksDB, also of a past owner, must be the changelog up to the offset it ends at."""
    faults = []
    for number, (offset, state) in rocksdb_states(data).items():
        wanted = changelog_states(changelog, {number: offset})[number]
        if state != wanted:
            differing = _differences(wanted, state)
            faults.append(f"{data.parent.name}, RocksDB {number} to {offset}: {differing}")
    return faults


def _differences(wanted: State, found: State) -> str:
    differing = sorted(key for key in wanted.keys() & found.keys() if wanted[key] != found[key])
    return (
        f"{len(wanted.keys() - found.keys())} records missing of {len(wanted)}, "
        f"extra {sorted(found.keys() - wanted.keys())[:3]}, {len(differing)} differ {differing[:3]}"
    )
