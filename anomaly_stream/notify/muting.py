"""When the messages of a route wait."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from anomaly_stream.notify.intervals import NamedIntervals

_DAYS = 41 * 366
"""In so many days each date comes on each weekday, also around a century without a leap day."""
_LAST_YEAR = date.max.year - 1


def is_muted(mute: Sequence[NamedIntervals], active: Sequence[NamedIntervals], at: float) -> bool:
    """Whether messages wait at a time, in seconds since the epoch: in ``mute``, and outside of ``active``."""
    if any(each.includes(at) for each in mute):
        return True
    return bool(active) and not any(each.includes(at) for each in active)


def never_ends(mute: Sequence[NamedIntervals], active: Sequence[NamedIntervals], now: float) -> bool:
    """Whether messages wait for ever, from ``now`` on."""
    return all(is_muted(mute, active, at) for at in _changes([*mute, *active], now) if at >= now)


def _changes(named: Sequence[NamedIntervals], now: float) -> Iterator[float]:
    """``now``, and the times at which one of the intervals may begin or end."""
    yield now
    intervals = [each for one in named for each in one.time_intervals]
    clocks = {(each.location, 0) for each in intervals}
    for each in intervals:
        clocks |= {
            (each.location, minute) for part in each.times for minute in (part.start_time, part.end_time)
        }
    today = datetime.fromtimestamp(now, ZoneInfo("UTC")).date()
    years = {year for each in intervals for first, last in each.years for year in (first, last + 1)}
    begins = [today, *(date(year, 1, 1) for year in sorted(years) if today.year < year <= _LAST_YEAR)]
    for day in _days(begins):
        for location, minute in clocks:
            if minute < 24 * 60:
                clock = time(minute // 60, minute % 60, tzinfo=ZoneInfo(location))
                yield datetime.combine(day, clock).timestamp()


def _days(begins: Sequence[date]) -> Iterator[date]:
    """The days after each of these, which are in order; each day once."""
    following = begins[0]
    for begin in begins:
        following = max(begin, following)
        end = begin + timedelta(min(_DAYS, (date.max - begin).days))
        while following < end:
            yield following
            following += timedelta(1)
