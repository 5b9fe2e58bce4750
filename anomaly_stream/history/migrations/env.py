"""Alembic runs this module for each command; the connection comes from ``history.migrate``."""

from alembic import context

from anomaly_stream.history.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA)
context.run_migrations()
