"""Verdicts of the default on jobs of minutes: the first runs may alert, and what is no job still does."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.engine.scoring.reported_series import DAY, HOUR, alerts, judged

Job = Callable[[np.ndarray], np.ndarray]
"""Which seconds since the first Monday a job runs in."""


def every(days: int, start_s: float, length_s: float) -> Job:
    return lambda seconds: (seconds - start_s) % (days * DAY) < length_s


def series(step_s: float, days: int, seed: int, job: Job, height: float = 500.0) -> np.ndarray:
    """A daily wave in noise with the runs of a job."""
    random, seconds = np.random.default_rng(seed), step_s * np.arange(int(days * DAY / step_s))
    values = 100 + 10 * np.sin(2 * np.pi * seconds / DAY)
    values[job(seconds)] = height
    return np.round(values + random.normal(0, 3, len(values)), 1)


def alerted(step_s: float, values: np.ndarray) -> list[float]:
    """The days, with their fractions, at which alerts opened."""
    return [step_s * row / DAY for row in alerts(judged(step_s, values))]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("step_s", "cycle", "start_s", "length_s", "height"),
    [
        (300.0, 1, 30_000.0, 300.0, 500.0),
        (300.0, 1, 30_000.0, 300.0, -200.0),
        (60.0, 1, 30_000.0, 60.0, 500.0),
        (900.0, 1, 79_200.0, 900.0, 500.0),
        (900.0, 1, 79_200.0, 900.0, 200.0),
        (300.0, 7, 180_000.0, 1800.0, 500.0),
        (1800.0, 7, 180_000.0, 1800.0, 500.0),
        (300.0, 7, 180_600.0, HOUR, 500.0),
        (300.0, 7, 180_600.0, 3 * HOUR, 500.0),
        (300.0, 1, 85_800.0, 1200.0, 500.0),
        (HOUR, 14, 180_000.0, HOUR, 500.0),
    ],
)
def test_a_job_is_known_after_three_runs(
    seed: int, step_s: float, cycle: int, start_s: float, length_s: float, height: float
) -> None:
    days = 9 * cycle if cycle > 1 else 20
    values = series(step_s, days, seed, every(cycle, start_s, length_s), height)
    fourth = 3 * cycle + start_s / DAY
    found = alerted(step_s, values)
    assert found
    assert not [day for day in found if day >= fourth and every(cycle, start_s, length_s)(day * DAY)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_job_of_workdays_is_known(seed: int) -> None:
    job = every(1, 30_000.0, 600.0)
    values = series(300.0, 28, seed, lambda seconds: job(seconds) & (seconds // DAY % 7 < 5))
    assert not [day for day in alerted(300.0, values) if day >= 4]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_height_of_a_job_may_vary(seed: int) -> None:
    job, values = every(1, 30_000.0, 300.0), series(300.0, 42, seed, every(1, 30_000.0, 300.0))
    runs = job(300.0 * np.arange(len(values)))
    values[runs] *= 1 + 0.1 * np.random.default_rng(seed).normal(size=runs.sum())
    assert len([day for day in alerted(300.0, values) if day >= 10]) <= 1


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("at_s", "height"), [(60_000.0, 500.0), (30_000.0, 2000.0), (30_000.0, -200.0)])
def test_what_is_no_run_of_a_known_job_alerts(seed: int, at_s: float, height: float) -> None:
    """At another time of the day, far higher, or on the other side."""
    values = series(300.0, 32, seed, every(1, 30_000.0, 300.0))
    row = int((30 * DAY + at_s) / 300)
    values[row : row + 4] = height
    found = alerted(300.0, values)
    assert any(row <= round(day * DAY / 300) < row + 4 for day in found)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("apart", [1, 7, 9])
def test_incidents_at_the_same_time_of_two_days_alert(seed: int, apart: int) -> None:
    values = series(900.0, 42, seed, lambda seconds: np.zeros(len(seconds), bool))
    for day in (21, 21 + apart):
        values[day * 96 + 30 : day * 96 + 33] = 500.0
    found = {int(day) for day in alerted(900.0, values)}
    assert {21, 21 + apart} <= found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_outage_of_days_is_no_job(seed: int) -> None:
    values = series(300.0, 42, seed, lambda seconds: np.zeros(len(seconds), bool))
    values[21 * 288 : 25 * 288] = 0.0
    values[32 * 288 + 150 : 32 * 288 + 174] = 0.0
    found = alerted(300.0, values)
    assert any(32 <= day < 33 for day in found)
