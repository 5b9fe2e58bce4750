"""The incident of an alert."""

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_alerts = sa.table("alerts", sa.column("alert_id"), sa.column("body"), sa.column("incident_id"))


class _Event(msgspec.Struct):
    incident_id: str | None = None


def upgrade() -> None:
    """Add the column, filled from the newest event of each alert."""
    op.add_column("alerts", sa.Column("incident_id", sa.Text, nullable=True))
    op.create_index("alerts_of_incident", "alerts", ["incident_id", "started_at"])
    named = sa.select(_alerts.c.alert_id, _alerts.c.body).where(
        _alerts.c.body.contains('"incident_id":"'), _alerts.c.incident_id.is_(None)
    )
    decode = msgspec.json.Decoder(_Event).decode
    for alert_id, body in op.get_bind().execute(named).all():
        of_alert = sa.update(_alerts).where(_alerts.c.alert_id == alert_id)
        op.get_bind().execute(of_alert.values(incident_id=decode(body).incident_id))
