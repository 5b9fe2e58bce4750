"""The condition of an alert with feedback: only alerts on values count for precision."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the condition. Until now, all feedback counted as that on values."""
    op.add_column("feedback", sa.Column("condition", sa.Text, nullable=False, server_default="anomaly"))
