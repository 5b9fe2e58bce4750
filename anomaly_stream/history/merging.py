"""What happens to a row whose key is in its table already, in either database."""

from typing import TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert as PostgresqlInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

from anomaly_stream.history.tables import alerts, configs, feedback

Insert = TypeVar("Insert", PostgresqlInsert, SqliteInsert)


def merging(table: Table, statement: Insert) -> Insert:
    """``statement``, which inserts into ``table``, for rows that may be there.

    A row of ``alerts`` replaces one of an earlier event; a row of ``configs`` or ``feedback`` replaces any,
    because the records of one partition are written in order. Rows of the other tables never change, so the
    one that is there stays.
    """
    if table not in (alerts, configs, feedback):
        return statement.on_conflict_do_nothing()
    key = list(table.primary_key.columns)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=key,
        set_={column.name: new[column.name] for column in table.columns if column not in key},
        where=new["sequence"] > alerts.c.sequence if table is alerts else None,
    )
