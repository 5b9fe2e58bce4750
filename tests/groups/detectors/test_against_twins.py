import numpy as np
import pytest

from anomaly_stream.groups.detectors import half_space_trees, instance, joint_auto, t2q
from anomaly_stream.groups.detectors.registry import NAMES
from tests.groups.detectors import twins
from tests.groups.detectors.scorer import GroupScorer
from tests.groups.detectors.vectors import everybody, related, with_gaps

WARM_UP = 50
LENGTH = 900


def vectors_of(gaps: bool) -> np.ndarray:
    vectors = related(3, LENGTH)
    vectors[300:420, 1] += 8.0
    vectors[600:, 2] *= -1.0
    vectors[:, 3] = np.round(vectors[:, 3], -2)
    return with_gaps(vectors, 4) if gaps else vectors


def statistics(scorer: GroupScorer, vectors: np.ndarray) -> np.ndarray:
    """Of every detector by row, before each vector is learned."""
    found = np.zeros((len(vectors), instance.DETECTOR_COUNT))
    for row, (vector, present) in enumerate(zip(vectors, everybody(vectors), strict=True)):
        scorer.evaluate(vector, present)
        found[row] = scorer.scores[1 + instance.DETECTOR_COUNT :]
        scorer.learn(vector, present)
    return found


@pytest.mark.parametrize("gaps", [False, True])
def test_levels_and_pairs(gaps: bool) -> None:
    vectors = vectors_of(gaps)
    found = statistics(GroupScorer(4, ("gated_residual", "correlation"), WARM_UP), vectors)
    twin = twins.LevelsAndPairs(4, WARM_UP)
    expected = np.array([twin.follow(vector) for vector in vectors])
    assert expected.max(axis=0).min() > 5.0
    np.testing.assert_allclose(found[:, :2], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("gaps", [False, True])
def test_chart(gaps: bool, silent: bool) -> None:
    vectors = vectors_of(gaps)
    if silent:
        vectors[200:290, 0] = vectors[400:520, 3] = vectors[610:, 2] = np.nan
    found = statistics(GroupScorer(4, ("t2q",), WARM_UP), vectors)[:, t2q.NUMBER]
    twin = twins.Chart(4, WARM_UP)
    expected = np.array([twin.follow(vector) for vector in vectors])
    assert expected.max() > 5.0
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("gaps", [False, True])
def test_trees_give_the_mass_that_rivers_give(gaps: bool) -> None:
    vectors = vectors_of(gaps)
    scorer = GroupScorer(4, ("half_space_trees",), WARM_UP)
    at = int(scorer.layout.detector_at[half_space_trees.NUMBER])
    out = int(scorer.layout.work_at[half_space_trees.NUMBER])
    forest = None
    for vector, present in zip(vectors, everybody(vectors), strict=True):
        scorer.evaluate(vector, present)
        places = scorer.work[out : out + 4].copy()
        mass = half_space_trees.mass(scorer.state, at, 4, places, 0)
        scorer.learn(vector, present)
        if forest is None:
            forest = twins.river_forest(scorer.state, at, 4)
        known = {member: place for member, place in enumerate(places.tolist()) if not np.isnan(place)}
        expected = forest.score_one(known)
        assert mass == pytest.approx((1 - expected) * forest._max_score if expected else 0.0, abs=1e-6)
        forest.learn_one(known)


@pytest.mark.parametrize("gaps", [False, True])
def test_members_are_judged_as_single_series_are(gaps: bool) -> None:
    vectors = vectors_of(gaps)
    vectors[800:820] += 6.0 * np.nanstd(vectors, axis=0)
    scorer = GroupScorer(4, ("joint_auto",), WARM_UP)
    found = statistics(scorer, vectors)[:, joint_auto.NUMBER]
    twin = twins.SingleSeries(4, WARM_UP)
    expected = np.array([twin.follow(60.0 * row, vector) for row, vector in enumerate(vectors)])
    assert expected.max() > 1.0
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_every_detector_has_its_twin_here() -> None:
    assert NAMES == ("gated_residual", "correlation", "t2q", "half_space_trees", "joint_auto")
