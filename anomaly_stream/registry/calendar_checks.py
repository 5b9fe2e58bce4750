"""Refuses events of iCalendar files that are valid by RFC 5545, and not what their author meant."""

from datetime import datetime
from typing import Any

from icalendar import Calendar


def check_calendar(text: str) -> None:
    """Raises ValueError: an event covers no time, ends before it begins, or names an unknown zone."""
    for each in Calendar.from_ical(text).walk("VEVENT"):
        _check_event(each)


def _check_event(event: Any) -> None:
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"):
        found = event.get(name, [])
        for each in found if isinstance(found, list) else [found]:
            _check_zone(name, each)
    start = event["DTSTART"].dt
    if isinstance(start, datetime) and "DTEND" not in event and "DURATION" not in event:
        raise ValueError(f"the event at {start} covers no time: give it DTEND or DURATION")
    try:
        ends_later = event.end > event.start
    except TypeError:
        raise ValueError(
            f"DTSTART and DTEND of the event at {start} must both have a zone, or none"
        ) from None
    if not ends_later:
        raise ValueError(f"the event at {start} ends at {event.end}, and must end after it begins")


def _check_zone(name: str, each: Any) -> None:
    zone = each.params.get("TZID")
    times = [one.dt for one in each.dts] if hasattr(each, "dts") else [each.dt]
    if zone is not None and any(isinstance(at, datetime) and at.tzinfo is None for at in times):
        raise ValueError(
            f"{name} has the zone {zone!r}, which is not known: use a name such as Europe/Berlin, or add its "
            "VTIMEZONE"
        )
