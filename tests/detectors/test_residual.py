import numpy as np
import pytest

from anomaly_stream.detectors import RESIDUAL, models, residual
from anomaly_stream.model.evaluation import Evaluation


def run(values: list[float], step: float = 300.0) -> tuple[list[Evaluation], np.ndarray]:
    memory = np.zeros(residual.WORDS)
    found = [models.observe(RESIDUAL, memory, i * step, value, False) for i, value in enumerate(values)]
    return found, memory


def noise(count: int, level: float = 50.0, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(level, 2.0, count).tolist()


def test_says_nothing_until_it_has_seen_enough() -> None:
    found, _ = run(noise(40))
    assert [bool(np.isnan(one.score)) for one in found] == [True] * 30 + [False] * 10


def test_evaluating_changes_nothing() -> None:
    _, memory = run(noise(100))
    before = memory.copy()
    residual.evaluate(memory, 1e6, 1e9)
    np.testing.assert_array_equal(memory, before)


def test_normal_noise_is_quiet_and_a_spike_is_outside_the_band() -> None:
    found, _ = run([*noise(3000), 80.0])
    scores = np.array([one.score for one in found[30:-1]])
    assert (scores >= 40.0).mean() < 0.002
    assert found[-1].score > 60.0
    assert found[-1].upper < 80.0
    assert found[-1].alert_score == found[-1].score


def test_the_hour_of_day_counts_where_it_tells_more() -> None:
    days = 20 * 288
    hours = np.arange(days) // 12 % 24
    values = (np.where((hours >= 8) & (hours < 18), 200.0, 20.0) + noise(days, 0.0)).tolist()
    found, _ = run(values)
    assert [round(found[-288 + 12 * hour + 6].expected, -1) for hour in (3, 12, 22)] == [20.0, 200.0, 20.0]
    late = np.array([one.score for one in found[-3 * 288 :]])
    assert (late >= 40.0).sum() == 0


def test_an_anomaly_moves_it_little_and_a_new_level_is_learned_in_time() -> None:
    found, _ = run([*noise(1000), *[500.0] * 10, 50.0])
    assert found[-1].score < 20.0
    found, _ = run([*noise(1000), *noise(30_000, 70.0)])
    assert found[-1].expected == pytest.approx(70.0, abs=3.0)


def test_a_constant_series_that_moves_does_not_stay_surprising_for_ever() -> None:
    found, _ = run([0.0] * 100 + [1.0, 2.0] * 500)
    assert found[100].score == 100.0
    assert found[-1].score < 40.0


def test_any_magnitude_is_finite() -> None:
    for magnitude in (1e-300, 1e-9, 1e9, 1e290):
        found, _ = run([x * magnitude for x in [*noise(100), 1e5, -1e5, *noise(5)]])
        assert all(np.isfinite(one[:5]).all() for one in found[30:])
