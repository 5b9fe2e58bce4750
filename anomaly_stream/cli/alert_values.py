"""The values around an alert as lines of text."""

from collections.abc import Iterator, Mapping, Sequence

from anomaly_stream.alerts.rounding import Rounding
from anomaly_stream.alerts.wording import clock, normal_range
from anomaly_stream.client.alert_answers import Alert, AlertAccount
from anomaly_stream.model.past_values import PastValue

_WIDTH = 30
"""Length of the bar of the largest value."""


def value_lines(account: AlertAccount) -> Iterator[str]:
    """A line for each value: its time, a bar that is longest for the largest value, and the event then.

    Of a group, the scores of its anomalies, and then the values of each member that explains the alert.
    """
    if account.values_state == "pending":
        yield "the recorder is still reading values of this alert: ask again"
    if account.values or account.members:
        if account.members:
            yield f"score of {account.alert.metric}"
        yield from _lines(account.values, {each.event.timestamp: each.event for each in account.events})
    elif account.values_state != "pending":
        yield "no values of this alert were recorded"
    for member in account.members:
        yield f"{member.name}, {member.share:+.0%} of the deviation when the alert opened"
        yield from _lines(member.values, {})
    if account.other_members:
        yield f"other members: {', '.join(account.other_members)}"


def _lines(points: Sequence[PastValue], events: Mapping[float, Alert]) -> Iterator[str]:
    values = [each.value for each in points]
    low, high = min(values, default=0.0), max(values, default=0.0)
    for each in points:
        length = round(_WIDTH * (each.value - low) / (high - low)) if high > low else 0
        event = events.get(each.time)
        said = "" if event is None else _said(event)
        yield f"{clock(each.time)}  {each.value:>12.6g}  {'#' * length:<{_WIDTH}}{said}".rstrip()


def _said(event: Alert) -> str:
    if event.expected is None:
        return f"  {event.status}"
    text = Rounding.of(event.value, event.expected, event.lower, event.upper).text
    normal = normal_range(event.lower, event.upper, text)
    return f"  {event.status}, expected {text(event.expected)}" + (f", normal {normal}" if normal else "")
