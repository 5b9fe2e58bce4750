"""Maintenance windows over changes of daylight time, against local times spelled out; and what is refused."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from anomaly_stream.registry.windows import Windows, of_calendar, recurring

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def utc(text: str) -> float:
    return datetime.fromisoformat(text + "+00:00").timestamp()


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\nUID:{n}\n{event}\nEND:VEVENT\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".replace("\n", "\r\n")


def test_a_rule_keeps_its_local_time() -> None:
    windows = recurring("FREQ=WEEKLY;BYDAY=SU", local("2026-03-01T22:00"), 7200.0, "Europe/Berlin")
    for sunday in ("2026-03-01", "2026-03-22", "2026-03-29", "2026-10-25", "2027-01-03"):
        assert windows.contain(local(f"{sunday}T22:00"))
        assert windows.contain(local(f"{sunday}T23:59:59"))
        assert not windows.contain(local(f"{sunday}T21:59:59"))
        assert not windows.contain(local(f"{sunday}T22:00") + 7200)
    assert not windows.contain(local("2026-03-02T22:30"))
    assert not windows.contain(local("2026-02-22T22:30"))  # before the first


def test_a_calendar_has_events_exceptions_whole_days_and_zones() -> None:
    windows = of_calendar(
        calendar(
            "DTSTART:20260105T020000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;BYDAY=MO\nEXDATE:20260119T020000",
            "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227",
            "DTSTART:20260601T100000Z\nDTEND:20260601T103000Z",
            "DTSTART;TZID=America/New_York:20260701T000000\nDTEND;TZID=America/New_York:20260701T010000",
        ),
        "Europe/Berlin",
    )
    assert windows.contain(local("2026-01-12T02:30"))
    assert not windows.contain(local("2026-01-19T02:30"))
    assert windows.contain(local("2026-12-24T00:00"))
    assert windows.contain(local("2026-12-26T23:59"))
    assert not windows.contain(local("2026-12-27T00:00"))
    assert windows.contain(utc("2026-06-01T10:29:59"))
    assert not windows.contain(utc("2026-06-01T10:30:00"))
    assert windows.contain(utc("2026-07-01T04:30:00"))


def test_a_window_over_several_days_covers_all_of_them() -> None:
    windows = recurring("FREQ=YEARLY", utc("2026-06-01T00:00:00"), 10 * 86_400.0, "UTC")
    assert windows.contain(utc("2026-06-06T12:00:00"))
    assert windows.contain(utc("2030-06-06T12:00:00"))
    assert not windows.contain(utc("2030-06-11T00:00:01"))


def test_the_cache_of_days_changes_no_answer() -> None:
    def daily() -> Windows:
        return recurring("FREQ=DAILY", utc("2026-01-01T06:00:00"), 3600.0, "UTC")

    one = daily()
    for hour in range(0, 24 * 200, 7):
        at = utc("2026-01-01T00:00:00") + 3600.0 * (hour % (24 * 100))
        assert one.contain(at) == daily().contain(at) == ((hour % 24) == 6)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("rubbish", "needs a FREQ"),
        ("", "needs a FREQ"),
        ("FREQ=HOURLY", "needs a FREQ"),
        ("FREQ=SECONDLY", "needs a FREQ"),
        ("FREQ=OFTEN", "Expected frequency"),
        ("FREQ=DAILY;BYSECOND=1,2", "cannot have BYSECOND"),
        ("FREQ=DAILY;BYHOUR=1,2", "cannot have BYHOUR"),
        ("FREQ=DAILY;COLOR=RED", "cannot have COLOR"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=WEEKLY;BYDAY=XX", "weekday"),
        ("FREQ=DAILY;COUNT=x", "Expected int"),
    ],
)
def test_rules_that_are_refused(rule: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        recurring(rule, utc("2026-01-01T06:00:00"), 3600.0, "UTC")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rubbish",
        calendar(),
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000\r\nEND:VEVENT\r\n",
        calendar("SUMMARY:x"),
        calendar("DTSTART:2026"),
        calendar("DTSTART:19700101T000000Z\nDURATION:PT1H"),
        calendar("DTSTART:20260101T000000Z\nRRULE:FREQ=NO"),
        calendar("DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY"),
        calendar("DTSTART:20260101T000000Z\nDURATION:soon"),
        calendar(*(["DTSTART:20260101T000000Z\nDURATION:PT1H"] * 101)),
    ],
)
def test_calendars_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        of_calendar(text, "UTC")


@pytest.mark.parametrize(
    "made",
    [
        lambda: recurring("FREQ=DAILY", local("2026-01-10T01:00"), 7200.0, "Europe/Berlin"),
        lambda: of_calendar(
            calendar("DTSTART:20260110T010000\nDURATION:PT2H\nRRULE:FREQ=DAILY"), "Europe/Berlin"
        ),
    ],
    ids=["rule", "calendar"],
)
@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_a_window_of_hours_is_as_long_where_clocks_change(night: str, made: Callable[[], Windows]) -> None:
    begin = local(f"{night}T01:00")
    windows = made()
    assert windows.between(begin - 3600.0, begin + 9000.0) == [(begin, begin + 7200.0)]
    assert windows.between(begin + 7199.0, begin + 9000.0) == [(begin, begin + 7200.0)]
    assert windows.between(begin + 7200.0, begin + 9000.0) == []
    times = np.arange(begin - 3600.0, begin + 10_800.0, 60.0)
    assert windows.cover(times).sum() == 120
    assert windows.contain(begin + 7199.0)
    assert not windows.contain(begin + 7200.0)


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_a_window_of_days_ends_at_its_local_time_where_clocks_change(night: str) -> None:
    windows = recurring("FREQ=DAILY;INTERVAL=400", local(f"{night}T00:00"), 86_400.0, "Europe/Berlin")
    assert windows.contain(local(f"{night}T23:59:59"))
    assert not windows.contain(local(f"{night}T23:59:59") + 1.0)


def test_the_next_window_is_found_however_far_it_is() -> None:
    windows = recurring("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", utc("2024-02-29T06:00:00"), 60.0, "UTC")
    leap = utc("2028-02-29T06:00:00"), utc("2028-02-29T06:01:00")
    assert windows.next(utc("2024-03-01T00:00:00")) == leap
    assert windows.next(leap[0] + 59.0) == leap
    assert windows.next(leap[1]) == (utc("2032-02-29T06:00:00"), utc("2032-02-29T06:01:00"))


def test_a_rule_that_never_occurs_has_no_window() -> None:
    windows = recurring("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", utc("2026-01-01T06:00:00"), 60.0, "UTC")
    assert not windows.contain(utc("2026-02-28T06:00:00"))
    assert windows.next(utc("2026-02-28T06:00:00")) is None
