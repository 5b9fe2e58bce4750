"""Connections to the history's database, and what its errors mean."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from anomaly_stream.errors import HistoryError, SettingsError
from anomaly_stream.settings import Settings

CONNECT_S = 5
"""How long PostgreSQL may take to accept a connection, in seconds."""

_BUSY_S = 10.0
_RETRY_S = 0.02
_DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}
_CURES = (
    ("onnection refused", "check that PostgreSQL runs there, and history.url"),
    ("could not translate host name", "check the host name in history.url"),
    ("failed to resolve host", "check the host name in history.url"),
    ("timeout", "check the host and port in history.url, and that the server is not overloaded"),
    ("password", "check the user in history.url, and history.password_file"),
    ("no such table", "start `anomaly-stream recorder`, which creates the tables"),
    ("UndefinedTable", "start `anomaly-stream recorder`, which creates the tables"),
    ("does not exist", "create it, or correct history.url"),
    ("permission denied", "grant the user of history.url CREATE and USAGE on the schema"),
    ("unable to open database file", "check that its directory exists and can be written"),
    ("is full", "make room on its disk"),
    ("No space left", "make room on its disk"),
)
"""A part of the error's text, and what to do."""


def database_url(settings: Settings) -> URL:
    """The address of the database, with the driver and the password. Raises SettingsError."""
    history = settings.history
    if history.url is None:
        return URL.create(_DRIVERS["sqlite"], database=str(history_file(settings)))
    try:
        url = make_url(history.url.get_secret_value())
    except ArgumentError:
        raise SettingsError("history.url: is not the URL of a database") from None
    url = url.set(drivername=_DRIVERS[url.drivername])
    password = history.password()
    return url if password is None else url.set(password=password)


def history_file(settings: Settings) -> Path:
    """The SQLite file that is used without ``history.url``."""
    return settings.data_dir / settings.app_id / "history.db"


def name_of(url: URL) -> str:
    """The database for people: never the user or the password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "in memory"
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def open_writer(url: URL) -> Engine:
    """An engine of one connection, whose transactions lock a SQLite database from their start."""
    return _engine(url, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0)


def open_reader(url: URL, timeout_s: float) -> Engine:
    """An engine for queries, each of which ends after ``timeout_s`` in PostgreSQL."""
    options = f"-c statement_timeout={int(timeout_s * 1000)} -c default_transaction_read_only=on"
    return _engine(url, begin="BEGIN", pool_size=5, max_overflow=5, options=options)


def _engine(url: URL, begin: str, options: str = "", **pool: Any) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    given = url.query.get("options", "")
    connect: dict[str, Any] = (
        {"timeout": _BUSY_S}
        if is_sqlite
        else {"connect_timeout": CONNECT_S, "options": f"{given} {options}".strip()}
    )
    try:
        engine = create_engine(
            url,
            connect_args=connect,
            poolclass=QueuePool,
            pool_pre_ping=not is_sqlite,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            **pool,
        )
    except ModuleNotFoundError as error:
        raise HistoryError(
            f"history.url needs the package {error.name}, which is not installed:"
            " run pip install 'anomaly-stream[history]'"
        ) from None
    if is_sqlite:
        _configure_sqlite(engine, begin)
    return engine


def _configure_sqlite(engine: Engine, begin: str) -> None:
    """WAL, so that readers and the writer do not wait for each other; transactions begin where we say."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait here while another connection switches, so this does."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return


@contextmanager
def database_errors(engine: Engine) -> Iterator[None]:
    """Convert errors of the database in this context to HistoryError, with the cure."""
    driver: type[Exception] = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (SQLAlchemyError, driver) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        text = " ".join(f"{type(cause).__name__}: {cause}".split())
        cure = next((cure for part, cure in _CURES if part in text), "")
        raise HistoryError(
            f"the history in {name_of(engine.url)} cannot be used: {text}{cure and f': {cure}'}"
        ) from None
