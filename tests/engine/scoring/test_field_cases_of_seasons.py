"""Verdicts of configs with a season on series whose noise or activity differs by hour and day."""

from math import pi
from typing import Any

import numpy as np
import pytest

from anomaly_stream.kernels.arrays import Floats
from tests.engine.scoring.reported_series import DAY, HOUR, alerts
from tests.engine.scoring.test_field_cases_of_detectors import judged


def working_days(step_s: float, weeks: int, seed: int) -> Floats:
    """A wave from 8 to 18 on working days, 30 else; noise of 6 % of it."""
    time = step_s * np.arange(int(7 * weeks * DAY / step_s))
    hour, day = time % DAY / HOUR, time // DAY % 7
    busy = (day < 5) & (hour >= 8) & (hour < 18)
    level = 30 + np.where(busy, 240 * np.sin(pi * (hour - 8) / 10), 0.0)
    random = np.random.default_rng(seed)
    return np.round(level * random.normal(1, 0.06, len(time)) + random.normal(0, 1, len(time)), 2)


def test_noise_that_is_wide_on_busy_days_only() -> None:
    found = [alerts(judged(600.0, working_days(600.0, 10, s), seasonality="weekly")) for s in range(8)]
    assert len([row for rows in found for row in rows if row >= 3 * 7 * 144]) <= 5


@pytest.mark.parametrize(
    "fields", [{"seasonality": "daily"}, {"seasonality": "detect"}, {"preset": "business"}]
)
@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8, 12])
def test_a_value_of_another_time_of_the_day_at_each_step(hours: int, fields: dict[str, Any]) -> None:
    time = hours * HOUR * np.arange(60 * 24 // hours)
    values = 100 + 50 * np.cos(2 * pi * time / DAY) + np.random.default_rng(1).normal(0, 2, len(time))
    row = 50 * 24 // hours
    values[row] = 100.0
    assert alerts(judged(hours * HOUR, values, **fields))[-1:] == [row]


def counts_of_a_business(peak: float, floor: float, weekend: float, weeks: int, seed: int) -> Floats:
    """Counts per hour: a wave from 7 to 21 with noise of 8 % and of the count, less at weekends."""
    hours = np.arange(168 * weeks)
    hour, share = hours % 24, np.where(hours // 24 % 7 < 5, 1.0, weekend)
    wave = np.where((hour >= 7) & (hour < 21), np.sin(pi * (hour - 7) / 14), 0.0).clip(0)
    random = np.random.default_rng(seed)
    level = (floor + peak * share * wave) * random.normal(1, 0.08, len(hours)).clip(0.05)
    return random.poisson(level).astype(float)


BUSINESSES = [(300.0, 5.0, 0.3), (60.0, 2.0, 0.3), (1000.0, 50.0, 0.5), (300.0, 5.0, 0.0)]


@pytest.mark.parametrize(
    ("fields", "least", "most"),
    [({"preset": "business"}, (35, 23, 45, 35), 1), ({"seasonality": "weekly"}, (47, 44, 47, 47), 5)],
)
@pytest.mark.parametrize("business", range(4))
def test_a_business_that_stands_still_in_its_first_months(
    fields: dict[str, Any], least: tuple[int, ...], most: int, business: int
) -> None:
    found = false = 0
    for seed in range(4):
        usual = counts_of_a_business(*BUSINESSES[business], 16, seed)
        false += len([row for row in alerts(judged(HOUR, usual, **fields)) if row >= 3 * 168])
        for week in (4, 6, 8, 12):
            for day, hour in ((0, 9), (2, 11), (4, 14)):
                begin = 168 * week + 24 * ((day + seed) % 5) + hour
                values = usual[: begin + 24].copy()
                values[begin : begin + 3] = 0.0
                found += any(begin <= row < begin + 4 for row in alerts(judged(HOUR, values, **fields)))
    assert found >= least[business]
    assert false <= most


HOURS = np.arange(168 * 10)
NIGHTS = {
    "working days": (HOURS // 24 % 7 < 5) & (HOURS % 24 >= 8) & (HOURS % 24 < 18),
    "all days": (HOURS % 24 >= 8) & (HOURS % 24 < 18),
    "short days": (HOURS // 24 % 7 < 5) & (HOURS % 24 >= 9) & (HOURS % 24 < 17),
    "long days": (HOURS // 24 % 7 < 6) & (HOURS % 24 >= 6) & (HOURS % 24 < 22),
}


@pytest.mark.parametrize(
    ("busy", "most"), [("working days", 16), ("all days", 8), ("short days", 20), ("long days", 3)]
)
def test_nights_without_any_activity_do_not_narrow_the_band_of_the_day(busy: str, most: int) -> None:
    false = 0
    for seed in range(8):
        activity = np.random.default_rng(seed).integers(25, 46, len(HOURS))
        values = np.where(NIGHTS[busy], activity, 0).astype(float)
        found = alerts(judged(HOUR, values, seasonality="weekly"))
        false += len([row for row in found if row >= 3 * 168])
    assert false <= most


@pytest.mark.parametrize("busy", NIGHTS)
@pytest.mark.parametrize(("row", "value"), [(24 * 62 + 3, 28.0), (24 * 59 + 11, 0.0)])
def test_activity_at_night_and_none_at_noon_are_alerts(busy: str, row: int, value: float) -> None:
    values = np.where(NIGHTS[busy], 30 + HOURS * 7 % 11, 0).astype(float)
    values[row] = value
    assert row in alerts(judged(HOUR, values, seasonality="weekly"))


@pytest.mark.parametrize("size", [25, 2000])
@pytest.mark.parametrize("wave", [0.0, 0.4])
def test_a_total_that_stands_still(size: int, wave: float) -> None:
    for seed in range(3):
        time = 60.0 * np.arange(4 * 1440)
        random = np.random.default_rng(seed)
        rate = size * (1 + wave * np.sin(2 * pi * time / DAY)) * random.normal(1, 0.15, len(time))
        steps = random.poisson(rate.clip(min=0))
        steps[5000:5020] = 0
        found = alerts(judged(60.0, np.cumsum(steps), preset="counter"))
        assert len(found) == 1
        assert 5000 <= found[0] < 5020


def test_a_series_that_begins_on_a_holiday() -> None:
    """The rows begin on New Year's Day 2024. Holidays are as Sundays; the next ones are at Easter."""
    hours = np.arange(24 * 98)
    share = np.where((hours // 24 % 7 < 5) & ~np.isin(hours // 24, (0, 88, 91)), 400.0, 150.0)
    good_friday, outage = 24 * 88, 24 * 94 + 10
    usual, detected = 20.0 + share * np.exp(-(((hours % 24 - 13) / 4.0) ** 2)), 0
    for seed in range(8):
        values = np.random.default_rng(seed).poisson(usual).astype(float)
        values[outage : outage + 6] *= 0.3
        found = alerts(judged(HOUR, values, preset="business", holidays={"country": "DE"}))
        assert not [row for row in found if good_friday <= row < good_friday + 7]
        detected += any(outage <= row < outage + 6 for row in found)
    assert detected >= 7
