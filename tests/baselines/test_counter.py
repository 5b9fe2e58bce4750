import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines import counter


def slow_rates(times: list[float], totals: list[float]) -> list[float]:
    found, last, was_stale = [float("nan")], 0, False
    for i in range(1, len(times)):
        fell = totals[i] < totals[last]
        found.append(float("nan") if fell else (totals[i] - totals[last]) / (times[i] - times[last]))
        was_stale = fell and not was_stale and totals[i] >= 0.9 * totals[last]
        last = last if was_stale else i
    return found


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.01, 1e5), st.floats(0.0, 1e15) | st.floats(90.0, 100.0)),
        min_size=1,
        max_size=40,
    )
)
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


def rates(totals: list[float]) -> list[float]:
    """The rates of readings every 10 seconds; -1 for none."""
    state, found = np.zeros(counter.WORDS), []
    for i, total in enumerate(totals):
        rate = counter.rate(state, 10.0 * i, total)
        counter.learn(state, 10.0 * i, total)
        found.append(-1.0 if np.isnan(rate) else rate)
    return found


def test_a_stale_reading_leaves_the_next_rate_as_it_is() -> None:
    assert rates([1_000_000, 1_000_500, 1_000_400, 1_001_500, 1_002_000]) == [-1, 50, -1, 50, 50]


def test_a_counter_that_was_set_back_counts_from_there() -> None:
    assert rates([1000, 1100, 1000, 1050, 1150]) == [-1, 10, -1, -1, 10]


def test_a_restart_is_no_stale_reading() -> None:
    assert rates([1000, 1100, 989, 1089]) == [-1, 10, -1, 10]
