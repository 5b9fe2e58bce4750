"""A config with a model: its own band, no window, alerts by its alert score."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.detectors import RESIDUAL, models, residual
from anomaly_stream.engine.step import step
from anomaly_stream.errors import ConfigError
from anomaly_stream.model import Direction, Publish, Status, Transition
from tests.engine.inputs import bank_of, columns, config, part, plan_of, verdicts
from tests.engine.test_step import random_batch

MODEL = config(detectors=("residual",))


def noise(count: int, seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(100.0, 2.0, count).tolist()


def test_verdicts_are_those_of_the_model() -> None:
    values = [*noise(200), 300.0, *noise(20, 1)]
    plan = plan_of(MODEL)
    bank = bank_of(plan)
    out = step(plan, bank, columns(values))
    memory = np.zeros(residual.WORDS)
    for i, value in enumerate(values):
        found = models.observe(RESIDUAL, memory, float(i), value, False)
        if np.isnan(found.score):
            assert out.status[i] == Status.LEARNING
            continue
        assert (out.score[i], out.alert_score[i]) == (found.score, found.alert_score)
        assert (out.expected[i], out.speaker[i], out.reason[i]) == (found.expected, RESIDUAL, 0)
        assert out.lower[i] <= found.lower + 1e-9
        assert np.isfinite(out.detector_p[i, RESIDUAL])
    assert (out.counts.learning, out.counts.scored) == (30, 191)
    start = bank.state.rows[0]["memory"] * 8
    np.testing.assert_array_equal(bank.state.memory[start : start + residual.WORDS], memory)
    moved = [(int(i), int(t)) for i, t in zip(out.observation, out.transition, strict=True) if t]
    assert moved == [(200, Transition.FIRING), (205, Transition.RESOLVED)]
    assert bank.state.rows[0]["count"] == 0


def test_direction_and_least_deviation_count() -> None:
    values = [*noise(100), 300.0, *noise(20, 1), -100.0]
    for fields, expected in (
        ({"direction": Direction.ABOVE}, [100]),
        ({"direction": Direction.BELOW}, [121]),
        ({"min_deviation": 250.0}, []),
        ({}, [100, 121]),
    ):
        plan = plan_of(config(detectors=("residual",), **fields))
        out = step(plan, bank_of(plan), columns(values))
        assert np.flatnonzero(out.status == Status.ANOMALY).tolist() == expected


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


def test_memory_of_rows_that_went_is_used_again_and_starts_anew() -> None:
    plan, without = plan_of(MODEL), plan_of(config("z"))
    bank = bank_of(plan, 20)
    step(plan, bank, columns(noise(2000), series=[i % 20 for i in range(2000)], times=np.arange(2000) // 20))
    held = bank.bytes_held
    bank.rebind(without)
    bank.rebind(plan)
    assert bank.rows_held == 0
    out = step(
        plan,
        bank,
        columns(noise(200), series=[i % 20 for i in range(200)], times=3000.0 + np.arange(200) // 20),
    )
    assert set(out.status.tolist()) == {Status.LEARNING}
    assert bank.bytes_held == held


def test_a_config_that_gets_a_memory_starts_anew_and_keeps_its_place() -> None:
    before, after = plan_of(config()), plan_of(MODEL)
    bank = bank_of(before)
    step(before, bank, columns(noise(60)))
    bank.rebind(after)
    row = bank.state.rows[0]
    assert (row["count"], row["last_time"]) == (0, 59.0)
    out = step(after, bank, columns(noise(40), times=np.arange(60.0, 100.0)))
    assert (out.counts.learning, out.counts.scored) == (30, 10)


def test_a_model_stands_alone() -> None:
    with pytest.raises(ConfigError, match="baseline of its own"):
        plan_of(config(detectors=("residual", "iqr")))
