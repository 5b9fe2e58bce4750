"""Thresholds by the own step of each series: ``max_false_alarms`` without a step."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.engine.step import step
from anomaly_stream.model import Outcome, Transition
from anomaly_stream.registry.promised_alerts import threshold_of
from tests.engine.inputs import bank_of, columns, config, plan_of

WINDOW = ("zscore", "modified_zscore", "iqr")
BOTH = pytest.mark.parametrize("detectors", [("auto",), WINDOW])


def judged(times: np.ndarray, detectors: tuple[str, ...], **fields: Any) -> Outcome:
    """The verdicts on noise at these times, with spikes late in it."""
    values = np.random.default_rng(4).normal(100.0, 2.0, len(times))
    values[-50::7] += 60.0
    asked = {"false_alarms_per_week": 1.0, "alert_score": 40.0, "window_points": 300, **fields}
    plan = plan_of(config(detectors=detectors, baseline_period_s=1e8, **asked))
    return step(plan, bank_of(plan), columns(values.tolist(), (1.7e9 + times).tolist()))


@BOTH
@pytest.mark.parametrize("step_s", [10.0, 60.0, 3600.0])
@pytest.mark.parametrize("per_week", [1.0, 7.0])
def test_a_regular_series_has_the_threshold_of_its_step(
    detectors: tuple[str, ...], step_s: float, per_week: float
) -> None:
    times = step_s * np.arange(1000.0)
    by_model = detectors == ("auto",)
    declared = max(40.0, threshold_of(per_week, step_s, by_model=by_model))
    own = judged(times, detectors, false_alarms_per_week=per_week)
    assert own.alert_threshold[100:] == pytest.approx(np.full(900, declared), abs=0.1)
    told = judged(
        times, detectors, false_alarms_per_week=per_week, false_alarms_step_s=step_s, alert_score=declared
    )
    assert (own.transition == Transition.FIRING).any()
    assert own.transition.tolist() == told.transition.tolist()


@BOTH
def test_irregular_times_never_lower_the_threshold(detectors: tuple[str, ...]) -> None:
    pauses = np.random.default_rng(1).exponential(60.0, 4000)
    by_mean = threshold_of(1.0, 60.0, by_model=detectors == ("auto",))
    found = judged(np.cumsum(pauses), detectors).alert_threshold[500:]
    assert found.min() > by_mean - 1.0
    assert found.max() < by_mean + 3.0


@BOTH
def test_a_gap_changes_the_threshold_little(detectors: tuple[str, ...]) -> None:
    times = 60.0 * np.arange(6000.0)
    times[3000:] += 86_400.0
    found = judged(times, detectors, window_points=4000).alert_threshold
    # The values that ask whether the gap is true are dropped.
    assert found[3100:] == pytest.approx(np.full(len(found) - 3100, found[2900]), abs=1.5)


def test_the_model_knows_a_faster_step_after_some_hundred_values() -> None:
    times = np.concatenate((3600.0 * np.arange(500.0), 3600.0 * 499 + 60.0 * np.arange(1.0, 501.0)))
    found = judged(times, ("auto",)).alert_threshold
    assert found[499] == pytest.approx(threshold_of(1.0, 3600.0, by_model=True), abs=0.1)
    assert found[-200:] == pytest.approx(np.full(200, threshold_of(1.0, 60.0, by_model=True)), abs=1.0)


@settings(max_examples=25, deadline=None)
@given(
    model=st.booleans(),
    per_week=st.floats(1e-6, 1e6),
    step_s=st.floats(1.0, 1e5),
    least=st.floats(40.0, 80.0),
)
def test_a_rate_never_lowers_the_threshold(model: bool, per_week: float, step_s: float, least: float) -> None:
    detectors = ("auto",) if model else WINDOW
    times = step_s * np.arange(150.0)
    found = judged(times, detectors, alert_score=least, false_alarms_per_week=per_week)
    known = ~np.isnan(found.alert_threshold)
    assert known.any()
    assert (found.alert_threshold[known] >= least).all()


@BOTH
def test_the_threshold_stays_between_sensitivity_and_the_end_of_the_scale(detectors: tuple[str, ...]) -> None:
    times = 3600.0 * np.arange(200.0)
    many = judged(times, detectors, false_alarms_per_week=1000.0)
    assert (many.alert_threshold[100:] == 40.0).all()
    few = judged(times, detectors, false_alarms_per_week=1e-12)
    assert (few.alert_threshold[100:] == (95.0 if detectors == ("auto",) else 100.0)).all()


@BOTH
def test_without_a_rate_the_threshold_is_that_of_the_config(detectors: tuple[str, ...]) -> None:
    found = judged(60.0 * np.arange(300.0), detectors, false_alarms_per_week=0.0, alert_score=55.0)
    assert (found.alert_threshold[50:] == 55.0).all()
    assert np.isnan(found.alert_threshold[:20]).all()
