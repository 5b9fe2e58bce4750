import numpy as np
import pytest

from anomaly_stream.detectors.stateful import spot
from anomaly_stream.engine.step import step
from anomaly_stream.model import Publish
from anomaly_stream.model.baseline import Baseline
from tests.baselines.test_rolling import baseline_of
from tests.detectors.stateful.stateful_checks import score
from tests.engine.inputs import bank_of, columns, config, plan_of

STANDARD = Baseline(1000.0, 0.0, 1.0, 0.0, 0.6745, -0.6745, 0.6745)


def scores(values: np.ndarray, state: np.ndarray) -> np.ndarray:
    baseline, found = baseline_of(values[:900].tolist()), []
    for value in values.tolist():
        found.append(score(spot.evaluate(state, 0.0, value, baseline)[1]))
        spot.learn(state, 0.0, value, value, baseline)
    return np.array(found)


@pytest.mark.parametrize("kind", ["normal", "exponential", "lognormal", "student"])
def test_scores_mean_what_they_say_on_any_tail(kind: str) -> None:
    """A normal model's own score of 40 comes once in 14 lognormal values; the calibrated as promised."""
    random = np.random.default_rng(2)
    high = np.zeros(3)
    for _ in range(8):
        values = {
            "normal": lambda: random.normal(size=6000),
            "exponential": lambda: random.exponential(size=6000),
            "lognormal": lambda: np.exp(random.normal(size=6000)),
            "student": lambda: random.standard_t(3.0, size=6000),
        }[kind]()
        found = scores(values, np.zeros(spot.WORDS))[1000:]
        high += [(found >= least).sum() for least in (20.0, 30.0, 40.0)]
    rates = high / 40_000
    assert 0.004 < rates[0] < 0.016, rates
    assert rates[1] < 0.003, rates
    assert rates[2] < 0.001, rates


def test_on_normal_values_hardly_anything_changes() -> None:
    state = np.zeros(spot.WORDS)
    scores(np.random.default_rng(3).normal(size=5000), state)
    for deviations, plain in ((2.576, 20.0), (3.891, 40.0), (4.892, 60.0)):
        found = score(spot.evaluate(state, 0.0, deviations, STANDARD)[1])
        assert 0.7 * plain < found < 1.2 * plain


def test_heavy_tails_are_distinguished_from_new_extremes() -> None:
    state, random = np.zeros(spot.WORDS), np.random.default_rng(4)
    scores(np.exp(random.normal(size=5000)), state)
    baseline = baseline_of(np.exp(random.normal(size=900)).tolist())
    assert score(spot.evaluate(state, 0.0, 8.0, baseline)[1]) < 25.0
    assert score(spot.evaluate(state, 0.0, 400.0, baseline)[1]) > 50.0
    assert score(spot.evaluate(state, 0.0, -5.0, baseline)[1]) > 60.0, "below, nothing comes near"


@pytest.mark.parametrize("values", [0, 30, 3000])
def test_it_never_falls_outward(values: int) -> None:
    state = np.zeros(spot.WORDS)
    for value in np.random.default_rng(5).laplace(size=values).tolist():
        spot.learn(state, 0.0, value, value, STANDARD)
    reach = np.concatenate((np.linspace(-50.0, 50.0, 5000), [1e3, 1e9, 1e300]))
    found = [spot.evaluate(state, 0.0, x, STANDARD)[1] for x in np.sort(reach).tolist()]
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0.0).all()


def test_a_drift_does_not_make_itself_a_tail() -> None:
    """In the engine, which clips anomalies."""
    random = np.random.default_rng(6)
    values = random.normal(size=2000)
    values[1800:] += np.linspace(0.0, 12.0, 200)
    plan = plan_of(config(detectors=("modified_zscore", "spot"), publish=Publish.ALL))
    out = step(plan, bank_of(plan), columns(values.tolist()))
    assert out.score[1800:].max() > 50.0
