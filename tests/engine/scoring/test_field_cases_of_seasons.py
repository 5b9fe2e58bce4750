"""Verdicts of configs with a season on series whose noise or activity differs by hour and day."""

from math import pi

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
