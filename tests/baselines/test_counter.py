import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines import counter


def slow_rates(times: list[float], totals: list[float]) -> list[float]:
    found = [float("nan")]
    for i in range(1, len(times)):
        fell = totals[i] < totals[i - 1]
        found.append(float("nan") if fell else (totals[i] - totals[i - 1]) / (times[i] - times[i - 1]))
    return found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 1e5), st.floats(0.0, 1e15)), min_size=1, max_size=40))
def test_rates_are_those_of_its_twin(steps: list[tuple[float, float]]) -> None:
    times = np.cumsum([gap for gap, _ in steps]).tolist()
    totals = [total for _, total in steps]
    state, found = np.zeros(counter.WORDS), []
    for time, total in zip(times, totals, strict=True):
        found.append(counter.rate(state, time, total))
        counter.learn(state, time, total)
    assert found == pytest.approx(slow_rates(times, totals), nan_ok=True)


def test_a_restart_gives_no_rate() -> None:
    state = np.zeros(counter.WORDS)
    counter.learn(state, 100.0, 5000.0)
    assert counter.rate(state, 160.0, 5600.0) == 10.0
    assert np.isnan(counter.rate(state, 160.0, 300.0))
    assert counter.rate(state, 160.0, 5000.0) == 0.0
