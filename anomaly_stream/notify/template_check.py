"""Whether a template of the routing file renders: it is tried on examples of all kinds of messages."""

import msgspec
from jinja2 import UndefinedError

from anomaly_stream.model import AlertEvent
from anomaly_stream.model.alerts import Episode, Source
from anomaly_stream.notify.sandbox import render
from anomaly_stream.notify.state import AlertNews, Message
from anomaly_stream.notify.templates import Templates

_FIRING = AlertEvent(
    schema_version=1, event_id="0" * 32, alert_id="0" * 32, status="firing", config_id="load",
    owner="web",
    metric="load", labels={"host": "web-1"}, annotations={}, timestamp=0.0, value=9.0, expected=1.0,
    lower=0.0, upper=2.0, score=90.0, severity="severe", reason="distance", detectors={},
    episode=Episode(start=0.0, end=0.0, peak_score=90.0, peak_value=9.0, count=1),
    explanation="load is 9", source=Source(topic="metrics", partition=0, offset=0),
)  # fmt: skip


def _message(*alerts: AlertNews, is_reminder: bool = False, open_alerts: int = 1) -> Message:
    return Message("0" * 32, "", "example", {"host": "web-1"}, 0.0, is_reminder, open_alerts, alerts)


_NEW = AlertNews(None, (_FIRING,))
_RISEN = AlertNews(
    msgspec.structs.replace(_FIRING, severity="minor"), (msgspec.structs.replace(_FIRING, status="updated"),)
)
_ENDED = AlertNews(_FIRING, (msgspec.structs.replace(_FIRING, status="resolved"),))
_EXAMPLES = {
    "an alert that is new": _message(_NEW),
    "a severity that rises": _message(_RISEN),
    "the end of an alert": _message(_ENDED, open_alerts=0),
    "a reminder": _message(AlertNews(_FIRING, (_FIRING,)), is_reminder=True),
    "several alerts": _message(_NEW, _ENDED),
    "the end of several alerts": _message(_ENDED, _ENDED, open_alerts=0),
}


def check_title(text: object) -> str:
    """The template, which is not empty, and renders the examples. Raises ValueError."""
    if isinstance(text, str) and not text.strip():
        raise ValueError("is empty: write a title, or omit the field for the default")
    return check_template(text)


def check_template(text: object) -> str:
    """The template, which renders the examples. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("must be a text")
    for example, message in _EXAMPLES.items():
        try:
            render(text, Templates("", {}).context(message))
        except Exception as error:  # a template can raise what its expressions do
            line = getattr(error, "lineno", None)
            hint = f" (line {line})" if line else ""
            if isinstance(error, UndefinedError):
                hint = "; if it is a label that an alert may lack, write {{ labels.NAME | default('') }}"
            raise ValueError(f"is not a template that renders {example}: {error}{hint}") from None
    return text
