from importlib import import_module
from types import ModuleType

import numpy as np
import pytest

from anomaly_stream.detectors.registry import REGISTRY
from anomaly_stream.detectors.stateful import cusum, ewma, flat_line, missing_data, rate_of_change
from anomaly_stream.detectors.window import zscore
from anomaly_stream.kernels.tails import score_of, tail
from tests.baselines.test_rolling import baseline_of
from tests.detectors.stateful import stateful_checks
from tests.detectors.stateful.stateful_checks import score, verdicts
from tests.detectors.stateful.twins import TWINS
from tests.detectors.streams import baselines, streams

DETECTORS = {
    one.name: import_module(f"anomaly_stream.detectors.stateful.{one.name}")
    for one in REGISTRY
    if one.words != 0 and one.kind != "model"
}


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
@pytest.mark.parametrize("check", stateful_checks.CHECKS, ids=lambda check: check.__name__)
def test_every_stateful_detector_passes(check, detector: ModuleType) -> None:
    check(detector)


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("stream", streams())
def test_every_stateful_detector_agrees_with_its_twin(name: str, stream: str) -> None:
    times, values = streams()[stream]
    found, slow = verdicts(DETECTORS[name], (times, values)), TWINS[name]()
    for i, baseline in enumerate(baselines(values)):
        time, value = float(times[i]), float(values[i])
        statistic, z = slow.evaluate(time, value, baseline)
        assert found[0][i] == pytest.approx(statistic, rel=1e-7, abs=1e-9, nan_ok=True), i
        if z == z:
            assert score(found[1][i]) == pytest.approx(score(z), abs=0.25), i
            assert np.sign(found[1][i]) == np.sign(z) or abs(z) < 1e-6
        slow.learn(time, value, value, baseline)


def test_every_stateful_detector_has_a_twin() -> None:
    assert set(TWINS) == set(DETECTORS)


def lasting_shift(
    size: float, random: np.random.Generator, before: int = 1000, after: int = 150
) -> np.ndarray:
    values = random.normal(size=before + after)
    values[before:] += size
    return values


@pytest.mark.parametrize("detector", [ewma, cusum], ids=["ewma", "cusum"])
def test_charts_find_a_small_lasting_shift_that_a_zscore_misses(detector: ModuleType) -> None:
    random = np.random.default_rng(5)
    found, single = 0, 0
    for _ in range(20):
        values, state = lasting_shift(1.0, random), np.zeros(detector.WORDS)
        baseline = baseline_of(values[:500].tolist())
        scores = []
        for i, value in enumerate(values.tolist()):
            scores.append(score(detector.evaluate(state, float(i), value, baseline)[1]))
            detector.learn(state, float(i), value, value, baseline)
        found += max(scores[1000:]) >= 50.0
        plain = [zscore.deviate(zscore.statistic(x, baseline), baseline) for x in values[1000:1050].tolist()]
        single += max(score_of(tail(abs(z), 0, 1)) for z in plain) >= 50.0
    assert found >= 18
    assert single <= 2


@pytest.mark.parametrize("detector", [ewma, cusum], ids=["ewma", "cusum"])
def test_a_lasting_shift_is_reported_once_and_going_back_is_no_news(detector: ModuleType) -> None:
    random = np.random.default_rng(6)
    values = random.normal(size=3000)
    values[1000:2000] += 1.5
    baseline, state = baseline_of(values[:500].tolist()), np.zeros(detector.WORDS)
    high = []
    for i, value in enumerate(values.tolist()):
        high.append(score(detector.evaluate(state, float(i), value, baseline)[1]) >= 50.0)
        detector.learn(state, float(i), value, value, baseline)
    assert any(high[1000:1060])
    assert not any(high[1250:2000])
    assert not any(high[2000:])


@pytest.mark.parametrize("detector", [ewma, cusum], ids=["ewma", "cusum"])
@pytest.mark.parametrize("kind", ["autoregressive", "walk", "wave"])
def test_series_that_remember_do_not_alarm_charts(detector: ModuleType, kind: str) -> None:
    random = np.random.default_rng(7)
    shocks = random.normal(size=4000)
    values = {
        "autoregressive": np.array(
            [sum(0.9**k * shocks[i - k] for k in range(min(i, 60))) for i in range(4000)]
        ),
        "walk": np.cumsum(shocks),
        "wave": 3.0 * np.sin(2 * np.pi * np.arange(4000) / 288) + shocks,
    }[kind]
    baseline, state = baseline_of(values[::5].tolist()), np.zeros(detector.WORDS)
    high = 0
    for i, value in enumerate(values.tolist()):
        high += i > 1000 and score(detector.evaluate(state, float(i), value, baseline)[1]) >= 60.0
        detector.learn(state, float(i), value, value, baseline)
    assert high <= 5


def test_the_chance_of_a_cusum_is_one_over_the_run_length_to_it() -> None:
    random = np.random.default_rng(8)
    upper = lower = 0.0
    times = {3.0: 0, 4.0: 0}
    for goal in times:
        for u in random.normal(size=200_000).tolist():
            upper, lower = max(0.0, upper + u - 0.5), max(0.0, lower - u - 0.5)
            if max(upper, lower) >= goal:
                times[goal] += 1
                upper = lower = 0.0
        assert times[goal] / 200_000 == pytest.approx(np.exp(cusum.log_chance(goal)), rel=0.15)


def test_a_sensor_that_freezes_within_its_range_is_found() -> None:
    random = np.random.default_rng(9)
    values = np.round(random.normal(20.0, 2.0, size=1030), 1)
    values[1000:] = values[999]
    scores = [score(z) for z in verdicts(flat_line, (60.0 * np.arange(1030), values))[1]]
    assert max(scores[100:1000]) < 40.0
    assert max(scores[1000:1012]) >= 50.0
    assert scores[1025] == 100.0


def test_a_series_that_often_repeats_itself_is_not_frozen() -> None:
    random = np.random.default_rng(10)
    values = np.repeat(np.round(random.normal(size=600), 1), random.geometric(0.1, size=600))
    scores = [score(z) for z in verdicts(flat_line, (60.0 * np.arange(len(values)), values))[1]]
    high = np.array(scores[500:]) >= 30.0
    assert 0 < (high[1:] & ~high[:-1]).sum() <= 3, (
        "of 550 runs, where one in 1,000 values is to score so much"
    )
    assert max(scores[500:]) < 45.0


def test_long_nights_are_known_by_the_third_and_hide_no_freeze() -> None:
    random = np.random.default_rng(11)
    days = [np.concatenate([np.zeros(96), random.normal(5.0, 1.0, size=192)]) for _ in range(6)]
    values = np.concatenate(days)
    values[1600:1630] = values[1600]
    scores = np.array([score(z) for z in verdicts(flat_line, (300.0 * np.arange(len(values)), values))[1]])
    assert (scores[3 * 288 : 3 * 288 + 96] < 30.0).all()
    assert scores[1629] > 60.0


@pytest.mark.parametrize(
    ("missing", "least", "most"), [(1, 20.0, 40.0), (12, 60.0, 80.0), (60, 100.0, 100.0)]
)
def test_a_gap_in_clockwork_is_found_by_its_length(missing: int, least: float, most: float) -> None:
    times = 60.0 * np.arange(1001)
    times[1000] += 60.0 * missing
    scores = [score(z) for z in verdicts(missing_data, (times, np.zeros(1001)))[1]]
    assert max(scores[:1000]) == 0.0
    assert least <= scores[1000] <= most


def test_weekends_without_data_are_known_after_some() -> None:
    week = np.concatenate([86400.0 * day + 3600.0 * np.arange(24) for day in range(5)])
    times = np.concatenate([7 * 86400.0 * n + week for n in range(12)])
    scores = np.array([score(z) for z in verdicts(missing_data, (times, np.zeros(len(times))))[1]])
    mondays = scores[120::120]
    assert mondays[0] > 60.0
    assert (mondays[6:] < 40.0).all()


def test_another_rate_is_known_after_six_values() -> None:
    times, values = streams()["slower"]
    scores = np.array([score(z) for z in verdicts(missing_data, (times, values))[1]])
    assert (np.flatnonzero(scores >= 20.0) < 350 + 6).all()


def test_a_spike_is_one_jump_and_slow_ways_are_none() -> None:
    random = np.random.default_rng(12)
    values = random.normal(size=800)
    values[600] += 12.0
    scores = [score(z) for z in verdicts(rate_of_change, (60.0 * np.arange(800), values))[1]]
    assert np.flatnonzero(np.array(scores) >= 50.0).tolist() == [600]
    drifting = values + np.clip(np.arange(800) - 620, 0, None) * 0.1
    scores = [score(z) for z in verdicts(rate_of_change, (60.0 * np.arange(800), drifting))[1]]
    assert np.flatnonzero(np.array(scores) >= 50.0).tolist() == [600]


def test_a_longer_gap_may_bring_a_larger_difference() -> None:
    random = np.random.default_rng(13)
    values, times = np.cumsum(random.normal(size=600)), 60.0 * np.arange(600)
    values[500:] += 9.0
    assert score(verdicts(rate_of_change, (times, values))[1][500]) > 50.0
    times[500:] += 600.0
    assert score(verdicts(rate_of_change, (times, values))[1][500]) < 20.0
