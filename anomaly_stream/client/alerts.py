"""The history of alerts, and what people say of them."""

from collections.abc import Iterator, Sequence
from typing import Literal

from anomaly_stream.client.alert_answers import Alert, AlertAccount, FeedbackReceipt, Precision, PrecisionList
from anomaly_stream.client.paths import path_of
from anomaly_stream.client.transport import OneOrMore, Transport
from anomaly_stream.model.feedback import Judgement


class Alerts:
    """Alerts of the history: ``client.alerts``. Every method raises ApiError.

    Times are RFC 3339 with a zone, as in ``2026-01-31T12:00:00Z``. Of several statuses or severities, an
    alert has one; of several labels, all.
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
        incident: str | None = None,
        suppressed: bool | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Iterator[Alert]:
        """The newest event of each alert that the token may see, by start, the latest first."""
        query = {
            "owner": owner,
            "config": config,
            "metric": metric,
            "status": status,
            "severity": severity,
            "label": label,
            "incident": incident,
            "suppressed": suppressed,
            "since": since,
            "until": until,
        }
        return self._transport.listed(Alert, "/alerts", query)

    def get(self, alert_id: str) -> AlertAccount:
        """An alert with its events, its config, feedback, and similar earlier alerts."""
        return self._transport.ask(AlertAccount, "GET", path_of("/alerts", alert_id))[0]

    def give_feedback(
        self, alert_id: str, judgement: Judgement, note: str = "", *, teach: bool = False
    ) -> FeedbackReceipt:
        """Say whether an alert was right. It replaces earlier feedback on the alert.

        ``teach``, with ``false_alarm``: the series opens no alert for a deviation like this one any more.
        A ``true_alarm`` takes that back on its side of the expected value, as does other feedback on the same
        alert, and says so: ``taken_back``.
        """
        body = {"judgement": judgement, "note": note, "teach": teach}
        return self._transport.ask(
            FeedbackReceipt, "POST", path_of("/alerts", alert_id, "/feedback"), json=body
        )[0]

    def precision(
        self,
        by: Literal["config", "detector", "owner"] = "config",
        interval: Literal["day", "week", "all"] = "all",
        *,
        owner: str | None = None,
        config: str | None = None,
        metric: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Sequence[Precision]:
        """The share of true alarms among the alerts that people said to be true or false."""
        query = {
            "by": by,
            "interval": interval,
            "owner": owner,
            "config": config,
            "metric": metric,
            "since": since,
            "until": until,
        }
        found = self._transport.ask(PrecisionList, "GET", "/precision", query=query)[0]
        self._transport.warn(found.warnings)
        return found.items
