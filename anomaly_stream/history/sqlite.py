"""How rows are written to SQLite."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, exists, func, select
from sqlalchemy.dialects.sqlite import insert

from anomaly_stream.history.batch import Row
from anomaly_stream.history.merging import merging
from anomaly_stream.history.tables import BY_MONTH

_DELETED_AT_ONCE = 5_000


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> int:
    """Merge ``rows`` into ``table``; returns how many were inserted or changed."""
    return connection.execute(merging(table, insert(table)), rows).rowcount


def prepare(_: Connection, __: Sequence[float]) -> None:
    """Nothing: SQLite has no partitions."""


def expire(connection: Connection, oldest: float) -> int:
    """Delete some rows with an event time before ``oldest``; returns how many, 0 at the end."""
    deleted = 0
    for table in BY_MONTH:
        times = select(table.c.timestamp).where(table.c.timestamp < oldest).limit(_DELETED_AT_ONCE)
        deleted += connection.execute(delete(table).where(table.c.timestamp.in_(times))).rowcount
    return deleted


def has_label(labels: "Column[Any]", name: str, value: str | None) -> ColumnElement[bool]:
    """Whether ``labels`` has the name, with the value unless that is None."""
    each = func.json_each(labels).table_valued("key", "value")
    found = select(each.c.key).where(each.c.key == name)
    return exists(found if value is None else found.where(each.c.value == value))
