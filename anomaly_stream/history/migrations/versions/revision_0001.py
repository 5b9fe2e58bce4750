"""Alerts and their events, anomalies, versions of configs, and positions in the topics."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_BY_TIME = "RANGE (timestamp)"


def upgrade() -> None:
    """Create the tables."""
    _create_alerts()
    _create_anomalies()
    _create_configs()
    op.create_table(
        "positions",
        _text("topic"),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("next_offset", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition"),
    )


def _create_alerts() -> None:
    op.create_table(
        "alert_events",
        _text("event_id"),
        _time("timestamp"),
        _text("alert_id"),
        sa.Column("published_at_ms", sa.BigInteger, nullable=False),
        _text("body"),
        sa.PrimaryKeyConstraint("timestamp", "event_id"),
        postgresql_partition_by=_BY_TIME,
    )
    op.create_index("alert_events_of_alert", "alert_events", ["alert_id", "timestamp"])
    op.create_table(
        "alerts",
        _text("alert_id"),
        _time("started_at"),
        _time("timestamp"),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        *map(_text, ("status", "severity", "config_id", "owner", "metric")),
        sa.Column("labels", _JSON, nullable=False),
        _text("body"),
        sa.PrimaryKeyConstraint("alert_id"),
    )
    op.create_index("alerts_by_start", "alerts", ["started_at", "alert_id"])
    op.create_index("alerts_of_owner", "alerts", ["owner", "started_at", "alert_id"])
    op.create_index("alerts_of_metric", "alerts", ["metric", "started_at", "alert_id"])


def _create_anomalies() -> None:
    op.create_table(
        "anomalies",
        _text("anomaly_id"),
        _time("timestamp"),
        _text("config_id"),
        _text("metric"),
        sa.Column("labels", _JSON, nullable=False),
        _text("severity"),
        _text("body"),
        sa.PrimaryKeyConstraint("timestamp", "anomaly_id"),
        postgresql_partition_by=_BY_TIME,
    )
    op.create_index("anomalies_of_config", "anomalies", ["config_id", "timestamp", "anomaly_id"])
    op.create_index("anomalies_of_metric", "anomalies", ["metric", "timestamp", "anomaly_id"])


def _create_configs() -> None:
    op.create_table(
        "config_versions",
        _text("config_id"),
        sa.Column("updated_at_ms", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *map(_text, ("author", "reason", "owner")),
        sa.Column("document", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("config_id", "updated_at_ms", "version"),
    )
    op.create_table("configs", _text("config_id"), _text("owner"), sa.PrimaryKeyConstraint("config_id"))


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)


def _time(name: str) -> "sa.Column[float]":
    return sa.Column(name, sa.Double, nullable=False)
