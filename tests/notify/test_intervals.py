"""Time intervals include what Alertmanager's include."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from anomaly_stream.notify.intervals import Interval, NamedIntervals


def includes(written: dict[str, Any], text: str, zone: str = "UTC") -> bool:
    """Whether an interval includes a local time of a zone."""
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()
    return Interval.model_validate(written).includes(at)


NIGHT = {
    "times": [{"start_time": "22:00", "end_time": "24:00"}, {"start_time": "00:00", "end_time": "06:00"}]
}


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        (NIGHT, ["2026-05-01T22:00", "2026-05-01T23:59:59", "2026-05-01T05:59"], ["2026-05-01T06:00"]),
        ({"weekdays": ["monday:friday"]}, ["2026-05-01", "2026-05-04"], ["2026-05-02", "2026-05-03"]),
        ({"weekdays": ["saturday:sunday"]}, ["2026-05-02", "2026-05-03"], ["2026-05-01", "2026-05-04"]),
        ({"weekdays": ["sunday:monday"]}, ["2026-05-03", "2026-05-04"], ["2026-05-02", "2026-05-05"]),
        ({"days_of_month": ["1:2", "-1"]}, ["2026-02-01", "2026-02-28"], ["2026-02-03", "2026-02-27"]),
        ({"days_of_month": ["-3:-1"]}, ["2024-02-27", "2024-02-29"], ["2024-02-26"]),
        ({"months": ["december:january", "5"]}, ["2026-12-31", "2027-01-01", "2026-05-01"], ["2026-02-01"]),
        ({"years": ["2026:2027"]}, ["2026-01-01", "2027-12-31T23:59"], ["2025-12-31T23:59", "2028-01-01"]),
        ({"weekdays": ["friday"], "months": ["may"]}, ["2026-05-01"], ["2026-05-02", "2026-06-05"]),
    ],
)
def test_an_interval_includes_times(written: dict[str, Any], inside: list[str], outside: list[str]) -> None:
    assert [text for text in (*inside, *outside) if includes(written, text)] == inside


def test_times_are_those_of_the_location_also_in_summer() -> None:
    working = {"times": [{"start_time": "09:00", "end_time": "17:00"}], "location": "Europe/Berlin"}
    assert includes(working, "2026-01-15T08:00") == includes(working, "2026-07-15T07:00") is True
    assert includes(working, "2026-01-15T07:59") == includes(working, "2026-07-15T15:00") is False


def test_one_of_the_intervals_of_a_name_is_enough() -> None:
    either = NamedIntervals.model_validate(
        {"name": "off", "time_intervals": [NIGHT, {"weekdays": ["sunday"]}]}
    )
    assert either.includes(datetime(2026, 5, 3, 12, tzinfo=ZoneInfo("UTC")).timestamp())
    assert not either.includes(datetime(2026, 5, 4, 12, tzinfo=ZoneInfo("UTC")).timestamp())


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"times": [{"start_time": "22:00", "end_time": "06:00"}]}, "write two ranges"),
        ({"times": [{"start_time": "25:00", "end_time": "26:00"}]}, "from '00:00' to '24:00'"),
        ({"weekdays": ["mon"]}, "'mon' is not a weekday: write monday"),
        ({"weekdays": ["1:5"]}, "'1' is not a weekday: write monday"),
        ({"weekdays": "monday"}, "must be a list"),
        ({"years": ["2020:"]}, "'' is not a number from 1970 to 9999"),
        ({"days_of_month": ["0"]}, "'0' is not a number from 1 to 31 or -31 to -1"),
        ({"days_of_month": ["5:2"]}, "ends before it begins"),
        ({"location": "Europe/Bonn"}, "is not a time zone"),
    ],
)
def test_faults_are_named(written: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Interval.model_validate(written)
