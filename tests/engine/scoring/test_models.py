"""A config with a model: its own band, no window, alerts by its alert score."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.detectors.models import dispatch
from anomaly_stream.detectors.registry import REGISTRY, Detector
from anomaly_stream.engine.step import step
from anomaly_stream.errors import ConfigError
from anomaly_stream.model import Direction, Publish, Status, Transition
from tests.engine.checkpoints import Changelog, SmallWorker, over_restarts
from tests.engine.clocks import CLOCKS, DAY, MONDAY, daily, daily_going_back, days
from tests.engine.inputs import bank_of, columns, config, part, plan_of, verdicts
from tests.engine.test_step import random_batch

MODEL = config(detectors=("auto",))
MODELS = [detector for detector in REGISTRY if detector.kind == "model"]


def noise(count: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(100.0, 2.0, count).tolist()


def minutes(values: list[float]) -> np.ndarray:
    return 1.7e9 + 300.0 * np.arange(len(values))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_verdicts_are_those_of_the_model(model: Detector) -> None:
    values = [*noise(400), 300.0, *noise(20, 1)]
    times = 3600.0 * np.arange(len(values)) + 1.7e9
    plan = plan_of(config(detectors=(model.name,)))
    bank = bank_of(plan)
    out = step(plan, bank, columns(values, times))
    state = np.zeros(model.words)
    for i, (time, value) in enumerate(zip(times.tolist(), values, strict=True)):
        found = dispatch.evaluate(model.number, state, time, value)
        counted = i >= 30
        dispatch.learn(
            model.number, state, time, value, found, counted, counted and found.alert_score >= 60.0
        )
        if not counted:
            assert out.status[i] == Status.LEARNING
            continue
        assert (out.score[i], out.alert_score[i]) == (found.score, found.alert_score)
        assert (out.expected[i], out.source_detector[i], out.reason[i]) == (
            found.expected,
            model.number,
            found.reason,
        )
        assert out.detector_statistic[i, model.number] == found.statistic
        assert out.detector_p[i, model.number] == found.p
        assert out.lower[i] <= out.expected[i] <= out.upper[i]
        if out.status[i] == Status.NORMAL:
            assert out.lower[i] <= value <= out.upper[i]
        elif found.reason == 0:
            assert not out.lower[i] <= value <= out.upper[i]
    assert (out.counts.learning, out.counts.scored) == (30, 391)
    start = bank.state.rows[0]["segment"] * 8
    np.testing.assert_array_equal(bank.detector_state[start : start + len(state)], state)
    fired = out.observation[out.transition == Transition.FIRING].tolist()
    assert 400 in fired
    assert bank.state.rows[0]["count"] == 0


def test_direction_and_least_deviation_count() -> None:
    values = [*noise(900), 300.0, *noise(500, 1), 10.0]
    for fields, expected in (
        ({"direction": Direction.ABOVE}, [900]),
        ({"direction": Direction.BELOW}, [1401]),
        ({"min_deviation": 250.0}, []),
        ({}, [900, 1401]),
    ):
        plan = plan_of(config(detectors=("auto",), **fields))
        out = step(plan, bank_of(plan), columns(values, minutes(values)))
        assert out.observation[out.transition == Transition.FIRING].tolist() == expected


def test_what_the_config_does_not_ask_for_holds_no_alert_back() -> None:
    values = [*noise(300), 300.0, *noise(3, 1), 10.0]
    plan = plan_of(config(detectors=("auto",), direction=Direction.BELOW))
    out = step(plan, bank_of(plan), columns(values, minutes(values)))
    assert out.observation[out.transition == Transition.FIRING].tolist() == [304]


def test_it_learns_for_as_long_as_the_config_says() -> None:
    values = noise(300)
    plan = plan_of(config(detectors=("auto",), min_observations=200, window_points=1440))
    out = step(plan, bank_of(plan), columns(values, minutes(values)))
    assert (out.counts.learning, out.counts.scored) == (200, 100)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_a_restart_changes_nothing(seed: int) -> None:
    by_own_step = {"alert_score": 40.0, "false_alarms_per_week": 100.0}
    configs = [config(one.name, detectors=(one.name,)) for one in MODELS]
    configs += [config(f"{one.name} own", detectors=(one.name,), **by_own_step) for one in MODELS]
    plan = plan_of(*configs, config("window own", **by_own_step))
    batch = random_batch(seed, 3, 600)
    whole = SmallWorker(plan, 3, Changelog())
    expected = verdicts(whole.step(batch, 0, len(batch)))
    found, _ = over_restarts(plan, 3, batch, np.random.default_rng(seed).integers(0, 600, 3).tolist())
    assert found == expected


def test_taught_values_are_learned_unscored() -> None:
    plan = plan_of(MODEL)
    out = step(plan, bank_of(plan), columns([*noise(50), 900.0], learn=[True] * 51))
    assert (out.counts.learned, out.counts.scored) == (51, 0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 500), max_size=8))
def test_how_the_input_is_cut_changes_nothing(seed: int, cuts: list[int]) -> None:
    plan = plan_of(MODEL, config("b", publish=Publish.ANOMALIES))
    batch = random_batch(seed, 3, 500)
    whole, parts, found = bank_of(plan, 3), bank_of(plan, 3), []
    expected = verdicts(step(plan, whole, batch))
    for start, stop in pairwise([0, *sorted(cuts), len(batch)]):
        found += verdicts(step(plan, parts, part(batch, start, stop)), start)
    assert found == expected


def test_detector_state_of_freed_rows_is_reused_and_cleared() -> None:
    plan, without = plan_of(MODEL), plan_of(config("z"))
    bank = bank_of(plan, 20)
    step(plan, bank, columns(noise(2000), series=[i % 20 for i in range(2000)], times=np.arange(2000) // 20))
    held = bank.bytes_held
    bank.change_plan(without)
    bank.change_plan(plan)
    assert bank.rows_held == 0
    out = step(
        plan,
        bank,
        columns(noise(200), series=[i % 20 for i in range(200)], times=3000.0 + np.arange(200) // 20),
    )
    assert set(out.status.tolist()) == {Status.LEARNING}
    assert bank.bytes_held == held


def test_a_config_that_gains_detector_state_restarts_and_keeps_its_row() -> None:
    before, after = plan_of(config()), plan_of(MODEL)
    bank = bank_of(before)
    step(before, bank, columns(noise(60)))
    bank.change_plan(after)
    row = bank.state.rows[0]
    assert (row["count"], row["last_time"]) == (0, 59.0)
    out = step(after, bank, columns(noise(40), times=np.arange(60.0, 100.0)))
    assert (out.counts.learning, out.counts.scored) == (30, 10)


def test_a_model_is_the_only_detector() -> None:
    with pytest.raises(ConfigError, match="baseline of its own"):
        plan_of(config(detectors=("auto", "iqr")))


@pytest.mark.parametrize("name", CLOCKS)
def test_every_clock_gives_finite_numbers_and_few_alerts(name: str) -> None:
    times = CLOCKS[name]
    values = daily(times, size=5.0 if len(times) > 100 else 0.0)
    plan = plan_of(config(detectors=("auto",), publish=Publish.ALL))
    out = step(plan, bank_of(plan), columns(values, times))
    scored = out.status != Status.LEARNING
    assert scored.sum() == len(times) - 30 - out.counts.ahead
    assert out.counts.ahead == (6 if name == "gaps of days" else 0)
    for column in (out.score, out.alert_score, out.expected):
        assert np.isfinite(column[scored]).all()
    assert (out.transition == Transition.FIRING).sum() <= 3


@pytest.mark.parametrize("scale", [1000.0, 0.001])
def test_a_change_of_the_unit_alerts_and_is_learned(scale: float) -> None:
    times = days(24)
    values = daily(times)
    changed = times > MONDAY + 10 * DAY
    values[changed] *= scale
    plan = plan_of(config(detectors=("auto",), publish=Publish.ALL))
    out = step(plan, bank_of(plan), columns(values, times))
    firing = times[out.transition == Transition.FIRING]
    first = times[changed][0]
    assert ((firing >= first) & (firing < first + 3600.0)).sum() == 1
    late = times > MONDAY + 21 * DAY
    assert (out.status[late] == Status.ANOMALY).mean() < 0.01
    left = np.abs(out.expected - values)[late] / max(100.0, 100.0 * scale)  # of the change
    assert left.mean() < 0.2


def test_time_that_goes_back_is_passed_over() -> None:
    plan = plan_of(MODEL)
    back, straight = bank_of(plan), bank_of(plan)
    times, values = daily_going_back()
    assert step(plan, back, columns(values, times)).counts.late == 50
    step(plan, straight, columns(daily(days(3)), days(3)))
    np.testing.assert_array_equal(back.detector_state, straight.detector_state)
