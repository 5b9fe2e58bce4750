"""``residual`` alone: its forecast and its scale. ``test_auto`` has the rest."""

from typing import Any

import numpy as np
import pytest

from anomaly_stream.detectors.models import residual
from tests.detectors.models.test_auto import run


def noise(count: int, level: float = 50.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(level, 2.0, count)


def hourly(values: Any) -> list[Any]:
    return run(residual, 1.7e9 + 3600.0 * np.arange(len(values)), values)


def test_normal_noise_is_quiet_and_a_spike_is_outside_the_band() -> None:
    values = [*noise(1000), 110.0]
    found = hourly(values)
    assert np.mean([one.score >= 40.0 for one in found[30:-1]]) < 0.002
    assert found[-1].score >= 60.0
    assert found[-1].reason == 0


def test_the_hour_of_day_counts_where_it_tells_more() -> None:
    hours = np.arange(24 * 30) % 24
    values = np.where((hours >= 8) & (hours < 18), 200.0, 20.0) + noise(24 * 30, 0.0)
    found = hourly(values)
    now = [round(one.expected, -1) for one in found[24 * 29 :]]
    assert now == [round(value, -1) for value in np.where((hours[:24] >= 8) & (hours[:24] < 18), 200.0, 20.0)]
    assert max(one.score for one in found[24 * 20 :]) < 60.0


def test_a_new_level_is_learned() -> None:
    found = hourly(np.concatenate((noise(1000), noise(1000, 90.0, 1))))
    assert found[1000].expected == pytest.approx(50.0, abs=1.0)
    assert found[-1].expected == pytest.approx(90.0, abs=3.0)
    assert max(one.score for one in found[-300:]) < 40.0


def test_a_fall_to_nothing_counts_as_much_as_a_rise() -> None:
    values = noise(1000)
    values[900] = 0.5
    assert hourly(values)[900].score >= 60.0
