"""Verdicts of presets, detectors and seasons on small series that stand for what users report of them."""

from collections.abc import Iterable
from math import exp, pi, sin
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest

from anomaly_stream.engine.step import step
from anomaly_stream.kafka.config_topic import config_context
from anomaly_stream.model import AnomalyDetectionConfig, Ending, Outcome, Publish, Status, Transition
from anomaly_stream.registry.parsing import parse_config
from anomaly_stream.settings import Settings
from tests.engine.inputs import bank_of, columns, plan_of
from tests.engine.scoring.reported_series import DAY, HOUR, T, alerts, busy_mondays, wandering


def judged(step_s: float, values: Iterable[float], **fields: Any) -> Outcome:
    """The verdicts of a config, as a user would write it, on one series with a fixed step."""
    given = [float(value) for value in values]
    config = parse_config({"metric": "flow", **fields}, config_context(Settings()))
    assert isinstance(config, AnomalyDetectionConfig)
    plan = plan_of(msgspec.structs.replace(config, publish=Publish.ALL))
    return step(plan, bank_of(plan), columns(given, (T + step_s * np.arange(len(given))).tolist()))


def test_the_restart_of_a_counter_is_quiet() -> None:
    totals = [6000 * (i if i < 500 else i - 499.5) + i * 7 % 11 * 40 for i in range(600)]
    assert not (judged(60.0, totals, preset="counter").status == Status.ANOMALY).any()


@pytest.mark.parametrize("seed", [1, 2])
def test_utilisation_that_is_pinned_at_its_limit(seed: int) -> None:
    random = Random(seed)
    values = [round(min(100, 60 + 25 * sin(2 * pi * i / 288) + random.gauss(0, 8)), 1) for i in range(2880)]
    values[2304:2364] = [100.0] * 60
    found = alerts(judged(300.0, values, preset="utilisation"))
    assert any(2304 <= row < 2364 for row in found)
    assert len(found) <= 2


@pytest.mark.parametrize("fields", [{"preset": "sensor"}, {"detectors": ["rate_of_change"]}])
def test_rounding_is_no_difference(fields: dict[str, Any]) -> None:
    values = [0.3] * 600
    values[500] = 0.1 + 0.2
    assert not (judged(300.0, values, **fields).status == Status.ANOMALY).any()


@pytest.mark.parametrize("fields", [{"preset": "latency"}, {"detectors": ["rate_of_change"]}])
def test_zero_after_a_spike_is_normal(fields: dict[str, Any]) -> None:
    values = np.zeros(1500)
    values[1400] = 7.0
    out = judged(300.0, values, **fields)
    assert out.observation[out.status == Status.ANOMALY].tolist() == [1400]


@pytest.mark.parametrize("seed", [1, 2])
def test_small_first_differences_hide_no_later_spike(seed: int) -> None:
    random = Random(seed)
    values = [96.46, 96.56, 102.01, *(round(100 + random.gauss(0, 3), 2) for _ in range(1000))]
    values[900] = 238.0
    assert alerts(judged(300.0, values, detectors=["rate_of_change"])) == [900]


def test_a_fall_back_from_a_usual_jump_is_no_second_event() -> None:
    random = Random(3)
    values = [round(100 + random.gauss(0, 1) + (40 if i % 50 == 7 else 0), 2) for i in range(1000)]
    out = judged(300.0, values, detectors=["rate_of_change"])
    assert {row % 50 for row in out.observation[out.status == Status.ANOMALY].tolist()} <= {7}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("step_s", "size", "wave"),
    [(HOUR, 30.0, 0.0), (HOUR, 30.0, 20.0), (HOUR, 100.0, 20.0), (900.0, 30.0, 0.0), (900.0, 100.0, 20.0)],
)
def test_a_new_level_of_a_series_with_a_season_alerts_once(
    step_s: float, size: float, wave: float, seed: int
) -> None:
    time = step_s * np.arange(int(45 * DAY / step_s))
    values = np.random.default_rng(seed).normal(100.0, 3.0, len(time)) + wave * np.sin(2 * pi * time / DAY)
    begin = int(30 * DAY / step_s)
    values[begin:] += size
    found = alerts(judged(step_s, np.round(values, 2), preset="latency"))
    assert [row for row in found if row >= begin] == [begin]


def test_a_deploy_that_slows_responses_down() -> None:
    opened = []
    for seed in range(10):
        values = 280 * np.random.default_rng(seed).normal(1.0, 0.12, 1440 * 11)
        values[14400:] *= 1.35
        found = alerts(judged(60.0, np.round(values, 1), preset="latency"))
        opened += [row for row in found if row >= 14400]
    assert all(row < 14460 for row in opened)
    assert 10 <= len(opened) <= 11


@pytest.mark.parametrize("wave", [0.0, 15.0])
@pytest.mark.parametrize(("step_s", "rows"), [(300.0, 20), (300.0, 80), (600.0, 60)])
def test_the_way_back_from_an_outage_that_is_not_watched_is_quiet(
    step_s: float, rows: int, wave: float
) -> None:
    time, begin = step_s * np.arange(int(12 * DAY / step_s)), int(9.3 * DAY / step_s)
    for seed in range(8):
        values = 60 + wave * np.sin(2 * pi * time / DAY) + np.random.default_rng(seed).normal(0, 4, len(time))
        values[begin : begin + rows] = 0.0
        found = alerts(judged(step_s, np.round(values, 2), preset="latency", direction="above"))
        assert [row for row in found if row >= begin + rows] == []  # it may be stuck at 0 before that


@pytest.mark.parametrize("wave", [0.0, 15.0])
def test_a_fall_that_is_not_watched_hides_no_later_rise(wave: float) -> None:
    time, fall = 300.0 * np.arange(288 * 16), 288 * 9
    for seed in range(4):
        values = 60 + wave * np.sin(2 * pi * time / DAY) + np.random.default_rng(seed).normal(0, 4, len(time))
        values[fall:] *= 0.6
        values[fall + 288 * 6 : fall + 288 * 6 + 5] *= 2.5
        found = alerts(judged(300.0, np.round(values, 2), preset="latency", direction="above"))
        assert [row for row in found if row >= fall] == [fall + 288 * 6]


@pytest.mark.parametrize("fields", [{"seasonality": "weekly"}, {"preset": "business"}])
def test_two_holidays_are_no_expectation_of_the_days_after(fields: dict[str, Any]) -> None:
    random, values = Random(5), []
    for day in range(150):
        size = [100, 105, 110, 115, 140, 160, 90][day % 7] * (1 + random.gauss(0, 0.04))
        values.append(round(size / 3 if day in (114, 121) else size, 1))
    out = judged(DAY, values, **fields)
    assert not (out.status[-28:] == Status.ANOMALY).any()
    assert out.status[out.observation == 114] == Status.ANOMALY


@pytest.mark.parametrize("fields", [{"seasonality": "weekly"}, {"preset": "business"}])
@pytest.mark.parametrize(("weeks", "seed"), [(9, 0), (9, 1), (15, 2), (15, 3)])
def test_a_holiday_by_the_hour_leaves_the_days_after_it_ordinary(
    fields: dict[str, Any], weeks: int, seed: int
) -> None:
    random, values, holidays = Random(seed), [], (7 * weeks + 2, 7 * weeks + 9)
    for hour in range(24 * 7 * (weeks + 6)):
        day = hour // 24
        size = [200, 210, 220, 230, 280, 320, 180][day % 7] * (1 + 0.8 * sin(pi * (hour % 24 - 6) / 12))
        values.append(max(0.0, round((size / 3 if day in holidays else size) * random.gauss(1, 0.05), 1)))
    found = alerts(judged(HOUR, values, **fields))
    assert any(row // 24 == holidays[0] for row in found)
    after = range(24 * holidays[0], 24 * (holidays[1] + 15))
    assert [row for row in found if row in after and row // 24 not in holidays] == []


@pytest.mark.parametrize("keeps", [0.9, 0.98])
def test_a_young_autocorrelated_sensor_is_quiet(keeps: float) -> None:
    counts = [
        len(alerts(judged(900.0, wandering(96 * 5, keeps, 1.0, s), preset="sensor"))) for s in range(20)
    ]
    assert max(counts) <= 5
    assert sum(counts) <= 40


@pytest.mark.parametrize(
    ("step_s", "rate", "keeps", "size", "least"),
    [
        (600.0, 0.7, 0.0, 0.3, 12),
        (900.0, -1.0, 0.0, 0.3, 12),
        (900.0, -1.0, 0.8, 0.3, 12),
        (900.0, 1.0, 0.9, 0.3, 7),
        (900.0, 1.0, 0.95, 0.2, 6),
    ],
)
def test_a_drift_of_a_sensor_is_an_alert_that_lasts(
    step_s: float, rate: float, keeps: float, size: float, least: int
) -> None:
    day, count, found = int(DAY / step_s), 0, 0
    begin, rows = 20 * day, np.arange(34 * day)
    for seed in range(12):
        values = 140.6 + wandering(len(rows), keeps, size, seed) + rate / day * (rows - begin).clip(min=0)
        out = judged(step_s, np.round(values, 2), preset="sensor")
        if opened := [row for row in alerts(out) if row >= begin]:
            found += 1
            count += len(opened)
            assert opened[-1] < begin + 5 * day
            assert not (out.transition[opened[-1] :] == Transition.RESOLVED).any()
    assert found >= least
    assert count <= 1.25 * found


@pytest.mark.parametrize("seed", range(4))
def test_a_drift_that_ends_has_settled(seed: int) -> None:
    begin, end, rows = 96 * 16, 96 * 18, np.arange(96 * 40)
    values = np.random.default_rng(seed).normal(50.0, 0.3, len(rows)) + (rows.clip(begin, end) - begin) / 96
    out = judged(900.0, np.round(values, 2), preset="sensor")
    [opened] = [row for row in alerts(out) if row >= begin]
    [resolved] = [row for row in out.observation[out.transition == Transition.RESOLVED] if row > opened]
    assert end < resolved < end + 96 * 10
    assert out.alert_ending[resolved] == Ending.SETTLED


def test_a_heavy_tail_is_known() -> None:
    random = Random(4)
    values = [round(exp(random.gauss(4, 0.6)), 1) for _ in range(4032)]
    assert len(alerts(judged(300.0, values, preset="latency"))) <= 3


WEEKLY: list[dict[str, Any]] = [
    {"seasonality": "weekly"},
    {"seasonality": "hour_of_week"},
    {"preset": "business"},
]


@pytest.mark.parametrize("fields", WEEKLY)
@pytest.mark.parametrize(("hour", "height"), [(146, 500.0), (60, -200.0)])
def test_a_weekly_job_is_learned_in_three_weeks(fields: dict[str, Any], hour: int, height: float) -> None:
    values = 100 + 10 * np.sin(np.pi * np.arange(1680) / 12) + np.random.default_rng(3).normal(0, 3, 1680)
    missing = hour + 168 * 8
    usual = values[missing]
    values[hour::168] = height
    values[missing] = usual
    found = alerts(judged(HOUR, values, **fields))
    assert not set(found) & {hour + 168 * week for week in (3, 4, 5, 6, 7, 9)}
    assert missing in found


@pytest.mark.parametrize("fields", WEEKLY)
def test_busy_mondays_are_learned(fields: dict[str, Any]) -> None:
    assert [row for row in alerts(judged(HOUR, busy_mondays(), **fields)) if row >= 3 * 168] == []


@pytest.mark.parametrize("fields", [{"seasonality": "daily"}, {"seasonality": "weekly"}])
def test_noise_that_grows_with_the_level(fields: dict[str, Any]) -> None:
    random, values = Random(5), []
    for i in range(288 * 35):
        level = 20 + 180 * max(0.0, sin(pi * (i % 288 - 84) / 144)) * (84 <= i % 288 < 228)
        values.append(round(level * (1 + random.gauss(0, 0.05)) + random.gauss(0, 1), 2))
    found = alerts(judged(300.0, values, **fields))
    assert len([row for row in found if row >= 288 * 7]) <= 6


@pytest.mark.parametrize("preset", ["latency", "sensor", "utilisation"])
@pytest.mark.parametrize(("rate", "size"), [(0.25, 1.0), (0.7, 4.0), (2.5, 1.0)])
def test_a_leak_is_one_alert_that_lasts(preset: str, rate: float, size: float) -> None:
    values = 500 + np.random.default_rng(6).normal(0, size, 2900) + rate * np.arange(-2000, 900).clip(min=0)
    out = judged(300.0, np.round(values, 2), preset=preset)
    [opened] = [row for row in alerts(out) if row >= 2000]
    assert opened < 2000 + 60 / rate
    assert not (out.transition[opened:] == Transition.RESOLVED).any()


@pytest.mark.parametrize("preset", ["latency", "sensor", "utilisation"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_new_level_is_one_alert(preset: str, seed: int) -> None:
    values = np.round(np.random.default_rng(seed).normal(100, 3, 3500), 2)
    values[2000:] += 100.0
    assert alerts(judged(300.0, values, preset=preset)) == [2000]
