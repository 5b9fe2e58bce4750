"""Checks for every detector of groups. A new one does not need its own tests of these properties."""

from math import log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.detectors.models import auto
from anomaly_stream.groups.detectors.registry import (
    NAMES,
    OF_MINUTES,
    OF_SECONDS,
    REGISTRY,
    default_of,
    mask_of,
    names_of,
)
from tests.groups.detectors.scorer import SENSITIVITY, GroupScorer
from tests.groups.detectors.vectors import everybody, related, with_gaps

WARM_UP = 60
SETS = [(name,) for name in NAMES] + [OF_MINUTES, OF_SECONDS]
LEVELS = [("gated_residual",), ("t2q",), OF_SECONDS]
"""Those that see for how long a level lasts."""


def scores_of(scorer: GroupScorer, vectors: np.ndarray) -> np.ndarray:
    return scorer.follow(vectors, everybody(vectors))


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_the_state_of_eight_members_is_small(detectors: tuple[str, ...]) -> None:
    """Eight kilobytes; those of eight single series with ``joint_auto``, and of their pairs."""
    single = 8 * auto.WORDS * 8
    assert single <= 8 * 8_000
    most = {("joint_auto",): single + 100, OF_MINUTES: single + 2_600}.get(detectors, 8_000)
    assert GroupScorer(8, detectors).state.nbytes <= most


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_evaluating_changes_nothing_and_repeats(detectors: tuple[str, ...]) -> None:
    scorer, vectors = GroupScorer(4, detectors, WARM_UP), related(1, 700)
    scores_of(scorer, vectors[:-1])
    before = scorer.state.tobytes()
    vector, present = vectors[-1], np.ones(4, np.bool_)
    assert scorer.evaluate(vector, present) == scorer.evaluate(vector, present)
    assert scorer.state.tobytes() == before


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_continuing_from_its_state_gives_the_same(detectors: tuple[str, ...]) -> None:
    vectors = with_gaps(related(2, 1500), 2)
    vectors[1200:, 1] += 3.0
    whole = GroupScorer(4, detectors, WARM_UP)
    expected = scores_of(whole, vectors)
    begun = GroupScorer(4, detectors, WARM_UP)
    first = scores_of(begun, vectors[:777])
    resumed = GroupScorer(4, detectors, WARM_UP)
    resumed.state[:], resumed.time = np.frombuffer(begun.state.tobytes()), begun.time
    np.testing.assert_array_equal(np.concatenate((first, scores_of(resumed, vectors[777:]))), expected)
    assert resumed.state.tobytes() == whole.state.tobytes()


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_finite_at_all_magnitudes(detectors: tuple[str, ...]) -> None:
    for magnitude in (1e-300, 1e-150, 1e-9, 1.0, 1e9, 1e150, 1e300):
        scorer = GroupScorer(4, detectors, WARM_UP)
        vectors = np.clip(related(5, 700) / 1e4, -1, 1) * magnitude
        vectors[300:320] = 0.0
        vectors[650:660, 2] = 1e300
        vectors[680:, 1] = -1e300
        scores = scores_of(scorer, vectors)
        assert np.isfinite(scores).all()
        assert scores.min() >= 0.0
        assert scores.max() <= 100.0
        assert np.isfinite(scorer.state).all()


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_there_is_no_score_before_the_warm_up_nor_for_constants(detectors: tuple[str, ...]) -> None:
    assert not scores_of(GroupScorer(4, detectors, WARM_UP), related(6, WARM_UP)).any()
    assert not scores_of(GroupScorer(4, detectors, WARM_UP), np.full((700, 4), 42.5)).any()


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_quiet_groups_are_quiet(detectors: tuple[str, ...]) -> None:
    """A score of 20 stands for one vector in 100, one of 40 for one in 10,000; stationary members give
    fewer.
    """
    scores = np.concatenate(
        [scores_of(GroupScorer(4, detectors, 400), related(seed, 4000)) for seed in range(5)]
    )
    assert (scores >= 20.0).mean() < 0.02
    assert (scores >= SENSITIVITY).mean() < 0.0006


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_scale_and_shift_change_nothing(detectors: tuple[str, ...]) -> None:
    vectors = related(7, 900)
    vectors[700:730, 1] += 5 * vectors[:, 1].std()
    plain = scores_of(GroupScorer(4, detectors, WARM_UP), vectors)
    moved = scores_of(
        GroupScorer(4, detectors, WARM_UP),
        vectors * np.array([4.0, 0.125, 2.0, 1024.0]) + np.array([3, 0, -7, 64]),
    )
    np.testing.assert_allclose(moved, plain, atol=0.5)


@pytest.mark.parametrize("detectors", LEVELS, ids="+".join)
def test_an_outage_is_found_and_not_learned(detectors: tuple[str, ...]) -> None:
    vectors = related(8, 2000)
    vectors[1000:1400, 2] += 12 * vectors[:, 2].std()
    scores = scores_of(GroupScorer(4, detectors, 400), vectors)
    assert scores[1020:1390].min() > 20.0
    assert np.median(scores[1500:]) < 10.0


@pytest.mark.parametrize("detectors", LEVELS, ids="+".join)
def test_a_lasting_level_becomes_normal(detectors: tuple[str, ...]) -> None:
    vectors = related(9, 3000)
    vectors[1000:, 2] += 12 * vectors[:, 2].std()
    scores = scores_of(GroupScorer(4, detectors, 400), vectors)
    assert scores[1020:1500].min() > 20.0
    assert np.median(scores[2000:]) < 10.0


@pytest.mark.parametrize("detectors", SETS, ids="+".join)
def test_absent_members_count_for_nothing(detectors: tuple[str, ...]) -> None:
    """Not present, NaN and infinite are the same; a member that never comes leaves the others' scores
    alone.
    """
    vectors = related(10, 900)
    vectors[700:720, 0] += 50.0
    absent = np.random.default_rng(1).random(vectors.shape) < 0.2
    hidden = GroupScorer(4, detectors, WARM_UP).follow(vectors, ~absent)
    for stand_in in (np.nan, np.inf):
        marked = np.where(absent, stand_in, vectors)
        np.testing.assert_array_equal(scores_of(GroupScorer(4, detectors, WARM_UP), marked), hidden)
    scorer, nobody = GroupScorer(4, detectors, WARM_UP), np.full((5, 4), np.nan)
    scores_of(scorer, vectors)
    assert not scores_of(scorer, nobody).any() or "half_space_trees" in detectors


def test_a_member_that_joins_late_is_learned_first() -> None:
    vectors = related(11, 1500)
    vectors[:900, 3] = np.nan
    scorer = GroupScorer(4, OF_SECONDS, 400)
    assert scores_of(scorer, vectors[:1250])[905:].max() < SENSITIVITY
    scores_of(scorer, vectors[1250:1450])
    late = vectors[1450:].copy()
    late[:, 3] += 20 * vectors[900:, 3].std()
    assert scores_of(scorer, late).max() > SENSITIVITY


def test_a_constant_member_that_moves_is_found_and_forgiven() -> None:
    vectors = related(12, 1200)
    vectors[:, 1] = 0.0
    vectors[800, 1] = 1.0
    scores = scores_of(GroupScorer(4, OF_SECONDS, 400), vectors)
    assert scores[800] > SENSITIVITY
    assert scores[900:].max() < SENSITIVITY


@settings(max_examples=30, deadline=None)
@given(
    st.integers(2, 20),
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.5),
)
def test_any_group_of_any_detectors(members: int, detectors: set[str], seed: int, gaps: float) -> None:
    random = np.random.default_rng(seed)
    vectors = random.standard_cauchy((300, members)) * 10.0 ** random.integers(-12, 12, members)
    scorer = GroupScorer(members, detectors, 50)
    present = random.random(vectors.shape) >= gaps
    scores = scorer.follow(vectors, present)
    assert ((scores >= 0) & (scores <= 100)).all()
    assert np.isfinite(scorer.state).all()
    score = scorer.evaluate(vectors[0], present[0])
    explained = scorer.explain(vectors[0], present[0])
    assert np.abs([member.share for member in explained.members]).sum() == pytest.approx(1.0)
    own = {NAMES.index(name): scorer.scores[1 + NAMES.index(name)] for name in detectors}
    assert score == max(0.0, max(own.values()) - 10.0 * log10(len(own)))
    assert own[explained.detector] == max(own.values())


def test_names_and_masks() -> None:
    assert [detector.number for detector in REGISTRY] == list(range(len(REGISTRY)))
    assert all(detector.kind == "group" for detector in REGISTRY)
    assert names_of(mask_of(OF_SECONDS)) == OF_SECONDS
    with pytest.raises(KeyError):
        mask_of(["correlations"])


def test_the_default_follows_from_the_interval() -> None:
    assert [default_of(interval) for interval in (0.001, 1.0, 59.9)] == [OF_SECONDS] * 3
    assert [default_of(interval) for interval in (60.0, 300.0, 86_400.0)] == [OF_MINUTES] * 3


@pytest.mark.parametrize("members", [1, 65])
def test_too_few_and_too_many_members(members: int) -> None:
    with pytest.raises(ValueError, match="2 to 64"):
        GroupScorer(members)


def test_what_is_a_little_unusual_in_several_members_adds_up() -> None:
    day = 10.0 * np.sin(2 * np.pi * np.arange(4_000)[:, None] / 1_440)
    vectors = day + np.random.default_rng(14).normal(size=(4_000, 8))
    one, several = vectors.copy(), vectors.copy()
    one[3_500, 0] += 20.0
    several[3_500] += 20.0
    scores = [
        scores_of(GroupScorer(8, ("joint_auto",), 400), each)[3_500] for each in (vectors, one, several)
    ]
    assert scores[0] < 10.0
    assert scores[1] < SENSITIVITY < scores[2]


def test_what_members_do_together_at_the_same_time_of_every_day_counts() -> None:
    """For ``auto`` such a value is a job of minutes after three days, and expected."""
    day = 1440
    vectors = np.random.default_rng(5).normal(100.0, 3.0, (9 * day, 3))
    vectors[100::day] += 200.0
    scores = scores_of(GroupScorer(3, ("joint_auto",), WARM_UP), vectors)
    assert scores[100::day][3:].min() > scores[99::day].max()
