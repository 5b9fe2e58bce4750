"""Bring the schema of a database to that of this release."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from anomaly_stream.errors import HistoryError

_LOCK = 4_242_011_402
"""Any number: PostgreSQL's advisory lock of processes that migrate at the same time."""


def migrate(connection: Connection, revision: str = "head") -> None:
    """Upgrade the schema within the transaction of ``connection``; one process at a time.

    Raises:
        HistoryError: a newer release has written the database.
    """
    if connection.dialect.name == "postgresql":  # in SQLite the transaction holds the lock already
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise HistoryError(
            f"the history was written by a newer release of anomaly-stream: upgrade this one ({error})"
        ) from None


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    return [each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
