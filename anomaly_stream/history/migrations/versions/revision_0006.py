"""Values before alert events that are still to be read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the state. All values that are recorded already are there."""
    op.add_column("alert_values", sa.Column("state", sa.Text, nullable=False, server_default="there"))
    wanted = sa.text("state = 'wanted'")
    op.create_index(
        "alert_values_wanted",
        "alert_values",
        ["timestamp", "event_id"],
        sqlite_where=wanted,
        postgresql_where=wanted,
    )
