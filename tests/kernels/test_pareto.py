import numpy as np
import pytest
from scipy import stats

from anomaly_stream.kernels.pareto import log_survival, shape_of, weighted_moments


@pytest.mark.parametrize("shape", [0.05, 0.3, 0.6])
def test_the_fit_finds_what_the_values_were_drawn_from(shape: float) -> None:
    random = np.random.default_rng(1)
    shapes, scales = [], []
    for _ in range(40):
        values = 2.0 + stats.genpareto.rvs(shape, scale=3.0, size=300, random_state=random)
        count, mean, weighted = weighted_moments(values, 0, 300, 2.0)
        assert count == 300
        shapes.append(shape_of(mean, weighted))
        scales.append(mean * (1.0 - shapes[-1]))
    assert np.mean(shapes) == pytest.approx(shape, abs=0.06)
    assert np.mean(scales) == pytest.approx(3.0, rel=0.08)


def test_moments_are_those_of_the_excess_by_rank() -> None:
    values = np.array([9.0, 1.0, 4.0, 2.0, 4.0, 7.0])
    excess = np.array([2.0, 2.0, 5.0, 7.0])
    ranks = np.array([1.5, 1.5, 3.0, 4.0])
    count, mean, weighted = weighted_moments(values, 0, 6, 2.0)
    assert (count, mean) == (4, excess.mean())
    assert weighted == pytest.approx((excess * (1.0 - (ranks - 0.35) / 4.0)).mean())
    assert weighted_moments(values, 1, 1, 2.0) == (0, 0.0, 0.0)


@pytest.mark.parametrize("shape", [0.01, 0.2, 0.9])
def test_the_tail_is_that_of_scipy(shape: float) -> None:
    for excess in (0.0, 0.1, 5.0, 1e3, 1e9):
        assert log_survival(excess, shape, 2.0) == pytest.approx(
            stats.genpareto.logsf(excess, shape, 0.0, 2.0)
        )
