"""Principal directions, hysteresis, bytes, explanation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.groups.detectors import hysteresis
from anomaly_stream.groups.detectors.explain.explanation import findings
from anomaly_stream.groups.detectors.parts.calibration import pareto_score, statistic_for
from anomaly_stream.groups.detectors.parts.principal import decompose
from tests.groups.detectors.scorer import GroupScorer
from tests.groups.detectors.vectors import everybody, related


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_decomposition_is_numpys(size: int, seed: int, rank: int) -> None:
    sample = np.random.default_rng(seed).normal(size=(rank, size))
    matrix = sample.T @ sample
    state = np.zeros(size * size + size)
    decompose(matrix.ravel().copy(), 0, size, state, 0, size * size)
    vectors, values = state[: size * size].reshape(size, size), state[size * size :]
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix)[::-1], atol=1e-7 * matrix.trace())
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(size), atol=1e-9)
    np.testing.assert_allclose(vectors.T * values @ vectors, matrix, atol=1e-7 * matrix.trace())


@given(st.floats(1, 99), st.floats(0.1, 10), st.floats(1, 20), st.integers(1, 64))
def test_the_least_statistic_has_the_score_asked_for(
    score: float, unit: float, index: float, questions: int
) -> None:
    least = statistic_for(score, unit, index, questions)
    assert pareto_score(least, unit, index, float(questions)) == pytest.approx(score)


def test_an_alarm_does_not_flicker_and_ends_with_what_caused_it() -> None:
    state = np.zeros(hysteresis.WORDS)
    scores = [39, 41, 35, 29, 27, 39, 90, 60, 49, 37, 45]
    on = [hysteresis.alarm(state, 0, float(score), 40.0) for score in scores]
    assert on == [False, True, True, True, False, False, True, True, True, False, False]


@pytest.mark.parametrize("detector", ["gated_residual", "t2q", "half_space_trees"])
def test_the_member_that_left_has_the_largest_share(detector: str) -> None:
    scorer, vectors = GroupScorer(4, (detector,), 400), related(2, 1600)
    size = 10 * vectors[:, 2].std()
    vectors[1500:, 2] -= size
    scorer.follow(vectors[:1510], everybody(vectors[:1510]))
    vector, present = vectors[1510], np.ones(4, np.bool_)
    scorer.evaluate(vector, present)
    found = scorer.explain(vector, present)
    most = found.members[0]
    assert most.member == 2
    assert most.share < -0.4
    assert most.seen == vector[2]
    assert most.expected == pytest.approx(np.median(vectors[:1500, 2]), abs=0.2 * size)
    assert sum(abs(member.share) for member in found.members) == pytest.approx(1.0)


def test_a_sentence_says_who_and_how_often() -> None:
    scorer, vectors = GroupScorer(2, ("gated_residual",), 400), related(3, 1000, members=2)
    vectors[990:, 0] += 10 * vectors[:, 0].std()
    scorer.follow(vectors[:-1], everybody(vectors[:-1]))
    vector, present = vectors[-1], np.array([True, False])
    score = scorer.evaluate(vector, present)
    said = findings(["flow", "pressure"], scorer.explain(vector, present), 1000)
    assert score > 40.0
    assert said.startswith("flow is 1.17 (expected -0.00266, 100% of the deviation); by chance ")
    assert said.endswith("; by chance rarer than once in the 1,000 vectors before it")
    likelier = findings(["flow", "pressure"], scorer.explain(vector, present), 10**12)
    assert "; by chance about once in " in likelier
