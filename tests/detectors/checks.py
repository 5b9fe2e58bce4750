"""Checks for every registered detector. A new detector does not need its own tests of these properties."""

from math import isfinite

import numpy as np

from anomaly_stream.detectors.registry import Detector
from anomaly_stream.detectors.window.dispatch import evaluate
from anomaly_stream.kernels.tails import score_of, tail
from anomaly_stream.model.baseline import Baseline
from tests.baselines.test_rolling import baseline_of

MAGNITUDES = (1e-300, 1e-150, 1e-9, 1.0, 1e9, 1e150, 1e300)
WINDOWS: dict[str, list[float]] = {
    "constant": [1.0] * 40,
    "two values": [0.0, 1.0] * 20,
    "almost constant": [0.5] * 39 + [0.7],
    "normal": np.random.default_rng(1).normal(size=60).tolist(),
    "heavy tails": np.clip(np.random.default_rng(2).standard_cauchy(60), -1.0, 1.0).tolist(),
    "counter": (np.arange(50.0) / 50.0).tolist(),
    "two points": [0.0, 1.0],
}


def score(detector: Detector, value: float, baseline: Baseline) -> float:
    side = int(np.sign(value - baseline.median))
    return score_of(tail(evaluate(detector.number, value, baseline)[1], 0, side))


def finite_at_all_magnitudes(detector: Detector) -> None:
    for window in WINDOWS.values():
        for magnitude in MAGNITUDES:
            baseline = baseline_of([x * magnitude for x in window])
            for other in MAGNITUDES:
                for value in (0.0, other, -other):
                    statistic, z = evaluate(detector.number, value, baseline)
                    assert isfinite(statistic) or abs(value) > 1e10 * magnitude, (value, baseline)
                    assert isfinite(z), (value, baseline)
                    assert 0.0 <= score(detector, value, baseline) <= 100.0


def a_constant_series_that_moves_is_surprising(detector: Detector) -> None:
    for level in (0.0, 0.1, 1e-300, -42.0, 1e300):
        baseline = baseline_of([level] * 100)
        assert score(detector, level, baseline) == 0.0
        assert score(detector, level * 0.5 + 1e-9 * (level == 0.0), baseline) == 100.0 or abs(level) < 1e-200


def never_falls_outward(detector: Detector) -> None:
    for window in WINDOWS.values():
        baseline = baseline_of(window)
        for side in (1.0, -1.0):
            distances = np.concatenate(([0.0], np.geomspace(1e-6, 1e6, 400)))
            scores = [score(detector, baseline.median + side * d, baseline) for d in distances.tolist()]
            assert (np.diff(scores) >= -1e-9).all()
            statistics = [
                side * evaluate(detector.number, baseline.median + side * d, baseline)[0]
                for d in distances.tolist()
            ]
            assert (np.diff(statistics) >= 0.0).all()


def false_alarms_on_normal_noise(detector: Detector) -> None:
    """A score of 20 means one value in 100, a score of 30 one in 1,000, within a factor."""
    random = np.random.default_rng(3)
    high = np.zeros(2)
    values = 0
    for _ in range(100):
        baseline = baseline_of(random.normal(5.0, 2.0, size=200).tolist())
        fresh = random.normal(5.0, 2.0, size=1000)
        scores = np.array([score(detector, x, baseline) for x in fresh.tolist()])
        high += [(scores >= 20.0).sum(), (scores >= 30.0).sum()]
        values += len(fresh)
    rates = high / values
    assert 0.006 < rates[0] < 0.016, rates
    assert 0.0004 < rates[1] < 0.0025, rates


def follows_shift_and_scale(detector: Detector) -> None:
    for window in (WINDOWS["normal"], WINDOWS["two values"], WINDOWS["heavy tails"]):
        plain = baseline_of(window)
        for scale, shift in ((2.0, 0.0), (1e6, 0.0), (-1.0, 0.0), (1.0, 3.0), (0.5, -7.0)):
            moved = baseline_of([scale * x + shift for x in window])
            for value in (-3.0, 0.2, 0.9, 5.0):
                expected = np.sign(scale) * evaluate(detector.number, value, plain)[0]
                found = evaluate(detector.number, scale * value + shift, moved)[0]
                np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


CHECKS = (
    finite_at_all_magnitudes,
    a_constant_series_that_moves_is_surprising,
    never_falls_outward,
    false_alarms_on_normal_noise,
    follows_shift_and_scale,
)
