"""Title and text of a message whose receiver has no templates of its own."""

from collections.abc import Callable, Iterator

from anomaly_stream.alerts.rounding import Rounding
from anomaly_stream.alerts.wording import duration, plural
from anomaly_stream.notify.state import AlertNews, Message

_MOST_ALERTS = 20


def default_title(message: Message) -> str:
    """Such as ``Resolved: severe: cpu_load (host web-1)``."""
    prefix = "Still open: " if message.only_reminds else "Resolved: " if message.is_resolved else ""
    alerts = message.alerts
    subject = alerts[0].latest.metric if len(alerts) == 1 else plural(len(alerts), "alert")
    shared = ", ".join(f"{name} {value}" for name, value in message.labels.items())
    return f"{prefix}{message.severity}: {subject}" + (f" ({shared})" if shared else "")


def default_text(message: Message, link_of: Callable[[str], str]) -> str:
    """What the alerts say, one after another, each with its link; of many, the first ones and a count."""
    lines = [line for news in message.alerts[:_MOST_ALERTS] for line in _lines(news, link_of)]
    if (more := len(message.alerts) - _MOST_ALERTS) > 0:
        lines.append(f"and {plural(more, 'more alert')}")
    return "\n".join([*lines, ""])


def number(value: float) -> str:
    """A number with three digits."""
    return Rounding.of(value).text(value)


def _lines(news: AlertNews, link_of: Callable[[str], str]) -> Iterator[str]:
    event = news.latest
    yield f"{event.status}, {event.severity}: {event.explanation}"
    if event.status == "resolved":
        episode = event.episode
        yield f"  lasted {duration(episode.end - episode.start)}, peak {number(episode.peak_value)}"
    elif event.expected is not None:
        rounding = Rounding.of(event.value, event.expected, event.lower, event.upper)
        yield f"  value {rounding.text(event.value)}, expected {rounding.text(event.expected)}"
    if link := link_of(event.alert_id):
        yield f"  {link}"
