"""Days and weeks that the default learns of series with few values a day."""

import numpy as np
import pytest

from tests.engine.scoring.reported_series import DAY, HOUR, alerts, judged

SEEDS = [0, 1, 2, 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_working_day_without_sales_is_found_though_a_day_of_each_week_has_none(seed: int) -> None:
    days = np.arange(364)
    values = np.where(days % 7 == 6, 0.0, np.random.default_rng(seed).normal(900.0, 20.0, len(days)))
    values[345] = 0.0
    out = judged(DAY, values)
    assert alerts(out) == [345]
    assert out.expected[345] == pytest.approx(900.0, rel=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_week_at_two_thirds_alerts(seed: int) -> None:
    days = np.arange(364)
    values = np.where(days % 7 == 6, 0.0, np.random.default_rng(seed).normal(900.0, 20.0, len(days)))
    values[343:350] *= 2.0 / 3.0
    assert alerts(judged(DAY, values)) == [343]


@pytest.mark.parametrize("hours", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_value_is_judged_by_its_time_of_day(hours: int, seed: int) -> None:
    times = np.arange(0.0, 60 * DAY, hours * HOUR)
    values = 100.0 + 50.0 * np.cos(2.0 * np.pi * times / DAY)
    values += np.random.default_rng(seed).normal(0.0, 2.0, len(times))
    row = 55 * 24 // hours
    values[row] = 95.0  # at midnight, where 150 is usual
    out = judged(hours * HOUR, values[: row + 1])
    assert out.expected[row] == pytest.approx(150.0, abs=6.0)
    assert row in alerts(out)


@pytest.mark.parametrize("step_s", [60.0, 300.0, 900.0])
def test_a_night_no_longer_than_others_is_no_anomaly(step_s: float) -> None:
    times = np.arange(0.0, 8 * DAY, step_s)
    is_open = (times % DAY >= 8 * HOUR) & (times % DAY < 18 * HOUR)
    values = np.where(is_open, np.random.default_rng(1).normal(60.0, 5.0, len(times)), 0.0)
    out = judged(step_s, values)
    night = ~is_open & (times > 2 * DAY)
    night[1:] &= ~is_open[:-1]  # the first value of the night may be one
    assert not (out.score[night] >= 40.0).any()
