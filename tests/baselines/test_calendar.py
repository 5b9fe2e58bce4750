import struct
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines.calendar import (
    Calendar,
    compile_calendar,
    day_of,
    is_special,
    local_time,
    second_of_day,
    second_of_week,
    transitions,
    week_of,
)
from anomaly_stream.registry.civil import day_number, load_zone, public_holidays, zone_names

KINDS = (
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",  # negative daylight saving
    "America/New_York",
    "America/Sao_Paulo",  # began at midnight: days without a midnight
    "America/St_Johns",  # half hours, and a double daylight saving in 1988
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Africa/Casablanca",  # pauses over Ramadan, tabulated until 2087
    "Africa/Monrovia",  # 44 minutes and 30 seconds until 1972
    "Asia/Kathmandu",
    "Asia/Gaza",
    "Pacific/Apia",  # a day that never was
    "Pacific/Kwajalein",
    "Antarctica/Troll",
    "America/Argentina/San_Luis",
)
CALENDAR = compile_calendar(KINDS, ())


def parts(calendar: Calendar, zone: int, time: float) -> tuple[int, int, float, float]:
    local = local_time(calendar, zone, time)
    return day_of(local), week_of(local), second_of_day(local), second_of_week(local)


def slow_parts(zone: str, time: float) -> tuple[int, int, float, float]:
    shown = datetime.fromtimestamp(int(time), UTC).astimezone(load_zone(zone)).replace(tzinfo=None)
    midnight = datetime(shown.year, shown.month, shown.day)
    monday = midnight - timedelta(days=midnight.weekday())
    week = (monday - datetime(1969, 12, 29)).days // 7
    return (
        day_number(shown.date()),
        week,
        (shown - midnight).total_seconds(),
        (shown - monday).total_seconds(),
    )


@settings(max_examples=600, deadline=None)
@given(st.integers(0, len(KINDS) - 1), st.integers(0, 4102444800))
def test_the_local_clock_is_that_of_zoneinfo(zone: int, time: int) -> None:
    assert parts(CALENDAR, zone, float(time)) == slow_parts(KINDS[zone], time)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_local_time_is_right_around_every_clock_change(data: st.DataObject) -> None:
    zone = data.draw(st.integers(1, len(KINDS) - 1))
    instant = data.draw(st.sampled_from(transitions(KINDS[zone])[1:] or ((0.0, 0.0),)))[0]
    time = instant + data.draw(st.sampled_from([-86400, -3600, -1, 0, 1, 1799, 1800, 3600, 86400]))
    if 0 <= time <= 4102444800:
        assert parts(CALENDAR, zone, time) == slow_parts(KINDS[zone], time)


def tabulated(zone: str) -> list[int]:
    """The transitions of a TZif file of version 2 (RFC 8536), which its table lists from 1970 on."""
    raw = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    first = struct.unpack(">6l", raw[20:44])
    skipped = 44 + first[3] * 5 + first[4] * 6 + first[5] + first[2] * 8 + first[1] + first[0]
    count = struct.unpack(">6l", raw[skipped + 20 : skipped + 44])[3]
    times = struct.unpack(f">{count}q", raw[skipped + 44 : skipped + 44 + 8 * count])
    return [time for time in times if 0 < time < 4102444800]


@pytest.mark.parametrize("zone", KINDS)
def test_no_change_of_the_clock_is_missed(zone: str) -> None:
    info = load_zone(zone)
    found = {instant for instant, _ in transitions(zone)}
    for time in tabulated(zone):
        before = datetime.fromtimestamp(time - 1, UTC).astimezone(info).utcoffset()
        if datetime.fromtimestamp(time, UTC).astimezone(info).utcoffset() != before:
            assert float(time) in found


def test_the_repeated_hour_is_one_slot_and_the_skipped_hour_is_none() -> None:
    berlin = KINDS.index("Europe/Berlin")
    autumn = datetime(2025, 10, 26, 0, 30, tzinfo=UTC).timestamp()
    assert parts(CALENDAR, berlin, autumn) == parts(CALENDAR, berlin, autumn + 3600.0)
    spring = datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC).timestamp()
    assert parts(CALENDAR, berlin, spring)[2] == 2 * 3600 - 1
    assert parts(CALENDAR, berlin, spring + 1.0)[2] == 3 * 3600


def test_leap_days_count() -> None:
    for day in (date(1972, 2, 29), date(2000, 2, 29), date(2024, 12, 31), date(2099, 3, 1)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
        assert parts(CALENDAR, 0, noon)[0] == day_number(day)
        assert int(parts(CALENDAR, 0, noon)[3] // 86400) == day.weekday()


def test_unknown_zones_are_refused() -> None:
    assert "Europe/Berlin" in zone_names()
    for name in ("Europe/Atlantis", "../../etc/passwd", ""):
        with pytest.raises(KeyError):
            transitions(name)


def test_special_days_are_found_in_their_run_alone() -> None:
    bavaria, hamburg = public_holidays("DE", "BY"), public_holidays("DE", "HH")
    calendar = compile_calendar(("UTC",), (*bavaria, *hamburg))
    epiphany, christmas = day_number(date(2026, 1, 6)), day_number(date(2026, 12, 25))
    runs = [(0, len(bavaria)), (len(bavaria), len(bavaria) + len(hamburg))]
    assert [is_special(calendar, *run, epiphany) for run in runs] == [True, False]
    assert [is_special(calendar, *run, christmas) for run in runs] == [True, True]
    every = np.arange(day_number(date(2025, 1, 1)), day_number(date(2027, 1, 1)))
    assert [is_special(calendar, *runs[0], int(day)) for day in every] == np.isin(every, bavaria).tolist()
