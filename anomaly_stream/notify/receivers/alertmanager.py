"""Prometheus Alertmanager: alerts by its API v2, sent again until they are resolved."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from anomaly_stream.model import AlertEvent
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.guarded_http import GuardedClient
from anomaly_stream.notify.receiver_specs import AlertmanagerSpec
from anomaly_stream.notify.state import AlertNews, Message
from anomaly_stream.notify.templates import Rendered

_ENDS_AFTER_RESENDS = 4


class Alertmanager:
    """Posts the alerts of each message to every member of a cluster; one of them must accept them.

    An open alert ends by itself after four intervals without news, as Prometheus's own alerts do.

    Args:
        spec: the receiver's description.
        client: sends the requests.
        link_of: the address of an alert's page; empty if there is none.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        spec: AlertmanagerSpec,
        client: GuardedClient,
        link_of: Callable[[str], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._spec = spec
        self._client = client
        self._link_of = link_of
        self._clock = clock

    async def deliver(self, message: Message, rendered: Rendered) -> None:
        """Post a message. Raises DeliveryError, SettingsError."""
        in_order = sorted(
            message.alerts, key=lambda news: news.latest.timestamp
        )  # of one series, the last counts
        body = msgspec.json.encode([alert for news in in_order for alert in self._alerts(news)])
        headers = {"content-type": "application/json"}
        if self._spec.bearer_token is not None:
            headers["authorization"] = f"Bearer {self._spec.bearer_token.read()}"
        failures = []
        for url in self._spec.urls:
            address = url.read().rstrip("/") + "/api/v2/alerts"
            try:
                await self._client.post(address, body, headers, self._spec.timeout)
            except DeliveryError as error:
                failures.append(error)
        if len(failures) == len(self._spec.urls):
            raise failures[0]

    def _alerts(self, news: AlertNews) -> Iterator[dict[str, Any]]:
        """The alert as it is now; and as it was, ended, if its severity, which is a label, has changed."""
        before, latest = news.before, news.latest
        if before is not None and before.severity != latest.severity:
            yield self._alert(before, latest.timestamp)
        if latest.status == "resolved":
            yield self._alert(latest, latest.timestamp)
        else:
            yield self._alert(latest, self._clock() + _ENDS_AFTER_RESENDS * self._spec.resend_interval)

    def _alert(self, event: AlertEvent, ends_at: float) -> dict[str, Any]:
        labels = {_name(name): value for name, value in event.labels.items()}
        labels |= {"alertname": event.config_id, "config_id": event.config_id, "metric": event.metric}
        labels |= {"owner": event.owner, "severity": event.severity}
        if event.condition != "anomaly":  # a series can have an alert of each condition at once
            labels["condition"] = event.condition
        annotations = {_name(name): value for name, value in event.annotations.items()}
        annotations |= {"summary": event.explanation, "alert_id": event.alert_id, "value": repr(event.value)}
        if event.expected is not None:
            annotations["expected"] = repr(event.expected)
        return {
            "labels": {name: value for name, value in labels.items() if value},
            "annotations": annotations,
            "startsAt": _time(event.episode.start),
            "endsAt": _time(max(ends_at, event.episode.start)),
            "generatorURL": self._link_of(event.alert_id),
        }


def _name(label: str) -> str:
    """A label name that Prometheus accepts."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", label)
    return name if re.match(r"[A-Za-z_]", name) else f"_{name}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
