"""Time intervals, as Alertmanager's: times of day, weekdays, days, months, years, in a time zone."""

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from anomaly_stream.settings import Section

Range = tuple[int, int]
"""First and last, both included."""

_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def _weekday(text: str) -> int:
    """Names only: which weekday is 0, or 1, differs from tool to tool."""
    if text not in _WEEKDAYS:
        raise ValueError(f"{text!r} is not a weekday: write {', '.join(_WEEKDAYS)}")
    return _WEEKDAYS[text]


def _number(names: dict[str, int], lowest: int, highest: int) -> Callable[[str], int]:
    """A parser of a number or a name."""

    def parse(text: str) -> int:
        value = names[text] if text in names else int(text) if re.fullmatch(r"-?\d+", text) else None
        if value is None or not lowest <= value <= highest or (value == 0 and lowest < 0):
            known = f", or {', '.join(names)}" if names else ""
            numbers = (
                f"from {lowest} to {highest}" if lowest >= 0 else f"from 1 to {highest} or {lowest} to -1"
            )
            raise ValueError(f"{text!r} is not a number {numbers}{known}")
        return value

    return parse


def _ranges(member: Callable[[str], int], around: Range | None = None) -> Callable[[object], object]:
    """A parser of lists of ``a`` or ``a:b``; ``around``: first and last member, if these are neighbours."""

    def parse(written: object) -> object:
        if not isinstance(written, list):
            raise ValueError("must be a list")
        found = []
        for each in written:
            first, colon, last = (part.strip() for part in str(each).lower().partition(":"))
            begin, end = member(first), member(last if colon else first)
            if begin <= end or (begin < 0) != (end < 0):
                found.append((begin, end))
            elif around is not None:  # from saturday to monday
                lowest, highest = around
                found += [(begin, highest), (lowest, end)]
            else:
                raise ValueError(f"{each!r} ends before it begins: write two ranges")
        return found

    return parse


def _minutes(written: object) -> object:
    found = _CLOCK.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError("must be a time in quotes, from '00:00' to '24:00'")
    return 24 * 60 if found[1] is None else int(found[1]) * 60 + int(found[2])


def _zone(written: object) -> str:
    try:
        return ZoneInfo(str(written)).key
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{written!r} is not a time zone of the IANA database") from None


class TimeRange(Section):
    """A part of the day, in minutes from midnight; the end is excluded."""

    start_time: Annotated[int, BeforeValidator(_minutes)]
    end_time: Annotated[int, BeforeValidator(_minutes)]

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start_time >= self.end_time:
            raise ValueError("ends before it begins: write two ranges, one to '24:00' and one from '00:00'")
        return self


class Interval(Section):
    """Conditions that must all hold; an empty one always does."""

    times: tuple[TimeRange, ...] = ()
    weekdays: Annotated[tuple[Range, ...], BeforeValidator(_ranges(_weekday, (0, 6)))] = ()
    days_of_month: Annotated[tuple[Range, ...], BeforeValidator(_ranges(_number({}, -31, 31)))] = ()
    months: Annotated[tuple[Range, ...], BeforeValidator(_ranges(_number(_MONTHS, 1, 12), (1, 12)))] = ()
    years: Annotated[tuple[Range, ...], BeforeValidator(_ranges(_number({}, 1970, 9999)))] = ()
    location: Annotated[str, BeforeValidator(_zone)] = "UTC"

    def includes(self, at: float) -> bool:
        """Whether the interval includes a time, in seconds since the epoch."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.location))
        minute = local.hour * 60 + local.minute
        return (
            (not self.times or any(each.start_time <= minute < each.end_time for each in self.times))
            and _within(self.weekdays, local.weekday())
            and _within(self.months, local.month)
            and _within(self.years, local.year)
            and _within(_days(self.days_of_month, local), local.day)
        )


class NamedIntervals(Section):
    """Intervals under a name; one of them must include a time."""

    name: str = Field(min_length=1)
    time_intervals: tuple[Interval, ...] = Field(min_length=1)

    def includes(self, at: float) -> bool:
        """Whether one of the intervals includes a time, in seconds since the epoch."""
        return any(each.includes(at) for each in self.time_intervals)


def _within(ranges: Sequence[Range], value: int) -> bool:
    return not ranges or any(first <= value <= last for first, last in ranges)


def _days(ranges: Sequence[Range], local: datetime) -> list[Range]:
    """Days of this month; -1 is its last day."""
    length = calendar.monthrange(local.year, local.month)[1]
    return [
        (first if first > 0 else length + 1 + first, last if last > 0 else length + 1 + last)
        for first, last in ranges
    ]
