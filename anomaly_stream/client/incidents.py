"""Incidents of the history: alerts that belong together."""

from collections.abc import Iterator

from anomaly_stream.client.alert_answers import Incident, IncidentAccount
from anomaly_stream.client.paths import path_of
from anomaly_stream.client.transport import OneOrMore, Transport


class Incidents:
    """Incidents of the history: ``client.incidents``. Every method raises ApiError.

    Times are RFC 3339 with a zone, as in ``2026-01-31T12:00:00Z``. Of several statuses or severities, an
    incident has one; of several labels, all.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        owner: str | None = None,
        config: str | None = None,
        metric: str | None = None,
        status: OneOrMore | None = None,
        severity: OneOrMore | None = None,
        label: OneOrMore | None = None,
        suppressed: bool | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[Incident]:
        """The incidents with such an alert, by the start of their first alert, the latest first."""
        query = {
            "owner": owner,
            "config": config,
            "metric": metric,
            "status": status,
            "severity": severity,
            "label": label,
            "suppressed": suppressed,
            "since": since,
            "until": until,
        }
        return self._transport.listed(Incident, "/incidents", query)

    def get(self, incident_id: str) -> IncidentAccount:
        """An incident with its alerts."""
        return self._transport.ask(IncidentAccount, "GET", path_of("/incidents", incident_id))[0]
