from pathlib import Path

import numpy as np
import pytest
import rocksdict
from faust.types import TP

from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.table import StateStore

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
    database = rocksdict.Rdict(str(tmp_path / "state.db"), options=rocksdict.Options(raw_mode=True))
    store._dbs = {CHANGELOG.partition: database}
    return store


def test_columns_are_applied_in_order_with_the_offset_they_end_at(store: StateStore) -> None:
    store.apply(columns([(b"a", b"1"), (b"b", b"2"), (None, b"x"), (b"b", b"3")], 40))
    store.apply(columns([(b"a", None), (b"c", b""), (b"\0claim", None)], 50))
    store.apply(columns([], 52))

    assert list(store.records(CHANGELOG.partition)) == [(b"b", b"3"), (b"c", b"")]
    assert store.persisted_offset(CHANGELOG) == 51
