"""Members that fall silent, and come back: the others are judged on as before."""

import numpy as np
import pytest

from anomaly_stream.groups.detectors.registry import OF_SECONDS
from anomaly_stream.kernels.arrays import Floats
from tests.groups.detectors.scorer import SENSITIVITY, GroupScorer
from tests.groups.detectors.vectors import everybody

BEFORE, AFTER = 2_000, 4_000
SILENT = 2


def sharing_a_factor(seed: int, length: int, members: int = 6, persistence: float = 0.9) -> Floats:
    """Members around levels of their own that follow one wandering factor."""
    random = np.random.default_rng(seed)
    steps, noise = random.normal(size=length), 2.0 * random.normal(size=(length, members))
    factor = np.zeros(length)
    for t in range(1, length):
        factor[t] = persistence * factor[t - 1] + steps[t]
    return 100.0 + 20.0 * np.arange(members) + 6.0 * factor[:, None] + noise


def scores_of(vectors: Floats, detectors: tuple[str, ...]) -> Floats:
    return GroupScorer(vectors.shape[1], detectors, 400).follow(vectors, everybody(vectors))


def alerts(scores: Floats) -> int:
    """How often the scores rise to the threshold."""
    above = scores >= SENSITIVITY
    return int((above[1:] & ~above[:-1]).sum() + above[0])


@pytest.mark.parametrize("detectors", [("t2q",), OF_SECONDS], ids="+".join)
@pytest.mark.parametrize("seed", range(4))
def test_a_silent_member_is_no_alert(seed: int, detectors: tuple[str, ...]) -> None:
    vectors = sharing_a_factor(seed, BEFORE + AFTER)
    vectors[BEFORE:, SILENT] = np.nan
    assert alerts(scores_of(vectors, detectors)[BEFORE:]) == 0


@pytest.mark.parametrize("persistence", [0.9, 0.99])
@pytest.mark.parametrize("gone", [20, 99, 600, 2_000])
@pytest.mark.parametrize("seed", range(4))
def test_a_member_that_comes_back_is_no_alert(seed: int, gone: int, persistence: float) -> None:
    vectors = sharing_a_factor(seed, BEFORE + AFTER, persistence=persistence)
    vectors[BEFORE : BEFORE + gone, SILENT] = np.nan
    assert alerts(scores_of(vectors, OF_SECONDS)[BEFORE:]) == 0


@pytest.mark.parametrize("seed", range(4))
def test_values_missing_by_chance_are_no_alert(seed: int) -> None:
    vectors = sharing_a_factor(seed, BEFORE + AFTER)
    vectors[BEFORE:][np.random.default_rng(seed).random((AFTER, 6)) < 0.1] = np.nan
    assert alerts(scores_of(vectors, OF_SECONDS)[BEFORE:]) == 0


@pytest.mark.parametrize("seed", range(4))
def test_a_member_that_leaves_the_others_is_found_while_one_is_silent(seed: int) -> None:
    vectors = sharing_a_factor(seed, BEFORE + AFTER)
    vectors[BEFORE:, SILENT] = np.nan
    vectors[BEFORE + 1_000 : BEFORE + 1_100, 3] += 30.0
    scores = scores_of(vectors, OF_SECONDS)[BEFORE:]
    assert scores[1_000:1_030].max() > SENSITIVITY
    assert alerts(scores[:1_000]) == 0
