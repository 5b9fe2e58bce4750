import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels import order

numbers = st.lists(
    st.one_of(st.floats(-1e300, 1e300).map(lambda x: x + 0.0), st.integers(-5, 5).map(float)),
    min_size=1,
    max_size=60,
)


def padded(values: list[float], before: int = 3, after: int = 2) -> np.ndarray:
    """The values sorted, with guards around that no kernel may touch."""
    return np.concatenate((np.full(before, -7.0), np.sort(values), np.full(after, 9.0)))


@settings(deadline=None)
@given(numbers, st.floats(-1e300, 1e300))
def test_counts_are_those_of_searchsorted(values: list[float], x: float) -> None:
    for probe in (x, values[0]):
        run = padded(values)
        assert order.count_below(run, 3, len(values), probe) == np.searchsorted(
            np.sort(values), probe, "left"
        )
        assert order.count_up_to(run, 3, len(values), probe) == np.searchsorted(
            np.sort(values), probe, "right"
        )


@settings(deadline=None)
@given(numbers, st.floats(-1e300, 1e300).map(lambda x: x + 0.0), st.integers(0, 59))
def test_insert_and_replace_keep_the_run_sorted_and_touch_nothing_else(
    values: list[float], x: float, number: int
) -> None:
    run = padded(values, after=3)
    order.insert(run, 3, len(values), x)
    assert run[3:-2].tolist() == sorted([*values, x])
    assert run[:3].tolist() == [-7.0] * 3
    assert run[-2:].tolist() == [9.0] * 2
    run, old = padded(values), number % len(values)
    for new in (x, values[0]):
        kept = np.delete(run[3:-2], old).tolist()
        order.replace(run, 3, len(values), old, new)
        assert run[3:-2].tolist() == sorted([*kept, new])
        assert run[:3].tolist() == [-7.0] * 3
        assert run[-2:].tolist() == [9.0] * 2


@settings(deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), max_size=200))
def test_sort(values: list[float]) -> None:
    run = np.concatenate(([5.0], values, [-5.0]))
    order.sort(run, 1, len(values))
    assert run.tolist() == [5.0, *sorted(values), -5.0]


@settings(deadline=None)
@given(numbers, st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]))
def test_quantile_is_that_of_numpy_to_the_last_bit(values: list[float], q: float) -> None:
    assert order.quantile(padded(values), 3, len(values), q) == np.quantile(values, q)


@settings(deadline=None)
@given(numbers)
def test_median_and_median_deviation_are_those_of_numpy(values: list[float]) -> None:
    run, count = padded(values), len(values)
    centre = order.median(run, 3, count)
    assert centre == np.median(values)
    assert order.median_deviation(run, 3, count, centre) == np.median(np.abs(np.array(values) - centre))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 287, 288])
def test_median_deviation_of_many_random_runs(count: int) -> None:
    random = np.random.default_rng(count)
    for values in (
        random.normal(size=count),
        random.integers(0, 4, count).astype(float),
        random.pareto(1, count),
    ):
        centre = float(np.median(values))
        assert order.median_deviation(padded(values), 3, count, centre) == np.median(np.abs(values - centre))
