"""Configs of counters: the increase of totals is judged and published."""

import numpy as np

from anomaly_stream.engine.step import step
from anomaly_stream.model import MetricType, Outcome, Publish, Status
from tests.engine.inputs import bank_of, columns, config, part, plan_of, verdicts

COUNTER = config(metric_type=MetricType.COUNTER, publish=Publish.ALL, min_observations=30)


def readings(rates: np.ndarray, times: np.ndarray) -> np.ndarray:
    return np.cumsum(rates * np.diff(times, prepend=times[0] - 60.0))


def judged(totals: np.ndarray, times: np.ndarray) -> Outcome:
    plan = plan_of(COUNTER)
    return step(plan, bank_of(plan), columns(totals.tolist(), times.tolist()))


def test_the_rate_is_judged_and_published() -> None:
    times = 60.0 * np.arange(1, 302)
    rates = np.random.default_rng(1).normal(50.0, 2.0, size=301)
    rates[250] = 90.0
    out = judged(readings(rates, times), times)
    np.testing.assert_allclose(out.value[1:], rates[1:], rtol=1e-6)
    assert np.flatnonzero(out.status == Status.ANOMALY).tolist() == [250]
    assert 48.0 < out.expected[250] < 52.0
    assert out.lower[250] < out.expected[250] < out.upper[250] < 90.0


def test_a_restart_and_a_change_of_interval_are_no_anomalies() -> None:
    times = np.cumsum(np.where(np.arange(300) < 200, 60.0, 10.0))
    totals = readings(np.random.default_rng(2).normal(50.0, 2.0, size=300), times)
    totals[150:] -= totals[149]  # the process began anew right behind that reading
    out = judged(totals, times)
    assert np.flatnonzero(out.status[31:] != Status.NORMAL).tolist() == [150 - 31]
    assert out.status[150] == Status.LEARNING  # what was counted before the restart is lost


def test_the_first_reading_only_begins() -> None:
    out = judged(np.array([7e9, 7e9 + 60.0]), np.array([60.0, 120.0]))
    assert out.status.tolist() == [Status.LEARNING, Status.LEARNING]
    assert out.value.tolist() == [7e9, 1.0]


def test_how_the_input_is_cut_changes_nothing() -> None:
    times = 60.0 * np.arange(1, 201)
    rates = np.random.default_rng(3).normal(50.0, 2.0, size=200)
    rates[150:160] = 0.0
    batch = columns(readings(rates, times).tolist(), times.tolist())
    plan = plan_of(COUNTER)
    whole = verdicts(step(plan, bank_of(plan), batch))
    bank, pieces = bank_of(plan), []
    for start, stop in ((0, 1), (1, 50), (50, 151), (151, 200)):
        pieces += verdicts(step(plan, bank, part(batch, start, stop)), start)
    assert repr(pieces) == repr(whole)
