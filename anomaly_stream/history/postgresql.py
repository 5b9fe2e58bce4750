"""How rows are written to PostgreSQL: COPY into a temporary table, then one INSERT; partitions by month."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, select, text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB, insert

from anomaly_stream.history.batch import Row
from anomaly_stream.history.merging import merging
from anomaly_stream.history.tables import BY_MONTH


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Merge ``rows`` into ``table``; returns how many were inserted or changed."""
    staged = table.to_metadata(MetaData(), name=f"staged_{table.name}")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {staged.name} (LIKE {table.name}) ON COMMIT DELETE ROWS"
    )
    names = [column.name for column in table.columns]
    driver: Any = connection.connection.cursor()
    with driver, driver.copy(f"COPY {staged.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([_value(row[name]) for name in names])
    merged = merging(table, insert(table).from_select(names, select(staged)))
    return connection.execute(merged.execution_options(preserve_rowcount=True)).rowcount


def _value(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


def has_label(labels: "Column[Any]", name: str, value: str | None) -> ColumnElement[bool]:
    """Whether ``labels`` has the name, with the value unless that is None."""
    found = type_coerce(labels, JSONB)
    return found.has_key(name) if value is None else found.contains({name: value})


def prepare(connection: Connection, timestamps: Sequence[float]) -> None:
    """Create the partitions of the months of ``timestamps`` that are missing."""
    if not timestamps:
        return
    wanted = {_month_of(timestamp) for timestamp in timestamps}
    for table in BY_MONTH:
        known = dict(_partitions(connection, table))
        for year, month in sorted(wanted - set(known.values())):
            begin, end = _bounds(year, month)
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS {table.name}_{year:04}_{month:02} PARTITION OF {table.name} "
                f"FOR VALUES FROM ({begin!r}) TO ({end!r})"
            )


def expire(connection: Connection, oldest: float) -> int:
    """Drop the partitions whose rows are all before ``oldest``; returns how many."""
    dropped = 0
    for table in BY_MONTH:
        for name, month in list(_partitions(connection, table)):
            if _bounds(*month)[1] <= oldest:
                connection.exec_driver_sql(f"DROP TABLE {name}")
                dropped += 1
    return dropped


def _partitions(connection: Connection, table: Table) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name and month of each partition of ``table``."""
    found = connection.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(:table)"),
        {"table": table.name},
    )
    for name in found.scalars():
        year, month = name.split("_")[-2:]
        yield name, (int(year), int(month))


def _month_of(timestamp: float) -> tuple[int, int]:
    at = datetime.fromtimestamp(timestamp, UTC)
    return at.year, at.month


def _bounds(year: int, month: int) -> tuple[float, float]:
    """Begin and end of a month in UTC, in seconds since the epoch."""
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(year, month, 1, tzinfo=UTC).timestamp(), datetime(*following, 1, tzinfo=UTC).timestamp()
