import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines.rolling import describe, floored
from anomaly_stream.kernels.blocks import empty_pool
from anomaly_stream.kernels.window import NOBODY, WINDOW, enter, fresh_windows
from anomaly_stream.model.baseline import Baseline

KIND = np.dtype(WINDOW, align=True)


def baseline_of(values: list[float]) -> Baseline:
    pool, row = empty_pool(4096), fresh_windows(1, KIND)[0]
    for i, x in enumerate(values):
        enter(row, pool, float(i), x, 1000, NOBODY)
    return describe(row, pool)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 6) + 0.0), min_size=2, max_size=80))
def test_statistics_are_those_of_numpy(values: list[float]) -> None:
    found, array = baseline_of(values), np.array(values)
    largest = float(np.abs(array).max())
    assert found.count == len(values)
    assert found.mean == pytest.approx(array.mean(), rel=1e-9, abs=1e-12 * largest)
    assert found.sd == pytest.approx(
        floored(array.std(ddof=1) if len(set(values)) > 1 else 0.0, np.median(array)),
        rel=1e-6,
        abs=1e-12 * largest,
    )
    assert found.median == np.median(array)
    assert found.mad == np.median(np.abs(array - np.median(array)))
    assert (found.lower_quartile, found.upper_quartile) == tuple(np.quantile(array, [0.25, 0.75]))


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-100, 1.0, 1e100, 1e200, 1e299])
def test_every_magnitude_is_finite_and_in_proportion(scale: float) -> None:
    pattern = [3.0, -1.0, 4.0, 1.0, -5.0, 9.0]
    found, plain = baseline_of([x * scale for x in pattern]), baseline_of(pattern)
    assert np.isfinite(found).all()
    assert found.sd == pytest.approx(plain.sd * scale, rel=1e-9)
    assert found.mean == pytest.approx(plain.mean * scale, rel=1e-9)


@pytest.mark.parametrize("level", [0.0, 1e-300, 0.1, -5.0, 1e300])
def test_a_constant_window_has_a_scale_to_divide_by(level: float) -> None:
    found = baseline_of([level] * 50)
    assert (found.mean, found.median, found.mad) == (level, level, 0.0)
    assert found.sd == max(1e-9 * abs(level), 1e-300)
