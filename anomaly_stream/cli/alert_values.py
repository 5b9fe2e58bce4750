"""The values around an alert as lines of text."""

from collections.abc import Iterator

from anomaly_stream.alerts.wording import clock
from anomaly_stream.client.alert_answers import Alert, AlertAccount

_WIDTH = 30
"""Length of the bar of the largest value."""


def value_lines(account: AlertAccount) -> Iterator[str]:
    """A line for each value: its time, a bar that is longest for the largest value, and the event then."""
    values = [each.value for each in account.values]
    if not values:
        yield "no values of this alert were recorded"
        return
    low, high = min(values), max(values)
    events = {each.event.timestamp: each.event for each in account.events}
    for each in account.values:
        length = round(_WIDTH * (each.value - low) / (high - low)) if high > low else 0
        event = events.get(each.time)
        said = "" if event is None else _said(event)
        yield f"{clock(each.time)}  {each.value:>12.6g}  {'#' * length:<{_WIDTH}}{said}".rstrip()


def _said(event: Alert) -> str:
    if event.expected is None:
        return f"  {event.status}"
    lower = "" if event.lower is None else f"{event.lower:.6g}"
    upper = "" if event.upper is None else f"{event.upper:.6g}"
    return f"  {event.status}, {event.expected:.6g} expected, normal range {lower} to {upper}"
