"""The address of the database, and what its errors say."""

import socket
from pathlib import Path

import pytest

from anomaly_stream.errors import HistoryError, SettingsError
from anomaly_stream.history.database import database_url, name_of
from anomaly_stream.history.queries import HistoryQueries
from anomaly_stream.history.store import HistoryStore
from anomaly_stream.history.wanted import Wanted
from anomaly_stream.settings import Settings, load_settings
from tests.databases.postgresql import PASSWORD, Postgresql
from tests.history.conftest import url_of


def settings_of(**history: str) -> Settings:
    return load_settings(
        environ={f"ANOMALY_STREAM_HISTORY__{key.upper()}": value for key, value in history.items()}
    )


def test_the_default_is_a_file_below_the_data_directory() -> None:
    settings = load_settings(environ={"ANOMALY_STREAM_DATA_DIR": "/data", "ANOMALY_STREAM_NAMESPACE": "test"})
    assert name_of(database_url(settings)) == "/data/test-anomaly-stream/history.db"


def test_the_password_can_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss:/word\n")
    url = database_url(settings_of(url="postgresql://me@db:5433/h", password_file=str(tmp_path / "password")))
    assert (url.drivername, url.password, name_of(url)) == ("postgresql+psycopg", "p@ss:/word", "db:5433/h")


@pytest.mark.parametrize(
    "url", ["mysql://me:s3cret@db/h", "s3cret", "sqlite://", "postgresql+asyncpg://s3cret@db/h"]
)
def test_another_url_is_refused_without_saying_what_it_was(url: str) -> None:
    with pytest.raises(SettingsError, match="must be postgresql://") as refused:
        settings_of(url=url)
    assert "s3cret" not in str(refused.value)


def test_a_server_that_is_down_is_named_with_the_cure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(
            HistoryError, match=f"127.0.0.1:{port}/h.*refused.*check that PostgreSQL runs"
        ) as error:
            HistoryStore(url_of(f"postgresql://me:{PASSWORD}@127.0.0.1:{port}/h")).open()
    assert PASSWORD not in str(error.value)


def test_a_refused_login_and_a_missing_database_have_their_cure(postgresql: Postgresql) -> None:
    for url, cure in (
        (postgresql.url(password="wr0ng"), "check the user in history.url"),
        (postgresql.url("nowhere"), "create it, or correct history.url"),
    ):
        with pytest.raises(HistoryError, match=cure) as error:
            HistoryStore(url_of(url)).open()
        assert "wr0ng" not in str(error.value)
        assert PASSWORD not in str(error.value)


def test_a_file_that_cannot_be_opened_has_its_cure(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="check that its directory exists"):
        HistoryStore(url_of(f"sqlite:///{tmp_path}/missing/history.db")).open()


def test_a_question_before_the_first_record_has_its_cure(postgresql: Postgresql, tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/h.db", postgresql.new_database()):
        with pytest.raises(HistoryError, match="start `anomaly-stream recorder`"):
            HistoryQueries(url_of(url), 10).alerts(Wanted(), 10)


def test_a_query_ends_in_time(postgresql: Postgresql) -> None:
    url = url_of(postgresql.new_database())
    HistoryStore(url).open()
    slow = HistoryQueries(url, timeout_s=0.2)
    with pytest.raises(HistoryError, match="statement timeout"), slow._connection() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(10)")
