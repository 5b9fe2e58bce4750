from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rocksdict
from faust.stores.rocksdb import RocksDBOptions
from faust.types import TP

from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.state.table import ROCKSDB_OPTIONS, StateStore

CHANGELOG = TP("changelog", 2)


def columns(records: list[tuple[bytes | None, bytes | None]], next_offset: int) -> RecordColumns:
    buffer, spans = b"", []
    for pair in records:
        for part in pair:
            spans.append((len(buffer), -1 if part is None else len(part)))
            buffer += part or b""
    table = np.array(spans, np.int64).reshape(-1, 4)
    none = np.zeros(len(table), np.int64)
    offsets = np.arange(next_offset - len(table), next_offset)
    key_start, key_length, value_start, value_length = table.T
    return RecordColumns(
        CHANGELOG.topic,
        CHANGELOG.partition,
        np.frombuffer(buffer, np.uint8),
        offsets,
        none,
        key_start,
        key_length,
        value_start,
        value_length,
        none,
        none,
        next_offset,
    )


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    store = StateStore.__new__(StateStore)
    store._dbs = {CHANGELOG.partition: open_database(tmp_path)}
    return store


def open_database(directory: Path) -> Any:
    return rocksdict.Rdict(str(directory / "state.db"), options=rocksdict.Options(raw_mode=True))


async def write(store: StateStore, tp: TP, records: list[tuple[bytes, bytes | None]], offset: int) -> int:
    """Write a checkpoint; returns the number of WriteBatches."""
    count = 0
    for batch in store.checkpoint_batches(records, offset):
        store.write_checkpoint(tp, batch)
        count += 1
    return count


async def test_a_large_checkpoint_is_written_in_several_batches_and_its_offset_with_the_last(
    store: StateStore,
) -> None:
    records: list[tuple[bytes, bytes | None]] = [(f"{i:04}".encode(), b"x" * 3000) for i in range(1000)]
    offsets = []
    for batch in store.checkpoint_batches(records, 7):
        offsets.append(store.persisted_offset(CHANGELOG))
        store.write_checkpoint(CHANGELOG, batch)

    assert len(offsets) > 3
    assert set(offsets) == {None}
    assert store.persisted_offset(CHANGELOG) == 7
    assert list(store.records(CHANGELOG.partition)) == records


async def test_one_record_is_found_by_its_key(store: StateStore) -> None:
    await write(store, CHANGELOG, [(b"a", b"1"), (b"b", b"2")], 4)
    assert [store.record(CHANGELOG.partition, key) for key in (b"b", b"c")] == [b"2", None]


async def test_columns_are_applied_in_order_with_the_offset_they_end_at(store: StateStore) -> None:
    await store.apply(columns([(b"a", b"1"), (b"b", b"2"), (None, b"x"), (b"b", b"3")], 40))
    await store.apply(columns([(b"a", None), (b"c", b""), (b"\0claim", None)], 50))
    await store.apply(columns([], 52))

    assert list(store.records(CHANGELOG.partition)) == [(b"b", b"3"), (b"c", b"")]
    assert store.persisted_offset(CHANGELOG) == 51


async def test_handles_are_closed_when_partitions_are_released(store: StateStore, tmp_path: Path) -> None:
    await write(store, CHANGELOG, [(b"a", b"1"), (b"b", b"2")], 3)
    begun = store.records(CHANGELOG.partition)
    next(begun)
    begun.close()  # reading failed: an open iterator would keep the lock
    table = SimpleNamespace(changelog_topic=SimpleNamespace(topics=[CHANGELOG.topic]))
    store.revoke_partitions(table, {CHANGELOG, TP("metrics", CHANGELOG.partition)})
    assert store._dbs == {}
    again = open_database(tmp_path)  # the lock is free, in the same process
    assert dict(again.items()) == {b"a": b"1", b"b": b"2", store.offset_key: b"3"}
    again.close()


async def test_a_database_that_fails_to_close_does_not_keep_the_others_open(store: StateStore) -> None:
    closed: list[int] = []

    class Failing:
        def close(self) -> None:
            raise OSError("Writer has previous error")

    class Sound:
        def close(self) -> None:
            closed.append(1)

    store._dbs[CHANGELOG.partition].close()
    store._dbs = {0: Failing(), 1: Sound()}
    await store.stop()
    assert store._dbs == {}
    assert closed == [1]


def test_memory_of_a_database_is_bounded() -> None:
    options = RocksDBOptions(**ROCKSDB_OPTIONS)
    held = options.block_cache_size + options.write_buffer_size * options.max_write_buffer_number
    assert held <= 64 * 2**20
    assert 0 < options.max_open_files <= 256
