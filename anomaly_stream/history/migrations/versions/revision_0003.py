"""Silences that suppress alert events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    for table in ("alert_events", "alerts"):
        op.add_column(table, sa.Column("suppressed_by", sa.Text, nullable=False, server_default="[]"))
