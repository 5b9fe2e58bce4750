"""Checks for every stateful detector. A new one does not need its own tests of these properties."""

from math import isfinite
from types import ModuleType

import numpy as np

from anomaly_stream.kernels.tails import score_of, tail
from tests.baselines.test_rolling import baseline_of
from tests.detectors.checks import MAGNITUDES
from tests.detectors.streams import Stream, baselines, streams

Verdicts = tuple[np.ndarray, np.ndarray]


def verdicts(detector: ModuleType, stream: Stream, state: np.ndarray | None = None) -> Verdicts:
    """Statistics and deviates over a stream, with each value learned unchanged."""
    times, values = stream
    state = np.zeros(detector.WORDS) if state is None else state
    found = []
    for time, value, baseline in zip(times.tolist(), values.tolist(), baselines(values), strict=True):
        found.append(detector.evaluate(state, time, value, baseline))
        detector.learn(state, time, value, value, baseline)
    return np.array([s for s, _ in found]), np.array([z for _, z in found])


def score(z: float) -> float:
    return score_of(tail(abs(z), 0, 1))


def finite_at_all_magnitudes(detector: ModuleType) -> None:
    for name in ("a shift and back", "constant", "heavy tails", "a step"):
        times, values = streams()[name]
        for magnitude in MAGNITUDES:
            state = np.zeros(detector.WORDS)
            deviates = verdicts(detector, (times, magnitude * values), state)[1]
            assert np.isfinite(deviates[30:]).all()
            for other in MAGNITUDES:
                for value in (0.0, other, -other):
                    moved = state.copy()
                    after, baseline = (
                        float(times[-1]) + 60.0,
                        baseline_of((magnitude * values[-50:]).tolist()),
                    )
                    assert isfinite(detector.evaluate(moved, after, value, baseline)[1])
                    detector.learn(moved, after, value, value, baseline)
                    assert np.isfinite(moved).all()
                    assert isfinite(detector.evaluate(moved, after + 60.0, value, baseline)[1])


def a_constant_series_is_normal(detector: ModuleType) -> None:
    for level in (0.0, 0.1, -42.0, 1e300):
        values = np.full(400, level)
        assert (verdicts(detector, (60.0 * np.arange(400), values))[1][30:] == 0.0).all()


def follows_shift_and_scale(detector: ModuleType) -> None:
    for name, (times, values) in streams().items():
        if name in ("constant", "a step"):
            continue  # the scale of a constant window goes by its level
        statistics, deviates = verdicts(detector, (times, values))
        for scale, shift in ((2.0, 0.0), (2.0**20, 0.0), (1.0, 64.0), (0.5, -8.0)):
            moved = verdicts(detector, (times, scale * values + shift))
            np.testing.assert_allclose(moved[0], statistics, rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(moved[1], deviates, rtol=1e-5, atol=1e-5)
        mirrored = verdicts(detector, (times, -values))
        np.testing.assert_allclose(np.abs(mirrored[0]), np.abs(statistics), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(np.abs(mirrored[1]), np.abs(deviates), rtol=1e-5, atol=1e-5)


def follows_the_clock(detector: ModuleType) -> None:
    """In seconds, or in quarters of an hour from another origin: only the series' own interval matters."""
    for times, values in streams().values():
        plain = verdicts(detector, (times, values))
        moved = verdicts(detector, (1e6 + 16.0 * times, values))
        np.testing.assert_array_equal(moved, plain)


def looking_changes_nothing(detector: ModuleType) -> None:
    state = np.zeros(detector.WORDS)
    times, values = streams()["a shift and back"]
    verdicts(detector, (times[:500], values[:500]), state)
    before, baseline = state.tobytes(), baseline_of(values[300:500].tolist())
    first = detector.evaluate(state, float(times[500]), 9.0, baseline)
    assert detector.evaluate(state, float(times[500]), 9.0, baseline) == first
    assert state.tobytes() == before


def its_memory_is_all_it_has(detector: ModuleType) -> None:
    """After the state is saved and restored at another place, all results are equal to the last bit."""
    for times, values in streams().values():
        state = np.zeros(detector.WORDS)
        whole = verdicts(detector, (times, values), state)
        room = np.full(detector.WORDS + 40, 7.0)
        carried = room[20 : 20 + detector.WORDS]
        carried[:] = 0.0
        found = []
        for i, baseline in enumerate(baselines(values)):
            carried[:] = np.frombuffer(carried.tobytes())
            found.append(detector.evaluate(carried, float(times[i]), float(values[i]), baseline))
            detector.learn(carried, float(times[i]), float(values[i]), float(values[i]), baseline)
        np.testing.assert_array_equal(np.array(found).T, np.array(whole))
        assert carried.tobytes() == state.tobytes()
        assert (room[:20] == 7.0).all()
        assert (room[20 + detector.WORDS :] == 7.0).all()


def false_alarms_on_normal_noise(detector: ModuleType) -> None:
    """An episode of a score over 20 in 100 values at most, over 30 in 1,000, or so; 500 values to learn."""
    random = np.random.default_rng(3)
    episodes = np.zeros(2)
    values = 0
    for _ in range(20):
        state, baseline = np.zeros(detector.WORDS), baseline_of(random.normal(5.0, 2.0, size=300).tolist())
        deviates = []
        for i, value in enumerate(random.normal(5.0, 2.0, size=2500).tolist()):
            deviates.append(detector.evaluate(state, 60.0 * i, value, baseline)[1])
            detector.learn(state, 60.0 * i, value, value, baseline)
        scores = np.array([score(z) for z in deviates[500:]])
        for number, least in enumerate((20.0, 30.0)):
            high = scores >= least
            episodes[number] += (high[1:] & ~high[:-1]).sum()
        values += len(scores)
    rates = episodes / values
    assert rates[0] < 0.016, rates
    assert rates[1] < 0.0025, rates


CHECKS = (
    finite_at_all_magnitudes,
    a_constant_series_is_normal,
    follows_shift_and_scale,
    follows_the_clock,
    looking_changes_nothing,
    its_memory_is_all_it_has,
    false_alarms_on_normal_noise,
)
