from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.step import step
from anomaly_stream.model import MetricType, Outcome, Status, Transition
from anomaly_stream.model.config import SpecialDays
from anomaly_stream.registry.civil import EPOCH, day_number
from tests.engine.checkpoints import Changelog, SmallWorker, over_restarts, state_of
from tests.engine.clocks import CLOCKS, DAY, MONDAY, daily, daily_going_back, days
from tests.engine.inputs import bank_of, columns, config, plan_of, verdicts


def outcome(times: np.ndarray, values: np.ndarray, **fields: Any) -> tuple[Outcome, Bank]:
    plain = {"window_points": 512, "baseline_period_s": 7 * DAY, "seasonality": ("detect",)}
    plan = plan_of(config(**{**plain, **fields}))
    bank = bank_of(plan)
    return step(plan, bank, columns(values, times)), bank


def test_a_value_that_is_usual_at_noon_is_an_anomaly_at_midnight() -> None:
    times = days(8)
    values = daily(times)
    values[-1] = 118.0  # as at 6 o'clock; midnight has 100
    found, _ = outcome(times, values)
    assert found.status[-1] == Status.ANOMALY
    assert found.expected[-1] == pytest.approx(100.0, abs=3.0)
    assert found.lower[-1] < 100.0 < found.upper[-1] < 118.0
    flat, _ = outcome(times, values, seasonality=())
    assert flat.status[-1] == Status.NORMAL


def test_expected_values_follow_the_season_and_false_alarms_are_few() -> None:
    times = days(14)
    found, _ = outcome(times, daily(times))
    late = times > MONDAY + 3 * DAY
    clean = 100.0 + 20.0 * np.sin(2 * np.pi * times / DAY)
    assert np.abs(found.expected - clean)[late].mean() < 1.0
    assert (found.status[late] == Status.ANOMALY).mean() < 0.002
    width = (found.upper - found.lower)[times > MONDAY + 9 * DAY]
    assert np.median(width) < 16.0


@pytest.mark.parametrize(
    "seasonality", [("daily",), ("weekly",), ("hour_of_week",), ("daily", "weekly"), ("detect",)]
)
def test_a_missing_season_changes_little(seasonality: tuple[str, ...]) -> None:
    times = days(16)
    values = np.random.default_rng(3).normal(50.0, 4.0, len(times))
    values[1200] = 90.0
    found, _ = outcome(times, values, seasonality=seasonality)
    assert found.status[1200] == Status.ANOMALY
    assert (found.status == Status.ANOMALY).sum() <= 3
    assert np.abs(found.expected[300:] - 50.0).max() < 2.0


def test_days_of_the_week_differ() -> None:
    times = days(29, 1800.0)
    weekday = np.floor((times - MONDAY) / DAY) % 7
    values = daily(times) - 60.0 * (weekday >= 5)
    for seasonality in (("weekly",), ("hour_of_week",), ("detect",)):
        found, _ = outcome(times, values, seasonality=seasonality, baseline_period_s=14 * DAY)
        last = times >= MONDAY + 26 * DAY  # a Saturday on
        assert np.abs(found.expected - values)[last].mean() < 4.0, seasonality


def test_a_local_clock_that_is_put_forward_moves_the_season() -> None:
    march = datetime(2025, 3, 16, tzinfo=UTC).timestamp()
    times = days(17, 900.0, march)
    local = np.array(
        [
            (time + 3600.0 * (1 + (time >= datetime(2025, 3, 30, 1, tzinfo=UTC).timestamp()))) % DAY
            for time in times
        ]
    )
    values = np.where((local >= 8 * 3600) & (local < 18 * 3600), 100.0, 10.0)
    values += np.random.default_rng(1).normal(0.0, 1.0, len(times))
    after = times > datetime(2025, 3, 30, 2, tzinfo=UTC).timestamp()
    civil, _ = outcome(times, values, seasonality=("daily",), timezone="Europe/Berlin")
    fixed, _ = outcome(times, values, seasonality=("daily",), timezone="Africa/Lagos")
    assert (civil.status[after] == Status.ANOMALY).sum() <= 2
    assert (fixed.status[after] == Status.ANOMALY).sum() >= 8


def holiday(**fields: Any) -> SpecialDays:
    numbers = [day_number(EPOCH) + int(MONDAY // DAY) + k for k in (10, 15, 17)]
    return SpecialDays(dates=tuple((number, number) for number in numbers), **fields)


@pytest.mark.parametrize("skip", [True, False])
def test_special_days(skip: bool) -> None:
    times = days(19)
    day = np.floor((times - MONDAY) / DAY)
    special = np.isin(day, (10, 15, 17))
    values = np.where(special, 20.0 + np.random.default_rng(0).normal(0.0, 1.0, len(times)), daily(times))
    found, _ = outcome(times, values, seasonality=("daily",), holidays=holiday(skip=skip))
    assert (found.status[day == 10] == Status.LEARNING).all()
    assert (found.status[day == 15] == Status.LEARNING).all() == skip
    if not skip:
        assert np.abs(found.expected - values)[day == 17].mean() < 3.0
        assert (found.status[day == 17] == Status.NORMAL).mean() > 0.97
    assert (found.status[day == 18] == Status.NORMAL).mean() > 0.98


def test_a_slow_trend_is_followed() -> None:
    times = days(20)
    values = daily(times) + (times - MONDAY) / DAY * 12.0
    found, _ = outcome(times, values)
    late = times > MONDAY + 6 * DAY
    assert np.abs(found.expected - values)[late].mean() < 2.5
    assert (found.status[late] == Status.ANOMALY).mean() < 0.005


def test_a_lasting_shift_of_a_seasonal_series_is_reported_once() -> None:
    times = days(18)
    values = daily(times)
    values[times > MONDAY + 10 * DAY] += 60.0
    found, _ = outcome(times, values, relearn_after=40)
    moved = found.transition[found.transition != Transition.NONE]
    assert (moved == Transition.FIRING).sum() == 1
    assert (moved == Transition.RESOLVED).sum() == 1
    late = times > MONDAY + 14 * DAY
    assert (found.status[late] == Status.ANOMALY).mean() < 0.01


@pytest.mark.parametrize("scale", [1000.0, 0.001])
def test_a_change_of_the_unit_is_adopted(scale: float) -> None:
    times = days(24)
    values = daily(times)
    values[times > MONDAY + 10 * DAY] *= scale
    found, _ = outcome(times, values, relearn_after=40)
    late = times > MONDAY + 18 * DAY
    assert (found.status[late] == Status.ANOMALY).mean() < 0.01
    assert np.isfinite(found.expected[late]).all()
    assert np.abs(found.expected / values - 1.0)[late].mean() < 0.2


def test_maturity_is_published() -> None:
    times = days(9)
    found, _ = outcome(times, daily(times))
    assert (found.maturity[:96] == 0.0).all()
    assert found.maturity[-1] == 1.0
    assert np.isnan(outcome(times, daily(times), seasonality=())[0].maturity).all()


def test_an_outage_is_not_learned_into_the_profile() -> None:
    times = days(12)
    values = daily(times)
    out = (times > MONDAY + 8.3 * DAY) & (times < MONDAY + 8.6 * DAY)
    values[out] = 0.0
    found, _ = outcome(times, values)
    assert (found.status[out] == Status.ANOMALY).all()
    next_day = (times > MONDAY + 9.3 * DAY) & (times < MONDAY + 9.6 * DAY)
    assert (found.status[next_day] == Status.NORMAL).mean() > 0.95


@pytest.mark.parametrize("name", CLOCKS)
def test_every_clock_gives_a_finite_band_and_few_false_alarms(name: str) -> None:
    times = CLOCKS[name]
    values = daily(times, size=5.0 if len(times) > 100 else 0.0)
    found, _ = outcome(times, values, baseline_period_s=60 * DAY if name == "once a day" else 7 * DAY)
    scored = found.status != Status.LEARNING
    assert scored.sum() > len(times) // 3
    for column in (found.expected, found.lower, found.upper):
        assert np.isfinite(column[scored]).all()
    assert (found.status == Status.ANOMALY).sum() <= max(3, len(times) // 100)


def test_values_that_go_back_in_time_are_skipped() -> None:
    found, bank = outcome(*daily_going_back())
    straight, other = outcome(days(3), daily(days(3)))
    assert found.counts.late == 50
    np.testing.assert_array_equal(found.expected, straight.expected)
    np.testing.assert_array_equal(bank.detector_state, other.detector_state)


@pytest.mark.parametrize("magnitude", [1e-300, 1e-9, 1e9, 1e300])
def test_every_magnitude_gives_finite_numbers(magnitude: float) -> None:
    times = days(4)
    found, bank = outcome(times, daily(times) / 120.0 * magnitude)
    scored = found.status != Status.LEARNING
    for column in (found.expected, found.lower, found.upper, found.score):
        assert np.isfinite(column[scored]).all()
    assert (found.status == Status.ANOMALY).mean() < 0.02
    assert not np.isinf(bank.detector_state).any()


def test_how_the_input_is_cut_into_batches_changes_nothing() -> None:
    times = days(5)
    batch = columns(daily(times), times)
    plan = plan_of(config(seasonality=("detect",), timezone="America/New_York"))
    whole, cut = bank_of(plan), bank_of(plan)
    step(plan, whole, batch)
    for place in range(0, len(times), 7):
        part = slice(place, place + 7)
        step(plan, cut, columns(batch.value[part], batch.timestamp[part], first_offset=place))
    np.testing.assert_array_equal(whole.detector_state, cut.detector_state)


@pytest.mark.parametrize("seed", range(3))
def test_a_restart_changes_nothing(seed: int) -> None:
    plan = plan_of(
        config("found", seasonality=("detect",), timezone="America/New_York"),
        config("week", seasonality=("daily", "weekly"), holidays=holiday(), detectors=("zscore", "cusum")),
        config("hours", seasonality=("hour_of_week",), metric_type=MetricType.COUNTER),
    )
    times = np.repeat(days(20), 2)
    values = np.stack([daily(days(20)), daily(days(20), 1).cumsum()], 1).ravel()
    batch = columns(values, times, [0, 1] * (len(times) // 2))
    whole = SmallWorker(plan, 2, Changelog())
    expected = verdicts(whole.step(batch, 0, len(batch)))
    cuts = np.random.default_rng(seed).integers(0, len(batch), 6).tolist()
    found, changelog = over_restarts(plan, 2, batch, cuts)
    assert found == expected
    assert state_of(SmallWorker(plan, 2, changelog)) == state_of(whole)
