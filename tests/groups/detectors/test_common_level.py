"""All members leave their level at once, though it moves by itself."""

import numpy as np
import pytest

from anomaly_stream.groups.detectors.registry import OF_SECONDS
from tests.groups.detectors.scorer import SENSITIVITY
from tests.groups.detectors.test_silence import alerts, scores_of, sharing_a_factor

BEGIN, END, LENGTH = 3_000, 3_120, 4_500


@pytest.mark.parametrize("seed", range(8))
def test_an_outage_of_all_members_is_one_alert(seed: int) -> None:
    vectors = sharing_a_factor(seed, LENGTH)
    vectors[BEGIN:END] = 0.0
    scores = scores_of(vectors, OF_SECONDS)
    assert alerts(scores[:BEGIN]) == 0
    assert scores[BEGIN : BEGIN + 30].max() >= SENSITIVITY
    assert alerts(scores[END + 60 :]) == 0


@pytest.mark.parametrize("persistence", [0.0, 0.9, 0.99])
def test_what_members_share_is_hardly_an_alert(persistence: float) -> None:
    """60,000 vectors; a quiet group may reach the threshold once in 10,000."""
    groups = (sharing_a_factor(seed, 20_000, persistence=persistence) for seed in range(3))
    assert sum(alerts(scores_of(vectors, OF_SECONDS)) for vectors in groups) <= 1


def test_heavy_tails_in_common_are_no_flood() -> None:
    found = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        factor = random.standard_t(3, size=20_000)
        vectors = factor[:, None] + 0.3 * random.normal(size=(20_000, 6))
        found += alerts(scores_of(vectors, OF_SECONDS))
    assert found <= 12
