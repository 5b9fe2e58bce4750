"""The tables of the history, as the newest migration leaves them.

Times are seconds since the epoch, as in the events. ``body`` is a message as its topic held it. Keys begin
with the time: rows then come at the end of their index, and old ones are found by it.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

METADATA = MetaData()

_JSON = JSON().with_variant(JSONB(), "postgresql")
_BY_TIME = "RANGE (timestamp)"
_IS_WANTED = text("state = 'wanted'")

alert_events = Table(
    "alert_events",
    METADATA,
    Column("event_id", Text, nullable=False),
    Column("timestamp", Double, nullable=False),
    Column("alert_id", Text, nullable=False),
    Column("published_at_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("suppressed_by", Text, nullable=False, server_default="[]"),
    PrimaryKeyConstraint("timestamp", "event_id"),
    Index("alert_events_of_alert", "alert_id", "timestamp"),
    postgresql_partition_by=_BY_TIME,
)
"""Every event of the alerts topic. In PostgreSQL it has a partition for each month. ``suppressed_by`` lists
the silences that suppress it, as JSON."""

alerts = Table(
    "alerts",
    METADATA,
    Column("alert_id", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("timestamp", Double, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("config_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("labels", _JSON, nullable=False),
    Column("body", Text, nullable=False),
    Column("suppressed_by", Text, nullable=False, server_default="[]"),
    Column("incident_id", Text, nullable=True),
    PrimaryKeyConstraint("alert_id"),
    Index("alerts_by_start", "started_at", "alert_id"),
    Index("alerts_of_owner", "owner", "started_at", "alert_id"),
    Index("alerts_of_metric", "metric", "started_at", "alert_id"),
    Index("alerts_of_incident", "incident_id", "started_at"),
)
"""Each alert, as its newest event left it. ``sequence`` orders the events of an alert."""

alert_values = Table(
    "alert_values",
    METADATA,
    Column("alert_id", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("timestamp", Double, nullable=False),
    Column("points", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="there"),
    PrimaryKeyConstraint("alert_id", "event_id"),
    Index("alert_values_by_time", "timestamp"),
    Index(
        "alert_values_wanted", "timestamp", "event_id", sqlite_where=_IS_WANTED, postgresql_where=_IS_WANTED
    ),
)
"""The last values up to the first and the last event of each alert. ``timestamp`` is the time of the event.

``points`` is a JSON list of objects with ``time`` and ``value``; of a group, an object (``GroupValues``).
``state`` is ``wanted`` until they are read from Kafka, then ``there``, or ``none`` if Kafka has none."""

anomalies = Table(
    "anomalies",
    METADATA,
    Column("anomaly_id", Text, nullable=False),
    Column("timestamp", Double, nullable=False),
    Column("config_id", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("labels", _JSON, nullable=False),
    Column("severity", Text, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("timestamp", "anomaly_id"),
    Index("anomalies_of_config", "config_id", "timestamp", "anomaly_id"),
    Index("anomalies_of_metric", "metric", "timestamp", "anomaly_id"),
    postgresql_partition_by=_BY_TIME,
)
"""Every anomaly of the scores topic. In PostgreSQL it has a partition for each month."""

config_versions = Table(
    "config_versions",
    METADATA,
    Column("config_id", Text, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("document", Text, nullable=True),
    PrimaryKeyConstraint("config_id", "updated_at_ms", "version"),
)
"""Every version of every config. A deletion has version 0 and no document. Versions begin at 1 again when a
config is created again, so the time is part of the key."""

configs = Table(
    "configs",
    METADATA,
    Column("config_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    PrimaryKeyConstraint("config_id"),
)
"""The owner of each config; of a deleted one, the last owner."""

feedback = Table(
    "feedback",
    METADATA,
    Column("alert_id", Text, nullable=False),
    Column("given_at_ms", BigInteger, nullable=False),
    Column("judgement", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("config_id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("labels", _JSON, nullable=False),
    Column("detector", Text, nullable=False),
    Column("condition", Text, nullable=False, server_default="anomaly"),
    PrimaryKeyConstraint("alert_id"),
    Index("feedback_by_start", "started_at"),
)
"""The newest feedback on each alert. It names config and series, because it stays when the alert leaves."""

positions = Table(
    "positions",
    METADATA,
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    PrimaryKeyConstraint("topic", "partition"),
)
"""The offset after the last record of each partition that the other tables include."""

BY_MONTH = (alert_events, anomalies)
"""The tables that PostgreSQL partitions by month of ``timestamp``."""
