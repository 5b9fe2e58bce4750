import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.kernels.blocks import (
    SIZES,
    Pool,
    allocate_block,
    empty_pool,
    extended,
    free_block,
    size_class,
)
from anomaly_stream.kernels.horizon import horizon
from anomaly_stream.kernels.moments import mean_and_sd
from anomaly_stream.kernels.window import (
    NOBODY,
    WINDOW,
    bring_to,
    enter,
    expire,
    fresh_windows,
    release,
    settle,
)
from tests.kernels.slow_window import SlowWindow

KIND = np.dtype(WINDOW, align=True)
steps = st.one_of(
    st.just(1.0), st.just(1.0), st.just(1.0), st.floats(0.1, 4.0), st.sampled_from([9.0, 30.0, 200.0])
)
values = st.one_of(
    st.floats(-1e300, 1e300),
    st.floats(-100.0, 100.0),
    st.integers(-3, 3).map(float),
    st.floats(-1e-200, 1e-200),
)


def ring(row: np.void, pool: Pool) -> list[tuple[float, float]]:
    places = [row["start"] + (row["head"] + i) % row["size"] for i in range(row["count"])]
    return [(float(pool.time[place]), float(pool.value[place])) for place in places]


def exact_moments(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation in extended precision, scaled."""
    scale = float(np.abs(values).max()) or 1.0
    wide = values.astype(np.longdouble) / np.longdouble(scale)
    return float(wide.mean() * np.longdouble(scale)), float(wide.std(ddof=1) * np.longdouble(scale))


def check(row: np.void, pool: Pool, slow: SlowWindow) -> None:
    assert ring(row, pool) == slow.points
    assert (row["stride"], row["position"], row["turn"]) == (slow.stride, slow.position, slow.turn)
    count = len(slow.points)
    assert pool.sorted[row["start"] : row["start"] + count].tolist() == sorted(slow.values.tolist())
    if count >= 2:
        mean, sd = mean_and_sd(row, pool.sorted)
        exact_mean, exact_sd = exact_moments(slow.values)
        largest = float(np.abs(slow.values).max())
        assert sd == pytest.approx(exact_sd, rel=1e-6, abs=1e-9 * exact_sd + 1e-13 * largest)
        assert mean == pytest.approx(exact_mean, rel=1e-9, abs=1e-9 * exact_sd + 1e-13 * largest)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([16, 17, 40]),
    st.sampled_from([12.0, 16.0, 50.0, 1e9]),
    st.lists(st.tuples(steps, values), min_size=1, max_size=150),
)
def test_two_windows_in_one_pool_agree_with_their_twins(
    capacity: int, period: float, points: list[tuple[float, float]]
) -> None:
    pool, rows = empty_pool(1024), fresh_windows(2, KIND)
    twins = [SlowWindow(capacity, period), SlowWindow(capacity, period)]
    now = 0.0
    for i, (wait, x) in enumerate(points):
        now += wait
        which = 0 if i % 3 else 1
        x = x + 0.0
        leaving = expire(rows[which], pool, now - period, capacity)
        twins[which].expire(now)
        enter(rows[which], pool, now, x, capacity, leaving)
        twins[which].enter(now, x)
    for row, twin in zip(rows, twins, strict=True):
        check(row, pool, twin)


def test_every_event_of_a_long_run_agrees() -> None:
    random = np.random.default_rng(7)
    pool, row, twin = empty_pool(4096), fresh_windows(1, KIND)[0], SlowWindow(64, 100.0)
    now = 0.0
    for i in range(3000):
        now += float(random.choice([0.2, 1.0, 1.7, 40.0], p=[0.6, 0.2, 0.19, 0.01]))
        x = float(random.normal(1e6 if i % 700 > 500 else 0.0, 1.0))
        leaving = expire(row, pool, now - 100.0, 64)
        twin.expire(now)
        if i % 2:
            settle(row, pool, leaving)
            leaving = NOBODY
            check(row, pool, twin)
        enter(row, pool, now, x, 64, leaving)
        twin.enter(now, x)
        check(row, pool, twin)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([12.0, 50.0, 400.0]),
    st.sampled_from([2, 5, 8]),
    st.lists(st.tuples(st.sampled_from([0.5, 1.0, 6.0, 30.0, 300.0]), values), min_size=1, max_size=120),
)
def test_a_slow_series_keeps_the_least_number_of_points(
    period: float, least: int, points: list[tuple[float, float]]
) -> None:
    pool, row, twin = empty_pool(1024), fresh_windows(1, KIND)[0], SlowWindow(17, period, least)
    now = 0.0
    for wait, x in points:
        now += wait
        leaving = expire(row, pool, horizon(row, pool, now, period, least), 17)
        twin.expire(now)
        enter(row, pool, now, x + 0.0, 17, leaving)
        twin.enter(now, x + 0.0)
        check(row, pool, twin)


@pytest.mark.parametrize("step", [1.0, 6 * 3600.0, 86400.0, 31 * 86400.0])
def test_a_window_holds_enough_at_any_cadence(step: float) -> None:
    """Seven days hold 28 points of a series with a value every six hours, and none of a monthly one."""
    period, least = 7 * 86400.0, 30
    pool, row = empty_pool(4096), fresh_windows(1, KIND)[0]
    counts = []
    for i in range(200):
        now = i * step
        leaving = expire(row, pool, horizon(row, pool, now, period, least), 288)
        settle(row, pool, leaving)
        counts.append(int(row["count"]))
        enter(row, pool, now, float(i), 288, NOBODY)
    assert counts[:least] == list(range(least))
    assert min(counts[least:]) == least


def test_a_gap_in_a_fast_series_keeps_nothing() -> None:
    pool, row = empty_pool(4096), fresh_windows(1, KIND)[0]
    for i in range(20):
        enter(row, pool, 60.0 * i, 1.0, 288, NOBODY)
    now = 30 * 86400.0
    assert expire(row, pool, horizon(row, pool, now, 7 * 86400.0, 30), 288) == NOBODY
    assert row["count"] == 0


def test_a_thinned_window_holds_one_of_each_stride_of_observations() -> None:
    pool, row = empty_pool(4096), fresh_windows(1, KIND)[0]
    for i in range(10_000):
        enter(row, pool, float(i), float(i), 288, NOBODY)
    stride, times = int(row["stride"]), np.array([time for time, _ in ring(row, pool)])
    assert stride == 64
    assert 144 <= row["count"] <= 288
    assert np.bincount((times // stride).astype(int)).max() == 1
    assert np.diff(times).max() < 2 * stride


def test_a_thinned_window_still_sees_both_values_of_an_alternating_series() -> None:
    pool, row = empty_pool(4096), fresh_windows(1, KIND)[0]
    for i in range(5_000):
        enter(row, pool, 60.0 * i, float(i % 2), 288, NOBODY)
    assert np.mean([value for _, value in ring(row, pool)]) == pytest.approx(0.5, abs=0.12)


def test_an_outlier_that_leaves_leaves_nothing_behind() -> None:
    pool, row = empty_pool(1024), fresh_windows(1, KIND)[0]
    for i in range(40):
        leaving = expire(row, pool, i - 16.0, 64)
        enter(row, pool, float(i), 1e140 if i == 3 else 0.1, 64, leaving)
    assert mean_and_sd(row, pool.sorted) == (0.1, 0.0)


def test_blocks_are_used_again() -> None:
    pool = empty_pool(1000)
    first = allocate_block(pool, size_class(100))
    second = allocate_block(pool, size_class(100))
    assert first != second
    free_block(pool, first, size_class(100))
    free_block(pool, second, size_class(100))
    assert {allocate_block(pool, size_class(97)), allocate_block(pool, size_class(112))} == {first, second}
    assert extended(pool, 10) is pool
    pool.value[:5] = 3.0
    assert extended(pool, 5000).value[:5].tolist() == [3.0] * 5
    assert (np.diff(SIZES) / SIZES[:-1] <= 0.25).all()


def test_a_released_window_is_empty_and_its_block_free() -> None:
    pool, row = empty_pool(1024), fresh_windows(1, KIND)[0]
    for i in range(50):
        enter(row, pool, float(i), 1.0, 64, NOBODY)
    start, used = int(row["start"]), int(pool.free[0])
    release(row, pool)
    assert (row["count"], row["size"], row["block"]) == (0, 0, -1)
    assert allocate_block(pool, size_class(64)) == start
    assert pool.free[0] == used


@pytest.mark.parametrize(
    ("spread", "values"), [(0.0, [49.0, 50.0, 51.0, 54.0]), (3.0, [47.5, 49.5, 51.5, 57.5])]
)
def test_a_window_is_brought_to_another_level(spread: float, values: list[float]) -> None:
    pool, row = empty_pool(1024), fresh_windows(1, KIND)[0]
    for time, value in enumerate([9.0, 11.0, 14.0, 10.0]):
        enter(row, pool, float(time), value, SIZES[0], NOBODY)
    bring_to(row, pool, 50.5, spread)
    found = pool.sorted[row["start"] : row["start"] + 4].tolist()
    assert found == values
