"""Title and text of messages: templates, with defaults."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anomaly_stream.alerts.wording import clock, duration, plural
from anomaly_stream.notify.default_texts import default_text, default_title, number
from anomaly_stream.notify.sandbox import MAX_CHARACTERS, render
from anomaly_stream.notify.state import AlertNews, Message

logger = logging.getLogger(__name__)

ALERT_ID = "{alert_id}"
"""In the address of an alert's page: stands for the id of the alert."""

_FUNCTIONS = {"plural": plural, "duration": duration, "clock": clock, "number": number}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as people read it."""

    title: str
    text: str
    link: str


class Templates:
    """Renders messages.

    Args:
        alert_url: address of an alert's page, with ``{alert_id}``; empty: messages have no link.
        given: by receiver, its title and text; None: the default.
    """

    def __init__(self, alert_url: str, given: Mapping[str, tuple[str | None, str | None]]) -> None:
        self._alert_url = alert_url
        self._given = given

    def render(self, message: Message) -> Rendered:
        """The message by the templates of its receiver; by the defaults if one of them fails."""
        given = self._given.get(message.receiver, (None, None))
        try:
            return self._rendered(message, *given)
        except Exception as error:
            logger.error("A template of receiver %s fails, the default is used: %s", message.receiver, error)
            return self._rendered(message, None, None)

    def context(self, message: Message) -> dict[str, Any]:
        """The names that a template can use."""
        alerts = [self._alert(news) for news in message.alerts]
        return {
            **_FUNCTIONS,
            "alerts": alerts,
            "labels": message.labels,
            "severity": message.severity,
            "reminder": message.only_reminds,
            "resolved": message.is_resolved,
            "open": message.open_alerts,
            "link": self._link(message),
        }

    def link_of(self, alert_id: str) -> str:
        """The address of an alert's page; empty if there is none."""
        return self._alert_url.replace(ALERT_ID, alert_id)

    def _rendered(self, message: Message, title: str | None, text: str | None) -> Rendered:
        context = {} if title is None and text is None else self.context(message)
        own_title = "" if title is None else render(title, context)
        return Rendered(
            own_title if own_title.strip() else default_title(message)[:MAX_CHARACTERS],
            default_text(message, self.link_of)[:MAX_CHARACTERS] if text is None else render(text, context),
            self._link(message),
        )

    def _link(self, message: Message) -> str:
        """The address of the page of its alert; empty if it has several."""
        return self.link_of(message.alerts[0].latest.alert_id) if len(message.alerts) == 1 else ""

    def _alert(self, news: AlertNews) -> dict[str, Any]:
        event = news.latest
        return {
            "resolved": event.status == "resolved",
            "duration": event.episode.end - event.episode.start,
            "peak": event.episode.peak_value,
            "link": self.link_of(event.alert_id),
            "side": event.side or "",
            "incident_id": event.incident_id or "",
            "severity_before": None if news.before is None else news.before.severity,
            **{name: getattr(event, name) for name in _COPIED},
        }


_COPIED = (
    *("alert_id", "status", "owner", "metric", "config_id", "labels", "annotations", "severity", "timestamp"),
    *("value", "expected", "lower", "upper", "score", "reason", "explanation", "condition"),
)
