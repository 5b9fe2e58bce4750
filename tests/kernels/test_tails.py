import numpy as np
import pytest
from scipy import stats

from anomaly_stream.kernels.tails import LEAST_P, deviate_of, score_of, student_deviate, tail

SIZES = np.concatenate((np.linspace(0.0, 12.0, 49), np.geomspace(12.0, 1e6, 30)))


def exact_score(t: float, freedom: float) -> float:
    return min(100.0, -10.0 * (stats.t.logsf(abs(t), freedom) + np.log(2.0)) / np.log(10.0))


@pytest.mark.parametrize(
    ("freedom", "bound"), [(3.0, 2.0), (5.0, 0.2), (10.0, 0.003), (29.0, 1e-4), (287.0, 1e-6)]
)
def test_scores_are_close_to_those_of_the_exact_tail(freedom: float, bound: float) -> None:
    for t in SIZES.tolist():
        p = tail(student_deviate(t, freedom), 0, 1)
        assert score_of(p) == pytest.approx(exact_score(t, freedom), abs=bound)


@pytest.mark.parametrize("freedom", [1.0, 2.0, 2.9])
def test_with_few_degrees_of_freedom_scores_are_rather_too_low(freedom: float) -> None:
    for t in SIZES.tolist():
        found = score_of(tail(student_deviate(t, freedom), 0, 1))
        assert exact_score(t, freedom) - 26.0 <= found <= exact_score(t, freedom) + 0.1


@pytest.mark.parametrize("freedom", [1.0, 3.0, 10.0, 287.0])
def test_never_falls_outward_and_stays_finite(freedom: float) -> None:
    deviates = np.array([student_deviate(t, freedom) for t in np.geomspace(1e-300, 1e300, 2001).tolist()])
    assert np.isfinite(deviates).all()
    assert (np.diff(deviates) >= -1e-12 * deviates[1:]).all()
    assert student_deviate(-3.0, freedom) == -student_deviate(3.0, freedom)


def test_one_sided_and_two_sided_tails_are_those_of_the_normal_distribution() -> None:
    for z in np.linspace(-8.0, 8.0, 33).tolist():
        assert tail(z, 1, 1) == pytest.approx(stats.norm.sf(z), rel=1e-12)
        assert tail(z, -1, -1) == pytest.approx(stats.norm.cdf(z), rel=1e-12)
        assert tail(z, 0, 1) == pytest.approx(min(1.0, 2.0 * stats.norm.sf(z)), rel=1e-12)
        assert tail(z, 0, 0) == 1.0


def test_scores_run_from_0_to_100() -> None:
    assert score_of(1.0) == 0.0
    assert score_of(1e-4) == pytest.approx(40.0)
    assert tail(1e200, 0, 1) == LEAST_P
    assert score_of(LEAST_P) == 100.0


@pytest.mark.parametrize("log_p", [-1e-12, -1e-3, -0.5, -0.86, -0.87, -5.0, -24.0, -26.0, -100.0, -690.0])
def test_the_deviate_of_a_probability_is_that_of_scipy(log_p: float) -> None:
    exact = (
        stats.norm.isf(-np.expm1(log_p) / -2.0 + 0.5) if log_p > -1e-2 else stats.norm.isf(np.exp(log_p) / 2)
    )
    assert deviate_of(log_p) == pytest.approx(exact, rel=1e-12, abs=1e-12)
    assert tail(deviate_of(log_p), 0, 1) == pytest.approx(np.exp(log_p), rel=1e-9)


def test_no_probability_has_a_deviate_that_is_not_finite() -> None:
    assert deviate_of(0.0) == deviate_of(1.0) == 0.0
    assert deviate_of(-1e9) == deviate_of(-np.inf) == deviate_of(np.log(1e-300))
