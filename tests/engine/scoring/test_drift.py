"""Drift and new levels: one alert that lasts for as long as the level is away."""

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_stream.model import Outcome, Status, Transition
from tests.engine.scoring.reported_series import DAY, HOUR, alerts, judged, noise


def share_open(out: Outcome, begin: int, end: int) -> float:
    """The share of the rows from ``begin`` to ``end`` with an open alert."""
    moves = np.zeros(end)
    for change, by in ((Transition.FIRING, 1), (Transition.RESOLVED, -1)):
        rows = out.observation[out.transition == change]
        moves[rows[rows < end]] = by
    return float(np.cumsum(moves)[begin:].mean())


def still_open(out: Outcome, begin: int) -> list[int]:
    """Rows from ``begin`` at which an alert opened that does not resolve."""
    last = out.observation[out.transition == Transition.RESOLVED].max(initial=-1)
    return [row for row in alerts(out) if begin <= row and row > last]


@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_a_step_within_noise_has_an_open_alert_until_it_settles(seed: int) -> None:
    day, begin = 1440, 17 * 1440
    values = noise(begin + 4 * day, seed, 300.0, 8.0)
    values[begin:] += 40.0
    out = judged(60.0, values)
    first, *later = [row for row in alerts(out) if row >= begin]
    assert first < begin + day / 24
    assert len(later) <= 1
    [opened] = still_open(out, begin)
    assert opened < begin + day / 3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_outage_of_days_on_a_wide_daily_wave_has_an_open_alert(seed: int) -> None:
    day, rows = 1440, np.arange(19 * 1440)
    begin = 17 * day
    values = 200 + 120 * np.sin(2 * np.pi * rows / day) + noise(len(rows), seed, 0.0, 8.0)
    values[begin:] = np.abs(noise(2 * day, seed + 10, 4.0, 2.0))
    out = judged(60.0, values)
    assert begin in alerts(out)
    [opened] = still_open(out, begin)
    assert opened < begin + 1.25 * day


def wave(days: int, step_s: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A daily wave between 99 and 101 with noise, and the day of each row."""
    days_of = np.arange(int(days * DAY / step_s)) * step_s / DAY
    return 100.0 + np.sin(2 * np.pi * days_of) + noise(len(days_of), seed, 0.0, 0.1), days_of


@pytest.mark.parametrize("shift", [1.5, 2.5, -2.5])
@pytest.mark.parametrize(("step_s", "seed"), [(60.0, 0), (300.0, 1), (HOUR, 2)])
def test_a_shift_about_as_large_as_the_daily_wave_has_an_open_alert_by_night_too(
    step_s: float, seed: int, shift: float
) -> None:
    values, days = wave(24, step_s, seed)
    begin = int(17.33 * DAY / step_s)
    values[begin:] += shift
    out = judged(step_s, values)
    assert len([row for row in alerts(out) if row >= begin]) <= 2
    assert share_open(out, begin, begin + int(5 * DAY / step_s)) > 0.95
    away = (days > 18.0) & (days < 22.0)
    assert (out.status[away] == Status.ANOMALY).all()
    usual = 100.0 + np.sin(2 * np.pi * days[away])
    assert np.abs(out.expected[away] - usual).mean() < abs(shift) / 2


@pytest.mark.parametrize("per_day", [0.2, 0.4, -0.4])
@pytest.mark.parametrize(("step_s", "seed"), [(300.0, 0), (HOUR, 1)])
def test_a_drift_on_a_daily_wave_is_one_alert_that_lasts(step_s: float, seed: int, per_day: float) -> None:
    values, days = wave(35, step_s, seed)
    values += per_day * np.maximum(0.0, days - 20.0)
    out = judged(step_s, values)
    opened = [row for row in alerts(out) if days[row] >= 20.0]
    assert len(opened) <= 4
    [last] = still_open(out, 0)
    assert days[last] < 22.5


def test_a_new_level_alerts_once() -> None:
    values = noise(3500, 8, 100.0)
    values[2000:] += 100.0
    assert alerts(judged(300.0, values)) == [2000]


def test_a_new_level_of_a_known_series_is_one_alert_that_lasts() -> None:
    values, day = noise(10000, 2, 100.0), 288
    values[6000:] += 100.0
    out = judged(300.0, values)
    assert 6000 in alerts(out)
    assert not [row for row in alerts(out) if row > 6000]
    [resolved] = out.observation[(out.transition == Transition.RESOLVED) & (out.observation > 6000 + day)]
    assert 5 * day < resolved - 6000 < 9 * day


@pytest.mark.parametrize("seed", [1, 2])
def test_a_drift_is_one_alert_that_lasts(seed: int) -> None:
    random, wander, values = Random(seed), 0.0, []
    for i in range(96 * 32):
        wander = 0.9 * wander + random.gauss(0, 0.3)
        values.append(round(140.6 + wander - max(0, i - 96 * 20) / 96, 2))
    out = judged(900.0, values)
    opened = [row for row in alerts(out) if row >= 96 * 20]
    assert len(opened) <= 2
    assert opened[-1] < 96 * 23
    assert (out.transition[opened[-1] + 1 :] != Transition.RESOLVED).all()
    assert out.expected[-1] > values[-1] + 2.0


@pytest.mark.parametrize(
    ("seed", "step_s", "noise", "daily"),
    [(0, 60.0, 0.12, 0.1), (1, 60.0, 0.05, 0.05), (2, 120.0, 0.08, 0.2), (6, 300.0, 0.12, 0.1)],
)
def test_a_leak_in_noise_has_few_alerts_before_the_one_that_lasts(
    seed: int, step_s: float, noise: float, daily: float
) -> None:
    day = int(DAY / step_s)
    begin, rows = 18 * day, np.arange(24 * day)
    values = 640 * np.random.default_rng(seed).normal(1.0, noise, len(rows))
    values *= 1.0 + daily * np.maximum(0, rows - begin) / day
    out = judged(step_s, np.round(values, 1))
    opened = [row for row in alerts(out) if row >= begin]
    lasting = [
        row for row in opened if not (out.transition[row : row + day // 2] == Transition.RESOLVED).any()
    ]
    assert lasting
    assert len([row for row in opened if row < lasting[0]]) <= 3
    assert lasting[0] < begin + day * 4.0 * max(noise / daily, 0.5)


@pytest.mark.parametrize(("step_s", "days"), [(60.0, 22), (300.0, 40), (900.0, 40), (HOUR, 90)])
@pytest.mark.parametrize("per_day", [0.25, 0.5, 1.0])
def test_a_series_that_has_always_risen_is_usual(step_s: float, days: int, per_day: float) -> None:
    rows, outage, hour = int(days * DAY / step_s), int((days - 3) * DAY / step_s), int(HOUR / step_s)
    usual = (judged(step_s, noise(rows, 5, 100.0, 1.0)).status == Status.ANOMALY).sum()
    values = noise(rows, 5, 100.0, 1.0) + np.round(per_day * step_s / DAY * np.arange(rows), 2)
    values[outage : outage + hour] = 0.0
    out = judged(step_s, values)
    assert outage in alerts(out)
    assert (out.status == Status.ANOMALY).sum() < usual + hour + 0.005 * rows
    assert (out.transition == Transition.FIRING).sum() == (out.transition == Transition.RESOLVED).sum()


@pytest.mark.parametrize("seed", [1, 3])
def test_a_large_excursion_hides_a_smaller_drift_for_months_only(seed: int) -> None:
    random, wander, values = Random(seed), 0.0, []
    for hour in range(24 * 300):
        wander = 0.9 * wander + random.gauss(0, 0.1)
        away = 40.0 if 24 * 30 <= hour < 24 * 33 else max(0, hour - 24 * 270) / 24
        values.append(round(140.6 + wander - away, 2))
    assert any(24 * 272 <= row < 24 * 285 for row in alerts(judged(HOUR, values)))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("share", [0.001, 0.01, 0.05])
def test_an_incident_where_values_are_seldom_above_zero_has_an_open_alert(share: float, seed: int) -> None:
    random, begin, hours = np.random.default_rng(seed), 21 * 1440, 6 * 60
    values = np.where(random.random(begin + hours) < share, random.integers(1, 10, begin + hours), 0)
    values[begin:] = random.poisson(200, hours)
    out = judged(60.0, values)
    assert begin in alerts(out)
    assert share_open(out, begin, len(values)) > 0.6


@pytest.mark.parametrize(("step_s", "noise"), [(300.0, 0.003), (300.0, 0.03), (300.0, 0.3), (HOUR, 0.03)])
def test_a_steady_rise_is_expected_where_it_is(step_s: float, noise: float) -> None:
    rows = np.arange(int(45 * DAY / step_s))
    values = 40 + 0.3 * rows * step_s / DAY + np.random.default_rng(0).normal(0, noise, len(rows))
    out = judged(step_s, values)
    late = out.observation > 20 * DAY / step_s
    assert np.mean(np.abs(values[out.observation] - out.expected)[late] > 0.3 + 3 * noise) < 0.05
