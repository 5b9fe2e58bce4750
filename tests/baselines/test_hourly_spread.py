"""The usual size of errors by hour, beside a twin that keeps every value."""

import numpy as np
import pytest

from anomaly_stream.baselines.season import hourly_spread
from anomaly_stream.baselines.season.hourly_spread import learn_spread, spread_at
from anomaly_stream.baselines.season.level_trend import CHOSEN
from anomaly_stream.baselines.seasonality import compile_seasons
from tests.engine.inputs import config

HOUR = 3600.0


class Twin:
    """Sizes of errors, and lifts, of each hour."""

    def __init__(self) -> None:
        self.sizes: list[float] = []
        self.kinds: dict[tuple[int, bool], list[float]] = {}
        self.lifts: dict[int, list[float]] = {}

    def spread(self, hour: int, lift: float) -> float:
        if not self.sizes:
            return 1.0
        usual = np.mean(self.sizes)
        _, upper = self._kind(hour, lift)
        size = usual
        for kind in (not upper, upper):
            known = self.kinds.get((hour, kind), [])
            size = (sum(known) + 10 * size) / (len(known) + 10)
        return float(size / usual)

    def learn(self, hour: int, lift: float, error: float) -> None:
        size, spread = abs(error), self.spread(hour, lift)
        if len(self.sizes) >= 10:
            size = min(size, 6 * spread * float(np.mean(self.sizes)))
        self.sizes.append(size)
        self.kinds.setdefault(self._kind(hour, lift), []).append(size)
        self.lifts.setdefault(hour, []).append(lift)

    def _kind(self, hour: int, lift: float) -> tuple[int, bool]:
        return hour, lift >= np.mean(self.lifts.get(hour, [0.0]))


@pytest.mark.parametrize("seed", range(3))
def test_the_twin(seed: int) -> None:
    random, twin = np.random.default_rng(seed), Twin()
    seasons = compile_seasons([config(seasonality=("weekly",))])
    season = seasons.compiled[0]
    state = np.zeros(season["words"])
    state[CHOSEN] = 1.0
    for row in range(24 * 80):
        hour, busy = row % 24, row // 24 % 7 < 5
        lift = (30.0 if busy else -60.0) * np.sin(np.pi * hour / 24) + random.normal(0, 1)
        error = random.standard_t(3) * (10.0 if busy else 1.0)
        found = spread_at(state, season, HOUR * row, lift)
        assert found == pytest.approx(twin.spread(hour, lift), rel=1e-9)
        learn_spread(state, season, HOUR * row, lift, error, found)
        twin.learn(hour, lift, error)
    assert spread_at(state, season, 12 * HOUR, 30.0) > 2 * spread_at(state, season, 12 * HOUR, -60.0)


def test_without_a_season_errors_have_one_size() -> None:
    season = compile_seasons([config(seasonality=("weekly",))]).compiled[0]
    state = np.zeros(season["words"])
    learn_spread(state, season, 0.0, 0.0, 5.0, 1.0)
    assert spread_at(state, season, 0.0, 0.0) == 1.0
    assert hourly_spread.WORDS == 2 + 24 + 4 * 24
