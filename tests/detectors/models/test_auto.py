"""The kernels against their twin, and properties that hold for any series."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.detectors.models import auto
from anomaly_stream.detectors.models.views.state import WORDS
from anomaly_stream.detectors.models.views.strength import score_of, strength_of
from anomaly_stream.engine.plan.state_layout import segment_words
from tests.detectors.models.twin import AutoTwin


def run(times: Any, values: Any, state: np.ndarray | None = None) -> list[Any]:
    state = np.zeros(auto.WORDS) if state is None else state
    found = []
    for time, value in zip(
        np.asarray(times, float).tolist(), np.asarray(values, float).tolist(), strict=True
    ):
        one = auto.evaluate(state, time, value)
        auto.learn(state, time, value, one, True, one.alert_score >= 60.0)
        found.append(one)
    return found


def waves(rows: int, step: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A daily and a weekly season, noise, a spike, a shift, a constant stretch."""
    random = np.random.default_rng(seed)
    times = 1.7e9 + step * np.arange(rows) + np.round(random.uniform(0, 0.3 * step, rows))
    day = np.sin(2 * np.pi * times / 86400) * (1 + (times // 86400 % 7 < 5))
    values = 50 + 15 * day + random.normal(0, 2, rows)
    values[rows // 2] = 160.0
    values[3 * rows // 4 : 3 * rows // 4 + 30] += 40
    values[-40:-20] = values[-41]
    return times, values


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (20.0, "waves"),
        (300.0, "zeros first"),
        (900.0, "waves"),
        (3600.0, "counts"),
        (3600.0, "waves"),
        (3600.0, "lots"),
        (3600.0, "drift"),
        (3600.0, "leak"),
        (900.0, "jobs"),
        (3600.0, "jobs"),
        (900.0, "rare"),
        (3600.0, "rare"),
    ],
)
def test_equals_its_twin(step: float, kind: str) -> None:
    times, values = waves(1000, step, 5)
    if kind == "counts":
        values = np.random.default_rng(1).poisson(np.maximum(values, 0) / 10).astype(float)
    if kind == "lots":
        random = np.random.default_rng(1)
        values = 3.0 + np.where(random.random(1000) < 0.04, random.poisson(40, 1000), -3.0)
    if kind == "drift":
        values = waves(1000, step, 5)[1] - 0.3 * np.maximum(np.arange(1000) - 500, 0)
    if kind == "leak":
        values = np.random.default_rng(3).normal(50, 2, 1000) + 0.04 * np.maximum(np.arange(1000) - 500, 0)
    if kind == "jobs":
        seconds = times % 86400
        values = np.random.default_rng(4).normal(100, 2, 1000)
        values[(seconds > 9000) & (seconds < 9000 + 2 * step)] += 300
        values[(times % 604800 > 50_000) & (times % 604800 < 50_000 + step)] -= 90
        values[seconds > 86400 - step] += 100 + 10 * np.random.default_rng(5).random()
        values[np.random.default_rng(6).random(1000) < 0.01] = 0.0
    if kind == "rare":
        random = np.random.default_rng(7)
        levels = random.choice([0.0, 10.0, 75.0, 160.0, 175.0, 300.0, 400.0, 500.0, 600.0, 700.0], 1000)
        values = random.normal(100, 1, 1000)
        values = np.where(random.random(1000) < 0.1, random.normal(levels, levels / 75), values)
    if kind == "zeros first":
        values = np.where(np.arange(1000) < 60, 0.0, values / 1000)
    twin, state = AutoTwin(), np.zeros(auto.WORDS)
    unit = 2.0 ** -math.frexp(values[values != 0.0][0])[1]
    for i, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
        expected, found = twin.evaluate(time, unit * value), auto.evaluate(state, time, value)
        if i >= 20:
            wanted = [score_of(expected["shown"]), expected["expected"], *expected["ranks"].values()]
            got = [found.score, unit * found.expected, *found.carried.ranks]
            assert got == pytest.approx(wanted, rel=1e-5, abs=1e-5), i
            assert math.log10(found.p) == pytest.approx(math.log10(expected["p"]), abs=1e-4)
            alert = score_of(expected["alert"]) if expected["alert"] > -9 else 0.0
            assert found.alert_score == pytest.approx(alert, abs=1e-4)
            ranked = expected["eligible"]
            if len(ranked) < 2 or ranked[-1] - ranked[-2] > 1e-6:
                assert found.reason == expected["reason"]
                assert found.reason_side == (1 if expected["reason_side"] > 0 else -1)
        alerted = bool(found.alert_score >= 60.0)
        auto.learn(state, time, value, found, True, alerted)
        twin.learn(time, unit * value, expected, alerted)


numbers = st.one_of(
    st.floats(-1e300, 1e300, allow_subnormal=False),
    st.integers(0, 5).map(float),
    st.floats(90.0, 110.0),
    st.sampled_from([0.0, 1e-300, -1e-300, 1e300]),
)
gaps = st.one_of(st.floats(0.001, 1.0), st.just(300.0), st.floats(3600.0, 1e7))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(gaps, numbers), min_size=30, max_size=150))
def test_finite_pure_and_deterministic_for_any_values(rows: list[tuple[float, float]]) -> None:
    times = 1.7e9 + np.cumsum([gap for gap, _ in rows])
    values = [value for _, value in rows]
    state, again = np.zeros(auto.WORDS), np.zeros(auto.WORDS)
    found = run(times, values, state)
    assert repr(run(times, values, again)) == repr(found)
    assert again.tobytes() == state.tobytes()
    for one in found[25:]:
        assert 0.0 <= one.alert_score <= one.score <= 100.0
        assert math.isfinite(one.expected)
        assert math.isfinite(one.statistic)
    before = state.tobytes()
    one = auto.evaluate(state, float(times[-1]) + 60.0, 3.0)
    lower, upper = auto.band(state, float(times[-1]) + 60.0, one, 40.0)
    assert lower <= one.expected <= upper
    assert state.tobytes() == before


@pytest.mark.parametrize("seed", range(3))
def test_beyond_the_band_every_value_is_an_anomaly(seed: int) -> None:
    times, values = waves(1500, 300.0, seed)
    state = np.zeros(auto.WORDS)
    for number, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
        found = auto.evaluate(state, time, value)
        if number > 100 and number % 100 == 50:
            for sensitivity in (30.0, 50.0):
                lower, upper = auto.band(state, time, found, sensitivity)
                width = upper - lower
                beyond = [
                    b
                    for b in (lower - 1e-5 * width, upper + 1e-5 * width, upper + 9 * width)
                    if abs(b) < 1e300
                ]
                for one in beyond:
                    assert auto.evaluate(state, time, one).score >= sensitivity - 1e-3
                if found.score >= sensitivity and found.reason == 0:
                    assert not lower < value < upper
        auto.learn(state, time, value, found, True, found.alert_score >= 60.0)


def test_says_nothing_until_it_has_seen_enough() -> None:
    found = run(*waves(60, 300.0, 0))
    silent = [one.score != one.score for one in found]
    assert silent == sorted(silent, reverse=True)
    assert 20 <= sum(silent) <= 25


def test_its_state_is_complete() -> None:
    times, values = waves(900, 900.0, 2)
    whole = run(times, values)
    state = np.zeros(auto.WORDS)
    found = run(times[:451], values[:451], state)
    room = np.full(auto.WORDS + 40, 7.0)
    room[20 : 20 + auto.WORDS] = state
    found += run(times[451:], values[451:], room[20 : 20 + auto.WORDS])
    assert repr(found) == repr(whole)
    assert (room[:20] == 7.0).all()
    assert (room[20 + auto.WORDS :] == 7.0).all()


def test_a_power_of_two_as_unit_changes_nothing() -> None:
    times, values = waves(1000, 900.0, 3)
    plain, doubled = run(times, values), run(times, 1024.0 * values)
    assert [one.score for one in doubled[20:]] == [one.score for one in plain[20:]]
    other = run(times, 1000.0 * values)
    assert [one.score for one in other[20:]] == pytest.approx([one.score for one in plain[20:]], abs=1.0)


def quiet(rows: int) -> tuple[np.ndarray, np.ndarray]:
    return 1.7e9 + 300.0 * np.arange(rows), 50 + np.random.default_rng(1).normal(0, 2, rows)


def test_noise_alerts_seldom_where_a_minute_has_several_values() -> None:
    opened, day = 0, 1.7e9 + 10.0 * np.arange(8640)
    for seed in range(4):
        values = np.random.default_rng(seed).normal(50.0, 5.0, len(day))
        opened += sum(one.alert_score >= 60.0 for one in run(day, values))
    assert opened <= 6


def test_an_outage_like_the_last_one_alerts_again() -> None:
    times, values = quiet(3000)
    values[1000:1024] = 0.0
    values[2600:2624] = 0.0
    found = run(times, values)
    for start in (1000, 2600):
        assert max(one.alert_score for one in found[start : start + 24]) >= 60.0


def test_a_taught_or_unwanted_value_holds_no_alert_back() -> None:
    times, values = quiet(1100)
    values[1000], values[1003] = 300.0, 280.0
    state = np.zeros(auto.WORDS)
    for i, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
        found = auto.evaluate(state, time, value)
        auto.learn(state, time, value, found, i != 1000, False)
        if i == 1003:
            assert found.alert_score == found.score >= 60.0


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e300])
def test_a_constant_series_is_normal(value: float) -> None:
    assert max(one.score for one in run(60.0 * np.arange(500), np.full(500, value))[20:]) < 30.0


def alerts(times: np.ndarray, values: np.ndarray) -> list[int]:
    return [i for i, one in enumerate(run(times, values)) if i >= 30 and one.alert_score >= 60.0]


def test_lots_that_come_seldom_are_known_by_their_size() -> None:
    values = np.zeros(1500)
    values[100::150] = [16, 14, 15, 18, 13, 17, 15, 16, 14, 15]
    values[1480] = 400.0
    found = alerts(1.7e9 + 3600.0 * np.arange(1500), values)
    assert found[0] == 100
    assert found[-1] == 1480
    assert len(found) <= 4


def test_a_job_of_once_a_week_is_usual_after_two_weeks() -> None:
    times = 1.7e9 + 3600.0 * np.arange(24 * 7 * 8)
    hours = np.round(times / 3600.0) % 168
    values = 50.0 + 10 * np.sin(2 * np.pi * times / 86400) + np.random.default_rng(1).normal(0, 4, times.size)
    values[(hours >= 60) & (hours < 63)] += 60.0
    assert len([i for i in alerts(times, values) if i >= 24 * 7 * 4]) == 0


def test_a_small_alert_hides_no_large_one_behind_it() -> None:
    values = 50.0 + np.random.default_rng(2).normal(size=1000)
    values[700], values[704] = 56.0, 5000.0
    found = alerts(1.7e9 + 300.0 * np.arange(1000), values)
    assert [i for i in found if i >= 650] == [700, 704]


def test_a_season_that_becomes_the_baseline_has_its_own_scale() -> None:
    times = 1.7e9 + 300.0 * np.arange(288 * 5)
    values = 500 + 300 * np.sin(2 * np.pi * times / 86400) + np.random.default_rng(3).normal(0, 5, times.size)
    values[-1] = 2 * values[-1]
    found = run(times, values)
    assert abs(found[-1].statistic) > 4


def test_a_spike_alerts_once_an_episode() -> None:
    times, values = quiet(2000)
    values[[1000, 1010, 1600]] = 300.0
    found = run(times, values)
    assert found[1000].alert_score >= 60.0
    assert found[1010].alert_score == 0.0
    assert found[1010].score >= 60.0


def test_the_scale_rises_and_has_its_threshold_at_60() -> None:
    assert score_of(0.75) == pytest.approx(60.0)
    scores = np.array([score_of(one) for one in np.linspace(-9.0, 9.0, 2000).tolist()])
    assert (np.diff(scores) >= 0).all()
    assert 0.0 <= scores[0] < scores[-1] <= 100.0
    for score in (1.0, 40.0, 60.0, 99.0):
        assert score_of(strength_of(score)) == pytest.approx(score)


def test_the_state_is_small() -> None:
    assert 8 * segment_words(WORDS) <= 8_000
