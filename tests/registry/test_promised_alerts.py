import numpy as np
import pytest

from anomaly_stream.registry.promised_alerts import WEEK_S, alerts_per_week, threshold_at, threshold_of


def test_a_probability_promises_its_share_of_the_values() -> None:
    assert alerts_per_week(40.0, 60.0, by_model=False) == pytest.approx(WEEK_S / 60 / 10_000)
    assert threshold_of(1.0, 60.0, by_model=False) == pytest.approx(10 * np.log10(WEEK_S / 60))


@pytest.mark.parametrize("by_model", [False, True])
@pytest.mark.parametrize("step_s", [10.0, 60.0, 3600.0])
@pytest.mark.parametrize("per_week", [0.5, 1.0, 7.0])
def test_the_threshold_of_a_rate_promises_it(by_model: bool, step_s: float, per_week: float) -> None:
    score = threshold_of(per_week, step_s, by_model=by_model)
    assert alerts_per_week(score, step_s, by_model=by_model) == pytest.approx(per_week)


@pytest.mark.parametrize("by_model", [False, True])
def test_fewer_alerts_need_a_higher_threshold_and_so_do_faster_series(by_model: bool) -> None:
    scores = [threshold_of(rate, 60.0, by_model=by_model) for rate in (10.0, 1.0, 0.2)]
    assert scores == sorted(scores)
    steps = np.array([10.0, 60.0, 300.0, 3600.0])
    promised = alerts_per_week(np.full(4, 50.0), steps, by_model=by_model)
    assert (np.diff(promised) < 0).all()
    assert promised[1] == pytest.approx(alerts_per_week(50.0, 60.0, by_model=by_model))


def test_a_rate_that_every_value_keeps_to_needs_no_score() -> None:
    assert threshold_of(10_000.0, 3600.0, by_model=False) == 0.0


@pytest.mark.parametrize("by_model", [False, True])
def test_a_rate_beyond_the_scale_is_refused(by_model: bool) -> None:
    with pytest.raises(ValueError, match=r"no threshold promises so few .* the least is [\d.e+-]+/week"):
        threshold_of(1e-9, 1.0, by_model=by_model)


def test_the_curve_of_the_model_is_what_it_opens_on_noise() -> None:
    """Alerts per week that ``auto`` opens on normal noise, as measured, by threshold and step."""
    measured = {(50.0, 10.0): 23.7, (50.0, 3600.0): 1.22, (60.0, 60.0): 3.8, (70.0, 300.0): 1.11}
    for (score, step_s), seen in measured.items():
        assert seen / 1.5 < alerts_per_week(score, step_s, by_model=True) < 1.5 * seen


@pytest.mark.parametrize("by_model", [False, True])
def test_a_threshold_at_a_step_is_on_the_scale_whatever_is_asked(by_model: bool) -> None:
    assert threshold_at(40.0, 1.0, 60.0, by_model) == threshold_of(1.0, 60.0, by_model=by_model)
    assert threshold_at(40.0, 1e9, 60.0, by_model) == 40.0
    assert threshold_at(40.0, 1e-12, 1.0, by_model) == (95.0 if by_model else 100.0)
    assert threshold_at(40.0, 0.0, 60.0, by_model) == 40.0  # no rate is asked for
    assert threshold_at(40.0, 1.0, 0.0, by_model) == 40.0  # the step is not known
