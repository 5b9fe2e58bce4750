"""State records as a compacted topic keeps them, as RocksDB holds them, and in a comparable form."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import rocksdict
from confluent_kafka import Message

from anomaly_stream.engine.plan.plan import Plan
from anomaly_stream.formats.state_keys import (
    INSTANCE_PREFIX,
    OWNERSHIP_PREFIX,
    POSITION_KEY,
    WITHDRAWAL_PREFIX,
)
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import Series
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.state.changelog import CLAIM_KEY
from anomaly_stream.stream.state.table import StateStore

State = dict[bytes, bytes]


def keep(state: State, records: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Apply records as a compacted topic does: the last of a key counts, null deletes."""
    for key, value in records:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value


def config_of(key: bytes) -> str:
    """The id of the config, or group, that a state record belongs to; empty for an event to publish."""
    if key.startswith(WITHDRAWAL_PREFIX):
        return ""
    if key.startswith(OWNERSHIP_PREFIX):
        return key.removeprefix(OWNERSHIP_PREFIX).decode()
    if key.startswith(INSTANCE_PREFIX):
        return Series.from_key(key.removeprefix(INSTANCE_PREFIX)).metric
    return key.partition(b"\0")[0].decode()


def canonical(plan: Plan, groups: GroupPlan, source: tuple[str, int], state: State) -> State:
    """The state as one record for each row or instance: equal states have equal records, however written.

    The position is left out: the reference reads the whole input at once. Records of configs and groups that
    do not exist stay unchanged, so that they are not overlooked.
    """
    pipeline = Pipeline(plan, [source], groups=groups)
    state = {key: value for key, value in state.items() if key != POSITION_KEY}
    pipeline.load(sorted(state.items()))
    written = pipeline.canonical_state()
    ids = {config.id for config in (*plan.configs, *groups.configs)}
    return written | {key: value for key, value in state.items() if config_of(key) not in ids}


def changelog_states(messages: Iterable[Message], until: dict[int, int] | None = None) -> dict[int, State]:
    """The state in the changelog, by partition; with ``until``, only up to and including that offset."""
    states: dict[int, State] = defaultdict(dict)
    for message in sorted(messages, key=lambda each: (each.partition(), each.offset())):
        number = message.partition()
        if until is None or message.offset() <= until.get(number, -1):
            keep(states[number], [(message.key(), message.value())])
    for state in states.values():
        state.pop(CLAIM_KEY, None)
    return states


def rocksdb_states(data: Path) -> dict[int, tuple[int, State]]:
    """By partition: the changelog offset stored in its RocksDB, and the records."""
    found = {}
    for path in data.rglob("*.db"):
        number = int(path.stem.rpartition("-")[2])
        database = rocksdict.Rdict(str(path), options=rocksdict.Options(raw_mode=True))
        records = {bytes(key): bytes(value) for key, value in database.items()}
        database.close()
        offset = int(records.pop(StateStore.offset_key, b"-1"))
        found[number] = (offset, records)
    return found
