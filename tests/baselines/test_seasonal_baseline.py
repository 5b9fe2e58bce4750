"""Which seasons are found, and which are not: whole series through the season's kernels."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_stream.baselines.season import seasonal_baseline as season
from anomaly_stream.baselines.season.level_trend import (
    ANCHOR,
    CHOSEN,
    DETECTED_ON,
    LEVEL,
    MULTIPLICATIVE,
    TREND,
)
from anomaly_stream.baselines.seasonality import compile_seasons
from anomaly_stream.kernels.jit import kernel
from anomaly_stream.model import AnomalyDetectionConfig

DAY = 86400.0
MONDAY = 1748822400.0


@kernel
def follow(
    state: NDArray[np.float64],
    seasons: Any,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    for i in range(len(times)):
        adjustment = season.adjust(state, seasons, 0, times[i], values[i])
        found[i, 0] = (values[i] - adjustment.offset) / adjustment.factor
        season.learn(state, seasons, 0, times[i], values[i], values[i], adjustment)
        found[i, 1] = state[CHOSEN]
        found[i, 2] = state[DETECTED_ON]
        found[i, 3] = season.maturity(state, seasons, 0)


def run(values: np.ndarray, step: float = 900.0, **fields: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By value (NaN: missing): days since the start, and the result of ``follow``; the state."""
    config = AnomalyDetectionConfig(id="a", metric="m", **{"seasonality": ("detect",), **fields})
    seasons = compile_seasons([config])
    state = np.zeros(int(seasons.compiled[0]["words"]))
    times = MONDAY + step * np.arange(len(values))
    kept = ~np.isnan(values)
    times, values = times[kept], values[kept]
    found = np.zeros((len(values), 4))
    follow(state, seasons, times, np.asarray(values, float), found)
    return (times - MONDAY) / DAY, found, state


def first(days: np.ndarray, chosen: np.ndarray) -> float:
    places = np.flatnonzero(chosen)
    return float(days[places[0]]) if len(places) else np.inf


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=count)


def ar(steps: np.ndarray, state: float) -> np.ndarray:
    values = np.zeros(len(steps))
    for i in range(1, len(steps)):
        values[i] = state * values[i - 1] + steps[i]
    return values


WEEKS = 4 * 7 * 96


def flat_series(seed: int) -> dict[str, np.ndarray]:
    steps = noise(WEEKS, seed)
    event = noise(WEEKS, seed + 1)
    event[700:760] += 12.0
    shift = noise(WEEKS, seed + 2)
    shift[900:] += 20.0
    return {
        "noise": steps,
        "random walk": np.cumsum(steps),
        "walk and noise": 0.1 * np.cumsum(steps) + noise(WEEKS, seed + 3),
        "wandering": ar(steps, 0.95),
        "one-off event": event,
        "level shift": shift,
        "trend": np.arange(WEEKS) * 0.05 + steps,
        "heavy tails": np.random.default_rng(seed).standard_t(1.5, WEEKS),
        "constant": np.full(WEEKS, 3.0),
    }


@pytest.mark.parametrize("name", flat_series(0))
def test_no_season_is_found_where_there_is_none(name: str) -> None:
    for seed in range(5):
        _, found, _ = run(flat_series(100 * seed)[name])
        assert not found[:, 1:3].any(), seed


def daily(days: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * days)


def test_days_are_found_in_two_or_three_of_them() -> None:
    days = np.arange(WEEKS) / 96.0
    shapes = {
        "sine": 3.0 * daily(days),
        "office hours": 5.0 * ((days % 1 > 0.33) & (days % 1 < 0.75)),
        "half days": 3.0 * np.sin(4 * np.pi * days),
        "on a walk": 4.0 * daily(days) + 0.05 * np.cumsum(noise(WEEKS, 9)),
    }
    for name, shape in shapes.items():
        days, found, _ = run(50.0 + shape + noise(WEEKS) * 0.5)
        assert first(days, found[:, 1] == 1) < 3.0, name
        rest = np.abs(found[WEEKS // 2 :, 0] - np.median(found[WEEKS // 2 :, 0])).mean()
        assert rest < 0.65, name


def test_weeks_are_found_in_two_or_three_of_them() -> None:
    days = np.arange(WEEKS) / 96.0
    values = np.where(days % 7 >= 5, 20.0, 80.0) * (1.0 + 0.3 * daily(days)) + noise(WEEKS)
    for kind in (("detect",), ("weekly",), ("hour_of_week",)):
        days, found, _ = run(values, seasonality=kind)
        assert first(days, found[:, 1] == 2) < 15.0
        late = days >= 21.0
        assert np.abs(found[late, 0] - np.median(found[late, 0])).mean() < 2.5


@pytest.mark.parametrize("seasonality", [("daily",), ("weekly",), ("hour_of_week",), ("detect",)])
@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8, 12])
def test_days_are_known_at_each_step_in_whole_hours(hours: int, seasonality: tuple[str, ...]) -> None:
    days = np.arange(60 * 24 // hours) * hours / 24.0
    values = 100.0 + 50.0 * np.cos(2 * np.pi * days) + 2.0 * noise(len(days))
    days, found, state = run(values, 3600.0 * hours, seasonality=seasonality)
    rest = np.abs(found[days > 30.0, 0] - state[ANCHOR])
    assert rest.mean() < 2.5
    assert found[-1, 3] == 1.0


@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8])
def test_days_of_a_few_values_are_known_within_the_first_week(hours: int) -> None:
    days = np.arange(60 * 24 // hours) * hours / 24.0
    values = 100.0 + 50.0 * np.cos(2 * np.pi * days) + 2.0 * noise(len(days))
    days, found, _ = run(values, 3600.0 * hours, seasonality=("daily",))
    rest = np.abs(found[:, 0] - np.median(found[days > 30.0, 0]))
    assert rest[(days >= 3.0) & (days < 6.0)].mean() < 3.0


@pytest.mark.parametrize(("minutes", "step"), [(37.0, 60.0), (37.0, 30.0), (50.0, 120.0), (7.0, 20.0)])
def test_odd_periods_are_found(minutes: float, step: float) -> None:
    times = np.arange(3000) * step
    values = 4.0 * (times % (60.0 * minutes) < 12.0 * minutes) + noise(3000) * 0.4
    days, found, _ = run(values, step)
    assert first(days, found[:, 2] > 0) * DAY < 5.0 * minutes * 60.0
    assert found[-1, 2] == 1.0
    assert np.abs(found[1500:, 0] - np.median(found[1500:, 0])).mean() < 0.6


def test_a_season_that_ends_goes_out_of_use() -> None:
    days = np.arange(WEEKS) / 96.0
    values = np.where(days < 10.0, 6.0 * daily(days), 0.0) + noise(WEEKS)
    days, found, _ = run(values)
    assert found[days < 10.0, 1][-1] == 1
    assert not found[days > 13.0, 1].any()


@pytest.mark.parametrize("step", [300.0, 1800.0])
def test_a_gap_of_days_ends_no_season(step: float) -> None:
    days = np.arange(int(11 * DAY / step)) * step / DAY
    values = 100.0 + 3.0 * days + 10.0 * daily(days) + noise(len(days))
    values[(days >= 6.0) & (days < 8.0)] = np.nan
    days, found, _ = run(values, step)
    assert (found[days > 3.0, 1] > 0).all()


def test_a_season_that_grows_with_its_level_is_a_share_of_it() -> None:
    days = np.arange(WEEKS) / 96.0
    values = (100.0 + 30.0 * days) * (1.0 + 0.5 * daily(days)) + noise(WEEKS)
    _, found, state = run(values)
    assert int(state[MULTIPLICATIVE]) & 1
    assert np.abs(found[WEEKS // 2 :, 0] - np.median(found[WEEKS // 2 :, 0])).mean() < 12.0
    _, _, state = run(200.0 + 30.0 * days + 50.0 * daily(days) + noise(WEEKS))
    assert not int(state[MULTIPLICATIVE]) & 1


def test_maturity_rises_to_one() -> None:
    days = np.arange(WEEKS) / 96.0
    days, found, _ = run(50.0 + 3.0 * daily(days) + noise(WEEKS) * 0.5)
    in_use = found[:, 1] > 0
    assert 0.2 < found[in_use, 3][0] < 0.6
    assert (np.diff(found[in_use, 3]) >= 0.0).all()
    assert found[-1, 3] == 1.0


def test_adapt_sets_the_pace_of_the_level() -> None:
    values = np.concatenate([np.full(800, 10.0), np.full(400, 12.0)]) + 0.1 * noise(1200)
    left = [
        abs(np.median(run(values, adapt=speed)[1][-50:, 0]) - 10.0) for speed in ("slow", "normal", "fast")
    ]
    assert left[0] > left[1] > left[2]


@pytest.mark.parametrize("seed", range(4))
def test_the_level_has_no_trend_of_the_days_before_a_weekly_season_came_into_use(seed: int) -> None:
    hours = np.arange(24 * 7 * 5)
    hour, day = hours % 24, hours // 24 % 7
    busy = np.where((hour >= 7) & (hour < 21), np.sin(np.pi * (hour - 7) / 14), 0.0)
    usual = 50 + 1000 * busy * np.where(day < 5, 1.0, 0.5)
    fields: dict[str, Any] = {"seasonality": ("daily", "weekly"), "baseline_period_s": 28 * DAY}
    _, found, state = run(usual * (1 + 0.08 * noise(len(hours), seed)), 3600.0, **fields)
    assert found[-1, 1] == 2.0
    assert state[LEVEL] == pytest.approx(usual.mean(), abs=12.0)
    assert abs(state[TREND]) * DAY < 1.0
