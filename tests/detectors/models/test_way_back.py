"""What is remembered of an excursion, against the twin."""

import math

import numpy as np
import pytest

from anomaly_stream.detectors.models import auto
from tests.detectors.models.twin import AutoTwin

HOUR, DAY = 3600.0, 86400.0


def with_outages(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Hourly values around 60 for six weeks, and outages in the fourth, the fifth and the sixth."""
    hours = np.arange(24 * 42)
    values = 60.0 + np.random.default_rng(8).normal(0.0, 2.0, len(hours))
    if kind == "rise":
        values += 0.5 * hours
    if kind == "day":
        values += 15.0 * np.sin(2.0 * np.pi * hours / 24.0)
    if kind == "week":
        values += np.where(hours // 24 % 7 < 4, 25.0, 0.0) * np.sin(2.0 * np.pi * hours / 24.0)
    for begin, end in ((500, 512), (640, 662), (700, 703), (850, 855), (930, 960)):
        values[begin:end] = 1.0
    return 1704067200.0 + HOUR * hours, values


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("kind", ["level", "rise", "day", "week"])
def test_equals_its_twin(kind: str, direction: int) -> None:
    times, values = with_outages(kind)
    if direction < 0:
        values = 2.0 * values.max() - values
    twin, state = AutoTwin(), np.zeros(auto.WORDS)
    unit, back = 2.0 ** -math.frexp(values[0])[1], 0
    for i, (time, value) in enumerate(zip(times.tolist(), values.tolist(), strict=True)):
        expected, found = twin.evaluate(time, unit * value), auto.evaluate(state, time, value)
        if i >= 20:
            on_the_way = twin.is_way_back(time, unit * value, expected, direction)
            assert auto.is_way_back(state, time, value, found, direction) == on_the_way, i
            back += on_the_way
            twin.remember(time, unit * value, expected, direction)
            auto.remember(state, time, value, found, direction)
        auto.learn(state, time, value, found, False, False)
        twin.learn(time, unit * value, expected, False)
    assert 2 * 60 < back <= 5 * 72  # hours after two excursions or more


def test_a_value_that_begins_no_excursion_changes_nothing() -> None:
    times, values = with_outages("level")
    state = np.zeros(auto.WORDS)
    for time, value in zip(times[:500].tolist(), values[:500].tolist(), strict=True):
        auto.learn(state, time, value, auto.evaluate(state, time, value), False, False)
    for value in (200.0, 59.0, 56.0):  # above, usual, and too near
        before = state.tobytes()
        auto.remember(state, times[500], value, auto.evaluate(state, times[500], value), 1)
        assert state.tobytes() == before
    auto.remember(state, times[500], 1.0, auto.evaluate(state, times[500], 1.0), 1)
    assert state.tobytes() != before
