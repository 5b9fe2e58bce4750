"""Writes batches to the history, each in one transaction with the positions in the topics."""

from collections.abc import Iterable, Mapping
from types import ModuleType

from sqlalchemy import URL, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.history import postgresql, sqlite
from anomaly_stream.history.batch import Batch, Partition, Row
from anomaly_stream.history.database import database_errors, name_of, open_writer
from anomaly_stream.history.judgements import OpenAlerts, open_alerts
from anomaly_stream.history.migrate import migrate
from anomaly_stream.history.tables import (
    alert_events,
    alert_values,
    alerts,
    anomalies,
    config_versions,
    configs,
    feedback,
    positions,
)

Move = tuple[int | None, int]
"""The position in a partition before a batch, None if there was none, and after it."""


class PositionMovedError(AnomalyStreamError):
    """Another process has written to the history meanwhile: nothing of the batch was written."""


class HistoryStore:
    """Writes to the history. For use by one thread.

    A batch is written in one transaction with the positions after it, if the stored positions are those that
    the writer read. So any number of writers may run at the same time, and records are never left out.
    """

    def __init__(self, url: URL) -> None:
        self.name = name_of(url)
        self._engine = open_writer(url)
        self._dialect: ModuleType = sqlite if self._engine.dialect.name == "sqlite" else postgresql

    def open(self) -> dict[Partition, int]:
        """Create or upgrade the tables; returns the positions. Raises HistoryError."""
        with database_errors(self._engine), self._engine.begin() as connection:
            migrate(connection)
            found = connection.execute(select(positions))
            return {(row.topic, row.partition): row.next_offset for row in found}

    def firing(self) -> OpenAlerts:
        """The alerts that are open. Raises HistoryError."""
        with database_errors(self._engine), self._engine.begin() as connection:
            return open_alerts(connection)

    def write(self, batch: Batch, moves: Mapping[Partition, Move]) -> dict[str, int]:
        """Write ``batch`` and the positions after it; returns the number of new rows by table.

        Raises:
            HistoryError: nothing was written, or the connection was lost at the commit.
            PositionMovedError: the positions are not those before ``moves``; nothing was written.
        """
        months = [row["timestamp"] for rows in (batch.alert_events, batch.anomalies) for row in rows]
        with database_errors(self._engine), self._engine.begin() as connection:
            for partition, move in sorted(moves.items()):
                _move(connection, partition, move)
            self._dialect.prepare(connection, months)
            return {
                table.name: self._dialect.write(connection, table, rows) if rows else 0
                for table, rows in (
                    (alert_events, batch.alert_events),
                    (alerts, list(batch.alerts.values())),
                    (alert_values, batch.alert_values),
                    (anomalies, batch.anomalies),
                    (config_versions, _distinct(batch.config_versions)),
                    (configs, list(batch.configs.values())),
                    (feedback, list(batch.feedback.values())),
                )
            }

    def expire(self, oldest: float) -> None:
        """Remove what is older than the event time ``oldest``. Raises HistoryError.

        An alert leaves with its last event, and values leave with the event that they precede. PostgreSQL
        drops whole months of events and anomalies.
        """
        with database_errors(self._engine):
            with self._engine.begin() as connection:
                connection.execute(
                    delete(alerts).where(alerts.c.started_at < oldest, alerts.c.timestamp < oldest)
                )
                connection.execute(delete(alert_values).where(alert_values.c.timestamp < oldest))
            deleted = 1
            while deleted:  # in steps: each locks a SQLite database
                with self._engine.begin() as connection:
                    deleted = self._dialect.expire(connection, oldest)

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


def _move(connection: Connection, partition: Partition, move: Move) -> None:
    """Change a position. Raises PositionMovedError if it is not what it should be."""
    topic, number = partition
    before, after = move
    if before is None:
        try:
            connection.execute(insert(positions).values(topic=topic, partition=number, next_offset=after))
        except IntegrityError:
            raise _moved(partition) from None
        return
    change = (
        update(positions)
        .where(
            positions.c.topic == topic,
            positions.c.partition == number,
            positions.c.next_offset == before,
        )
        .values(next_offset=after)
    )
    if connection.execute(change).rowcount != 1:
        raise _moved(partition)


def _moved(partition: Partition) -> PositionMovedError:
    return PositionMovedError(f"another process has recorded partition {partition[1]} of {partition[0]}")


def _distinct(versions: Iterable[Row]) -> list[Row]:
    """Each version once: every record of a config repeats its earlier ones."""
    return list({(row["config_id"], row["updated_at_ms"], row["version"]): row for row in versions}.values())
