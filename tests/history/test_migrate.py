"""Every released schema can be upgraded, with its rows, to that of the tables."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, text

from anomaly_stream.errors import HistoryError
from anomaly_stream.history import postgresql, sqlite
from anomaly_stream.history.database import open_writer
from anomaly_stream.history.migrate import migrate, revisions
from anomaly_stream.history.queries import HistoryQueries, VersionInForce
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.tables import METADATA
from anomaly_stream.history.wanted import Wanted

GOLDEN = Path(__file__).with_name("golden")


def test_each_revision_has_its_rows() -> None:
    assert sorted(path.stem for path in GOLDEN.iterdir()) == revisions()


@pytest.mark.parametrize("revision", revisions())
def test_a_released_schema_is_upgraded_with_its_rows(database: URL, revision: str) -> None:
    engine = open_writer(database)
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    with engine.begin() as connection:
        migrate(connection, revision)
        dialect.prepare(connection, [1.78e9])
        for statement in (GOLDEN / f"{revision}.sql").read_text().splitlines():
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()

    assert HistoryStore(database).open() == {("anomaly-alerts", 0): 2}
    account = HistoryQueries(database, 10).alert("a1", {"payments"})
    assert account is not None
    assert len(account.events) == 2
    assert account.config == VersionInForce(4, "ann", "less noise", 1779999999000, '{"metric":"load"}')
    found = Wanted(owner="payments", labels=(("env", "prod"),))
    assert len(HistoryQueries(database, 10).alerts(found, 10)) == 1
    assert len(HistoryQueries(database, 10).anomalies(found, 10)) == 1


def test_the_newest_schema_is_that_of_the_tables(database: URL) -> None:
    engine = open_writer(database)
    with engine.begin() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def opened_together(database: URL) -> list[object]:
    """What four processes find that open a database at the same moment."""
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(HistoryStore(database).open())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_processes_that_start_together_migrate_one_after_the_other(database: URL) -> None:
    assert opened_together(database) == [{}] * 4


def test_processes_that_create_a_file_together_wait_for_each_other(tmp_path: Path) -> None:
    """SQLite reports a lock at once where a file changes to WAL: about one time in 25 without the wait."""
    for number in range(40):
        url = URL.create("sqlite+pysqlite", database=str(tmp_path / f"{number}.db"))
        assert opened_together(url) == [{}] * 4


def test_the_schema_of_a_newer_release_is_an_error_with_its_cure(database: URL) -> None:
    store = HistoryStore(database)
    store.open()
    engine = open_writer(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(HistoryError, match=r"newer release.*upgrade this one"):
        store.open()
