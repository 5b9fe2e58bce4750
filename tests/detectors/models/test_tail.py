"""Probabilities of strengths from their own past."""

import math

import numpy as np
import pytest

from anomaly_stream.detectors.models.views.state import ROWS, WORDS, ModelState, state_of
from anomaly_stream.detectors.models.views.strength import looks_of
from anomaly_stream.detectors.models.views.tail import learn_tail, probability_of, start_tail


def fresh() -> ModelState:
    state = state_of(np.zeros(WORDS))
    state.doubles[ROWS] = 20.0
    start_tail(state)
    return state


def judged(state: ModelState, strengths: np.ndarray) -> np.ndarray:
    """The probability of each strength, before it is learned."""
    found = np.empty(len(strengths))
    for place, strength in enumerate(strengths.tolist()):
        found[place] = probability_of(state, strength)
        learn_tail(state, strength)
        state.doubles[ROWS] += 1.0
    return found


@pytest.mark.parametrize(("center", "scale"), [(-1.0, 0.1), (-1.0, 0.25), (0.5, 0.25), (-2.0, 0.6)])
@pytest.mark.parametrize("decades", [2.0, 3.0, 4.0])
def test_a_probability_is_the_share_of_values_that_reach_it(
    center: float, scale: float, decades: float
) -> None:
    strengths = center + np.random.default_rng(3).exponential(scale, 200_000)
    found = judged(fresh(), strengths)[20_000:]
    promised = len(found) * 10.0**-decades
    assert promised / 2.0 < (found <= 10.0**-decades).sum() < 2.0 * promised


def test_it_falls_with_the_strength_without_a_step_at_the_level() -> None:
    state = fresh()
    level = 0.75 - looks_of(state)
    strengths = np.linspace(level - 3.0, level + 3.0, 601)
    found = np.log10([probability_of(state, one) for one in strengths.tolist()])
    assert (np.diff(found) < 0.0).all()
    assert found[300] == pytest.approx(-2.0)
    assert found[301] - found[300] == pytest.approx(found[300] - found[299], rel=0.1)
    assert -0.2 < found[0] < 0.0


def test_a_young_series_claims_less() -> None:
    young, old = fresh(), fresh()
    judged(old, np.random.default_rng(1).exponential(0.25, 100_000))
    level = float(-math.log(0.01) * 0.25)
    assert probability_of(old, level) == pytest.approx(0.01, rel=0.3)
    assert probability_of(old, level + 2.0) < 0.01 * math.exp(-6.0)
    assert probability_of(young, 0.75 - looks_of(young) + 2.0) > 0.01 * math.exp(-6.0)


def test_an_incident_does_not_make_its_like_common() -> None:
    state = fresh()
    usual = np.random.default_rng(2).exponential(0.25, 20_000)
    judged(state, usual)
    before = probability_of(state, 3.0)
    judged(state, np.full(10, 4.0))
    assert probability_of(state, 3.0) < 100.0 * before
    judged(state, usual)
    assert probability_of(state, 3.0) < 3.0 * before


def test_equal_strengths_leave_a_tail_of_finite_probabilities() -> None:
    state = fresh()
    found = judged(state, np.full(50_000, 0.2))
    assert ((found > 0.0) & (found <= 1.0)).all()
    assert probability_of(state, 6.0) > 0.0
