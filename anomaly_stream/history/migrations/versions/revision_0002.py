"""Feedback on alerts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "feedback",
        _text("alert_id"),
        sa.Column("given_at_ms", sa.BigInteger, nullable=False),
        *map(_text, ("judgement", "note", "author")),
        sa.Column("started_at", sa.Double, nullable=False),
        *map(_text, ("config_id", "owner", "metric")),
        sa.Column("labels", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        _text("detector"),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index("feedback_by_start", "feedback", ["started_at"])


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)
