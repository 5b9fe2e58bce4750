from pathlib import Path

from anomaly_stream.formats.state_keys import row_key
from anomaly_stream.kafka.baselines_topic import BaselineBatch, BaselineMessage
from anomaly_stream.model import Series
from anomaly_stream.stream.state.baseline_store import BaselineDatabase
from tests.engine.inputs import config, plan_of
from tests.pipeline.test_loaded_baselines import learned, values

RECORDS = learned(plan_of(config("a"), config("ab")), values(5))


def batch(messages: list[tuple[bytes, bytes | None]], first: int) -> BaselineBatch:
    found = [BaselineMessage(key, value, first + n) for n, (key, value) in enumerate(messages)]
    return BaselineBatch(found, first + len(messages), is_end=False)


def test_it_holds_the_newest_baseline_of_each_row(tmp_path: Path) -> None:
    database = BaselineDatabase(tmp_path / "baselines", 7)
    assert (database.next_offset, database.newest("a")) == (0, -1)
    key, value = RECORDS[0]
    assert database.apply(batch([*RECORDS, (key, value)], 10)) == [key for key, _ in RECORDS]
    held = database.find(key)
    assert held is not None
    assert (held.offset, held.record) == (16, value)
    assert (database.newest("a"), database.newest("ab")) == (16, 15)
    assert database.find(row_key("a", Series.of("other", {}))) is None
    database.close()
    again = BaselineDatabase(tmp_path / "baselines", 7)
    assert (again.next_offset, again.newest("a"), again.find(key)) == (17, 16, held)
    again.close()
    other = BaselineDatabase(tmp_path / "baselines", 8)
    assert (other.next_offset, other.newest("a"), other.find(key)) == (0, -1, None)


def test_a_config_that_is_forgotten_has_no_baseline(tmp_path: Path) -> None:
    database = BaselineDatabase(tmp_path / "baselines", 7)
    of_a = [(key, value) for key, value in RECORDS if key.startswith(b"a\0")]
    added = database.apply(batch([*RECORDS, (b"a\0", b"forget"), of_a[1]], 0))
    assert added == [*(key for key, _ in RECORDS if key.startswith(b"ab\0")), of_a[1][0]]
    assert [database.find(key) is None for key, _ in of_a] == [True, False, True]
    assert (database.newest("a"), database.newest("ab")) == (7, 5)
    database.apply(batch([(of_a[1][0], None)], 8))
    assert database.find(of_a[1][0]) is None


def test_rubbish_is_counted_and_skipped(tmp_path: Path) -> None:
    database = BaselineDatabase(tmp_path / "baselines", 7)
    key, value = RECORDS[0]
    assert database.apply(batch([(key, b"rubbish"), (key, value[:-8]), (b"", b"")], 0)) == []
    assert (database.refused, database.next_offset, database.find(key)) == (3, 3, None)
