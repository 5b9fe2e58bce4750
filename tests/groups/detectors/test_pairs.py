import numpy as np

from anomaly_stream.groups.detectors.explain.explanation import findings
from anomaly_stream.groups.detectors.parts import pairs
from tests.groups.detectors.scorer import SENSITIVITY, GroupScorer
from tests.groups.detectors.vectors import everybody

WARM_UP = 300


def listed(scorer: GroupScorer) -> list[tuple[int, int]]:
    at = scorer.layout.pairs_at + 1
    words = scorer.state[at : at + pairs.pair_count(scorer.layout.size)].tolist()
    return [(pairs.first_of(word), pairs.second_of(word)) for word in words]


def test_up_to_eleven_members_all_pairs() -> None:
    scorer = GroupScorer(11, ("correlation",), WARM_UP)
    vectors = np.random.default_rng(1).normal(size=(1, 11))
    scorer.follow(vectors, everybody(vectors))
    assert listed(scorer) == [(i, j) for i in range(11) for j in range(i + 1, 11)]


def test_of_many_members_the_strongest_pairs() -> None:
    """Of 20 members two blocks of five move together: their pairs are among those watched, and stay so."""
    random = np.random.default_rng(2)
    vectors = random.normal(size=(2 * WARM_UP, 20))
    for block in (range(3, 8), range(12, 17)):
        vectors[:, list(block)] += 2 * random.normal(size=(2 * WARM_UP, 1))
    scorer = GroupScorer(20, ("correlation",), WARM_UP)
    scorer.follow(vectors[:WARM_UP], everybody(vectors[:WARM_UP]))
    found = listed(scorer)
    assert len(set(found)) == pairs.MOST
    for block in (range(3, 8), range(12, 17)):
        assert {(i, j) for i in block for j in block if i < j} <= set(found)
    scorer.follow(vectors[WARM_UP:], everybody(vectors[WARM_UP:]))
    assert listed(scorer) == found


def test_a_broken_pair_of_many_members_is_named() -> None:
    random = np.random.default_rng(3)
    vectors = random.normal(size=(1600, 16))
    vectors[:, 9] = 0.9 * vectors[:, 4] + 0.44 * vectors[:, 9]
    vectors[1500:, 9] *= -1
    scorer = GroupScorer(16, ("correlation",), WARM_UP)
    scorer.follow(vectors[:-1], everybody(vectors[:-1]))
    vector, present = vectors[-1], np.ones(16, np.bool_)
    assert scorer.evaluate(vector, present) > SENSITIVITY
    found = scorer.explain(vector, present)
    worst = found.pairs[0]
    assert (worst.first, worst.second) == (4, 9)
    assert worst.expected > 0.8
    assert worst.seen < -0.6
    assert {abs(member.member) for member in found.members[:2]} == {4, 9}
    said = findings([f"m{i}" for i in range(16)], found, 1_000)
    assert said.startswith("correlation broke between m4 and m9 (-")
    assert said.endswith("by chance rarer than once in the 1,000 vectors before it")
