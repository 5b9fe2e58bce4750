"""The level of an instance's own scores, and what is subtracted for it."""

import numpy as np
import pytest

from anomaly_stream.groups.detectors.parts import own_level
from tests.groups.detectors.scorer import SENSITIVITY, GroupScorer
from tests.groups.detectors.vectors import everybody

MOST = 25.0
LENGTH = 16_000


def learned(scores: np.ndarray) -> float:
    """What is subtracted after these scores."""
    state = np.zeros(own_level.WORDS)
    for score in scores.tolist():
        own_level.learn(state, 0, score, MOST)
    return own_level.reduction(state, 0)


def exponential(seed: int, length: int, extra: float) -> np.ndarray:
    """Scores as the scale promises them, 10 once in 10 and 20 once in 100; higher by ``extra``."""
    return np.random.default_rng(seed).exponential(10.0 / np.log(10.0), length) + extra


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_one_score_in_a_hundred_exceeds(seed: int) -> None:
    assert learned(exponential(seed, 20_000, 0.0)) < 1.5
    assert learned(exponential(seed, 20_000, 15.0)) == pytest.approx(15.0, abs=1.5)


def test_nothing_is_added_where_scores_are_low() -> None:
    assert learned(np.zeros(20_000)) == 0.0


def test_an_outage_counts_no_longer_than_the_first_vectors_of_it() -> None:
    assert learned(np.full(25, 90.0)) == learned(np.full(600, 90.0)) == pytest.approx(2.5)


def turning(*turned: int) -> np.ndarray:
    """Two related members whose relation turns for 40 vectors at each of these places."""
    first, own = np.random.default_rng(1).normal(size=(2, LENGTH))
    sign = np.ones(LENGTH)
    for place in turned:
        sign[place : place + 40] = -1.0
    return np.stack([first, sign * (0.8 * first + 0.6 * own)], axis=1)


def test_a_relation_that_turns_again_and_again_is_no_alert_in_the_end_and_a_settled_one_is() -> None:
    last = LENGTH - 100
    for vectors, settled in ((turning(last), True), (turning(*range(2_000, LENGTH, 500), last), False)):
        scores = GroupScorer(2, ("correlation",), 400).follow(vectors, everybody(vectors))
        assert (scores[2_000:2_600].max() > 60.0) != settled
        assert (scores[last:].max() > 60.0) == settled
        assert (scores[last:].max() > SENSITIVITY) == settled
