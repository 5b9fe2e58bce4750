"""The values before alert events."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table. It stays empty for alerts that are recorded already."""
    op.create_table(
        "alert_values",
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("timestamp", sa.Double, nullable=False),
        sa.Column("points", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "event_id"),
    )
    op.create_index("alert_values_by_time", "alert_values", ["timestamp"])
