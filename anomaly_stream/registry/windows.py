"""Maintenance windows: recurrence rules and iCalendar files (RFC 5545) in a time zone."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import recurring_ical_events
from icalendar import Calendar, Event, vRecur
from icalendar.error import BrokenCalendarProperty

from anomaly_stream.kernels.arrays import Bools, Floats

_DAY_S = 86_400
_HORIZONS_DAYS = (8, 40, 400, 5 * 366)
"""The next window is looked for in more and more days, because most are near, and each day costs."""
_CLOCKS_CHANGE_S = 7200.0
"""An event may end so much later than the local time at which it seems to end."""
_MOST_EVENTS = 100
_DAYS_KEPT = 64
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = frozenset(
    (
        *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS"),
        *("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH"),
    )
)
"""Parts of a rule that give at most one window a day: any rule is expanded in bounded time."""
_OLDEST = date(2000, 1, 1)


class Windows:
    """The times that the events of a calendar cover. Times without a zone are in ``timezone``."""

    def __init__(self, calendar: Calendar, timezone: str) -> None:
        self._exact_s = _exact_durations(calendar)
        self._events = recurring_ical_events.of(calendar, skip_bad_series=False)
        self._zone = ZoneInfo(timezone)
        self._days: dict[int, Sequence[tuple[float, float]]] = {}

    def contain(self, timestamp: float) -> bool:
        """Whether the event time, in seconds since the epoch, is in a window: from begin on, before end."""
        return any(begin <= timestamp < end for begin, end in self._of_day(math.floor(timestamp / _DAY_S)))

    def cover(self, times: Floats) -> Bools:
        """The same for each of many times."""
        found = np.zeros(len(times), np.bool_)
        days = np.floor(times / _DAY_S)
        for day in np.unique(days).tolist():
            of_day = days == day
            for begin, end in self._of_day(int(day)):
                found |= of_day & (times >= begin) & (times < end)
        return found

    def between(self, begin: float, end: float) -> list[tuple[float, float]]:
        """The windows that touch the times from ``begin`` to before ``end``, sorted."""
        bounds = [datetime.fromtimestamp(at, UTC) for at in (begin - _CLOCKS_CHANGE_S, end)]
        found = map(self._bounds, self._events.between(*bounds))
        return sorted(each for each in found if each[1] > begin or each[0] >= begin)

    def next(self, now: float) -> tuple[float, float] | None:
        """The window of ``now``, or the first one after it; None if there is none within five years."""
        for days in _HORIZONS_DAYS:
            for begin, end in self.between(now, now + days * _DAY_S):
                if now < end:
                    return begin, end
        return None

    def _of_day(self, day: int) -> Sequence[tuple[float, float]]:
        """The windows that may touch a day in UTC; the last days asked for are kept."""
        if day not in self._days:
            if len(self._days) >= _DAYS_KEPT:
                self._days.pop(next(iter(self._days)))
            self._days[day] = tuple(self._find(day))
        return self._days[day]

    def _find(self, day: int) -> Iterator[tuple[float, float]]:
        # one day more on each side, because a time without a zone may be in any
        begin = datetime.fromtimestamp(day * _DAY_S, UTC)
        for event in self._events.between(begin - timedelta(days=1), begin + timedelta(days=2)):
            yield self._bounds(event)

    def _bounds(self, event: Any) -> tuple[float, float]:
        begin, exact_s = self._instant(event.start), self._exact_s.get(str(event.get("UID")))
        return begin, self._instant(event.end) if exact_s is None else begin + exact_s

    def _instant(self, at: date | datetime) -> float:
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        return (at if at.tzinfo is not None else at.replace(tzinfo=self._zone)).timestamp()


def recurring(rule: str, begin: float, duration_s: float, timezone: str) -> Windows:
    """Windows of ``duration_s`` seconds by a recurrence rule (``FREQ=WEEKLY;BYDAY=SU``).

    ``begin`` is the start of the first, whose local time in ``timezone`` the others share. Whole days end at
    that local time; any other duration is exact where clocks change.

    Raises:
        ValueError: the rule is not one, or names times within a day.
    """
    if rule.upper().startswith("RRULE:"):
        raise ValueError(f"write the rule without {rule[:6]}")
    event = Event()
    event.add("uid", "window")
    event.add("dtstart", datetime.fromtimestamp(begin, ZoneInfo(timezone)))
    event.add("duration", timedelta(seconds=duration_s))
    event.add("rrule", vRecur.from_ical(rule))
    calendar = Calendar()
    calendar.add_component(event)
    return _checked(calendar, timezone)


def of_calendar(text: str, timezone: str) -> Windows:
    """The windows that the events of an iCalendar file cover. Raises ValueError."""
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"is not an iCalendar file: {error}") from None
    if not isinstance(calendar, Calendar):
        raise ValueError("is not an iCalendar file: it must begin with BEGIN:VCALENDAR")
    return _checked(calendar, timezone)


def _exact_durations(calendar: Calendar) -> dict[str, float]:
    """Seconds by UID of the events whose length is a duration in hours: it is exact where clocks change.

    Whole days end at their local time (RFC 5545, 3.3.6), and so does an event that says when it ends.
    """
    events: list[Any] = [event for event in calendar.walk("VEVENT") if "UID" in event]
    count = Counter(str(event["UID"]) for event in events)  # several: single occurrences were changed
    found = {
        str(event["UID"]): float(event["DURATION"].dt.total_seconds())
        for event in events
        if "DURATION" in event and count[str(event["UID"])] == 1
    }
    return {uid: seconds for uid, seconds in found.items() if seconds % _DAY_S}


def _checked(calendar: Calendar, timezone: str) -> Windows:
    """The windows of a calendar that is valid, and can be expanded in bounded time."""
    events = calendar.walk("VEVENT")
    if not 1 <= len(events) <= _MOST_EVENTS:
        raise ValueError(f"must have 1 to {_MOST_EVENTS} events, and has {len(events)}")
    for event in events:
        _check_event(event)
    windows = Windows(calendar, timezone)
    try:
        windows.contain(datetime.combine(_OLDEST, time(), UTC).timestamp())
    except (ValueError, TypeError, KeyError, BrokenCalendarProperty) as error:
        raise ValueError(f"cannot be expanded: {error}") from None
    return windows


def _check_event(event: Any) -> None:
    if event.errors:
        raise ValueError("; ".join(f"{name}: {reason}" for name, reason in event.errors))
    if "DTSTART" not in event:
        raise ValueError("an event has no DTSTART")
    start = event["DTSTART"].dt
    if (start.date() if isinstance(start, datetime) else start) < _OLDEST:
        raise ValueError(f"an event begins before {_OLDEST}")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if list(rule.get("FREQ", [])) not in [[each] for each in _FREQUENCIES]:
            raise ValueError(f"a recurrence rule needs a FREQ of {', '.join(_FREQUENCIES)}")
        if unknown := sorted({*rule} - _PARTS):
            raise ValueError(f"a recurrence rule cannot have {', '.join(unknown)}: windows begin once a day")
        for name in ("INTERVAL", "COUNT"):
            if rule.get(name, [1])[0] < 1:
                raise ValueError(f"{name} of a recurrence rule must be at least 1")
