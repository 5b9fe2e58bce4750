from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rocksdict
from faust.types import TP

from anomaly_stream.errors import StateError
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


def event(value: Any) -> Any:
    return SimpleNamespace(message=SimpleNamespace(tp=CHANGELOG, value=value))


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    store = StateStore.__new__(StateStore)
    store._recovered, store._next_report, store._failure = 0, 0.0, None
    database = rocksdict.Rdict(str(tmp_path / "state.db"), options=rocksdict.Options(raw_mode=True))
    store._dbs = {CHANGELOG.partition: database}
    return store


def recover(store: StateStore, *values: Any) -> None:
    store.apply_changelog_batch([event(value) for value in values], lambda key: key, lambda value: value)


def test_recovery_applies_columns_in_order_with_the_offset_they_end_at(store: StateStore) -> None:
    recover(
        store,
        columns([(b"a", b"1"), (b"b", b"2"), (None, b"x"), (b"b", b"3")], 40),
        columns([(b"a", None), (b"c", b""), (b"\0claim", None)], 50),
        columns([], 52),
    )
    store.finish_recovery()

    assert list(store.records(CHANGELOG.partition)) == [(b"b", b"3"), (b"c", b"")]
    assert store._dbs[CHANGELOG.partition][store.offset_key] == b"51"


def test_what_recovery_could_not_apply_is_an_error_at_its_end(store: StateStore) -> None:
    with pytest.raises(AttributeError):
        recover(store, None)
    recover(store, columns([(b"a", b"1")], 9))

    with pytest.raises(StateError, match="recovery failed"):
        store.finish_recovery()
