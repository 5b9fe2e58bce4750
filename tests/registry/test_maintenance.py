"""``maintenance`` of a config: what is valid, and which times it covers."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from anomaly_stream.engine.plan.maintenance import Maintenance
from anomaly_stream.errors import ConfigError
from anomaly_stream.model import AnomalyDetectionConfig
from anomaly_stream.model.config import MaintenanceWindow
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.registry.windows import recurring
from tests.registry.test_parsing import CONTEXT

ONCE = {"from": "2026-01-31T10:00:00Z", "until": "2026-01-31T12:00:00Z"}
SUNDAYS = {"from": "2026-03-01T02:00:00+01:00", "recurrence": "FREQ=WEEKLY;BYDAY=SU", "duration": "2h"}


def parsed(*windows: dict[str, Any]) -> AnomalyDetectionConfig:
    document = {"metric": "flow", "timezone": "Europe/Berlin", "maintenance": list(windows)}
    found = parse_config(document, CONTEXT)
    assert isinstance(found, AnomalyDetectionConfig)
    return found


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_windows_are_read() -> None:
    once, weekly = parsed(ONCE, SUNDAYS).maintenance
    assert once == MaintenanceWindow(seconds("2026-01-31T10:00"), seconds("2026-01-31T12:00"))
    assert (weekly.begin, weekly.recurrence, weekly.duration_s) == (
        seconds("2026-03-01T01:00"),
        "FREQ=WEEKLY;BYDAY=SU",
        7200.0,
    )
    assert parsed().maintenance == ()


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"from": ONCE["from"]}, "until is required without a recurrence"),
        ({"from": ONCE["until"], "until": ONCE["from"]}, "until must be after from"),
        ({**ONCE, "duration": "2h"}, "need each other"),
        ({"from": ONCE["from"], "recurrence": "FREQ=DAILY"}, "need each other"),
        ({**SUNDAYS, "recurrence": "FREQ=HOURLY"}, "needs a FREQ"),
        ({"from": "yesterday", "until": ONCE["until"]}, "must be a time with its zone"),
        ({}, "is required"),
        ({**SUNDAYS, "recurrence": "FREQ=DAILY", "duration": "24h"}, "leave no time between them"),
        ({**SUNDAYS, "recurrence": "FREQ=WEEKLY", "duration": "7d"}, "leave no time between them"),
        ({**SUNDAYS, "recurrence": "FREQ=MONTHLY", "duration": "31d"}, "leave no time between them"),
        ({**SUNDAYS, "recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "within 40 years"),
        ({**SUNDAYS, "recurrence": "FREQ=MONTHLY;BYDAY=6MO"}, "within 40 years"),
        ({**SUNDAYS, "recurrence": "FREQ=DAILY;UNTIL=20250101T000000Z"}, "its UNTIL is before from"),
    ],
)
def test_faults_are_named(window: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        parsed(window)
    assert caught.value.faults[0].field.startswith("maintenance[0]")


NIGHTS = {"from": "2026-03-01T00:00:00Z", "recurrence": "FREQ=DAILY", "duration": "12h"}
DAYS = {**NIGHTS, "from": "2026-03-01T12:00:00Z"}
WEEKEND = {**NIGHTS, "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU", "duration": "24h"}
WEEK = {**NIGHTS, "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "duration": "24h"}


@pytest.mark.parametrize("windows", [(NIGHTS, DAYS), (ONCE, WEEKEND, WEEK), (WEEKEND, NIGHTS, DAYS)])
def test_windows_that_cover_all_time_together_are_refused(windows: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(ConfigError, match="together leave no time between them") as caught:
        parsed(*windows)
    assert [fault.field for fault in caught.value.faults] == ["maintenance"]


@pytest.mark.parametrize(
    "windows",
    [
        (NIGHTS, {**DAYS, "duration": "11h"}),
        (WEEKEND, {**WEEK, "recurrence": "FREQ=WEEKLY;BYDAY=MO,TU,TH,FR"}),
        (NIGHTS, {**DAYS, "until": "2027-03-01T12:00:00Z"}),
        (WEEKEND, {**WEEK, "recurrence": f"{WEEK['recurrence']};COUNT=300"}),
        (WEEKEND, {**WEEK, "recurrence": "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYMONTH=1,2,3,4,5,6,7,8,9,10,11"}),
    ],
)
def test_windows_that_leave_some_time_together_are_valid(windows: tuple[dict[str, Any], ...]) -> None:
    assert len(parsed(*windows).maintenance) == 2


@pytest.mark.parametrize(
    "window",
    [
        {**SUNDAYS, "recurrence": "FREQ=DAILY", "duration": "23h"},
        {**SUNDAYS, "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU", "duration": "48h"},
        {**SUNDAYS, "recurrence": "FREQ=MONTHLY", "duration": "30d"},
        {**SUNDAYS, "recurrence": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"},
        {**SUNDAYS, "recurrence": "FREQ=DAILY;COUNT=30", "duration": "24h"},
        {**SUNDAYS, "recurrence": "FREQ=DAILY", "duration": "24h", "until": "2026-04-01T00:00:00Z"},
    ],
)
def test_windows_with_time_between_them_or_an_end_are_valid(window: dict[str, Any]) -> None:
    assert len(parsed(window).maintenance) == 1


def test_local_time_is_kept_when_the_clocks_change() -> None:
    maintenance = Maintenance(parsed(ONCE, SUNDAYS))
    covered = {
        "2026-01-31T09:59": False,
        "2026-01-31T10:00": True,
        "2026-01-31T11:59": True,
        "2026-01-31T12:00": False,
        "2026-02-22T01:30": False,  # before the first window
        "2026-03-01T01:00": True,
        "2026-03-01T03:00": False,
        "2026-04-05T00:30": True,  # 02:30 in Berlin, in summer
        "2026-04-05T02:30": False,
    }
    times = np.array([seconds(text) for text in covered])
    assert maintenance.covers(times).tolist() == list(covered.values())
    assert maintenance.covers(times[:0]).tolist() == []


def test_a_recurrence_may_end() -> None:
    maintenance = Maintenance(parsed({**SUNDAYS, "until": "2026-03-20T00:00:00Z"}))
    times = np.array([seconds(text) for text in ("2026-03-15T01:30", "2026-03-22T01:30")])
    assert maintenance.covers(times).tolist() == [True, False]


def test_many_times_are_covered_as_each_of_them() -> None:
    weekly = parsed(SUNDAYS)
    (window,) = weekly.maintenance
    windows = recurring(window.recurrence, window.begin, window.duration_s, weekly.timezone)
    times = window.begin + np.random.default_rng(3).uniform(-1e6, 1e7, 300)
    assert windows.cover(times).tolist() == [windows.contain(time) for time in times.tolist()]
