"""What must have come of the records that are on the topics: one pass of the pipeline, without Kafka."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rocksdict
from confluent_kafka import Message

from anomaly_stream.engine.pipeline import Pipeline
from anomaly_stream.engine.plan import Plan
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.changelog import CLAIM_KEY
from anomaly_stream.stream.table import StateStore

State = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Era:
    """A part of the input over which neither the topic nor the configs change."""

    source: tuple[str, int]
    """The topic with its epoch."""
    plan: Plan
    messages: list[Message]


def columns(messages: Sequence[Message]) -> RecordColumns:
    """Messages of one partition, in order, as the worker gets them."""
    values = [message.value() for message in messages]
    lengths = np.array([-1 if value is None else len(value) for value in values], np.int64)
    taken = np.maximum(lengths, 0)
    none = np.zeros(len(values), np.int64)
    return RecordColumns(
        topic=messages[0].topic(),
        partition=messages[0].partition(),
        buffer=np.frombuffer(b"".join(value or b"" for value in values), np.uint8),
        offset=np.array([message.offset() for message in messages], np.int64),
        timestamp_ms=np.array([message.timestamp()[1] for message in messages], np.int64),
        key_start=none,
        key_length=np.full(len(values), -1, np.int64),
        value_start=np.cumsum(taken) - taken,
        value_length=lengths,
        header_start=none,
        header_count=none,
        next_offset=messages[-1].offset() + 1,
    )


def expect(eras: Iterable[Era]) -> tuple[dict[str, bytes], dict[int, State]]:
    """Alert events by id, and by partition the state records, canonical."""
    alerts: dict[str, bytes] = {}
    states: dict[int, State] = defaultdict(dict)
    for era in eras:
        by_partition: dict[int, list[Message]] = defaultdict(list)
        for message in era.messages:
            by_partition[message.partition()].append(message)
        for number in {*by_partition, *states}:
            pipeline = Pipeline(era.plan, [era.source])
            pipeline.load(sorted(states[number].items()))
            if records := sorted(by_partition[number], key=lambda message: message.offset()):
                output = pipeline.process(columns(records))
                alerts |= {decode_alert(alert.value).event_id: alert.value for alert in output.alerts}
            keep(states[number], (record for stage in pipeline.take_dirty() for record in stage))
    return alerts, states


def keep(state: State, records: Iterable[tuple[bytes, bytes | None]]) -> None:
    """Apply records as a compacted topic does: the last of a key counts, null deletes."""
    for key, value in records:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value


def canonical(plan: Plan, source: tuple[str, int], state: State) -> State:
    """The state as one record a row, equal where the state is, however it was written.

    Rows of configs that the plan does not have stay as they are, so that they are not overlooked.
    """
    pipeline = Pipeline(plan, [source])
    pipeline.load(sorted(state.items()))
    written = pipeline.canonical_state()
    ids = {config.id.encode() for config in plan.configs}
    return written | {key: value for key, value in state.items() if key.partition(b"\0")[0] not in ids}


def changelog_states(messages: Iterable[Message], until: dict[int, int] | None = None) -> dict[int, State]:
    """By partition, the state that the changelog holds; up to and with offset ``until`` where given."""
    states: dict[int, State] = defaultdict(dict)
    for message in sorted(messages, key=lambda each: (each.partition(), each.offset())):
        number = message.partition()
        if until is None or message.offset() <= until.get(number, -1):
            keep(states[number], [(message.key(), message.value())])
    for state in states.values():
        state.pop(CLAIM_KEY, None)
    return states


def rocksdb_states(data: Path) -> dict[int, tuple[int, State]]:
    """By partition that a worker has held: the changelog offset its RocksDB ends at, and the records."""
    found = {}
    for path in data.rglob("*.db"):
        number = int(path.stem.rpartition("-")[2])
        database = rocksdict.Rdict(str(path), options=rocksdict.Options(raw_mode=True))
        records = {bytes(key): bytes(value) for key, value in database.items()}
        database.close()
        offset = int(records.pop(StateStore.offset_key, b"-1"))
        found[number] = (offset, records)
    return found
