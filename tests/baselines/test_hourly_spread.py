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
    """Sizes of errors, and lifts, of each hour and kind."""

    def __init__(self) -> None:
        self.sizes: list[float] = []
        self.kinds: dict[tuple[int, bool], list[float]] = {}
        self.lifts: dict[tuple[int, bool], list[float]] = {}
        self.first: dict[int, float] = {}

    def spread(self, hour: int, lift: float, factor: float) -> tuple[float, bool]:
        if not self.sizes:
            return 1.0, True
        usual = float(np.mean(self.sizes)) * factor
        low, high = (self._drawn(hour, k, self._drawn(hour, not k, usual)) for k in (False, True))
        upper = self._kind(hour, lift)[1]
        begin, end = self._lifts(hour)
        way = (lift - begin) / (end - begin) if end > begin else float(upper)
        size = max(min(low, high) / 2, low + min(1.5, max(-0.5, way)) * (high - low))
        known = self.kinds.get((hour, upper), [])
        return size / usual, not known or bool(np.mean(known) >= size / 2)

    def _drawn(self, hour: int, upper: bool, towards: float) -> float:
        known = self.kinds.get((hour, upper), [])
        return float(sum(known) + 5 * towards) / (len(known) + 5)

    def _lifts(self, hour: int) -> list[float]:
        first = self.first.get(hour, 0.0)
        return [float(np.mean(self.lifts.get((hour, upper), [first]))) for upper in (False, True)]

    def learn(self, hour: int, lift: float, error: float, spread: float) -> None:
        size = abs(error)
        if len(self.sizes) >= 5:
            size = min(size, 6 * spread * float(np.mean(self.sizes)))
        self.sizes.append(size)
        self.first.setdefault(hour, lift)
        kind = self._kind(hour, lift)
        self.kinds.setdefault(kind, []).append(size)
        self.lifts.setdefault(kind, []).append(lift)

    def _kind(self, hour: int, lift: float) -> tuple[int, bool]:
        return hour, lift >= np.mean(self._lifts(hour))


@pytest.mark.parametrize("seed", range(3))
def test_the_twin(seed: int) -> None:
    random, twin = np.random.default_rng(seed), Twin()
    seasons = compile_seasons([config(seasonality=("weekly",))])
    season = seasons.compiled[0]
    state = np.zeros(season["words"])
    state[CHOSEN] = 1.0
    for row in range(24 * 80):  # at most 100 values of a kind
        hour, busy = row % 24, row // 24 % 7 < 5
        lift = (30.0 if busy else -60.0) * np.sin(np.pi * hour / 24) + random.normal(0, 1)
        factor = float(random.uniform(0.5, 2.0))
        error = random.standard_t(3) * (10.0 if busy else 1.0)
        found, typical = spread_at(state, season, HOUR * row, lift, factor)
        expected, is_typical = twin.spread(hour, lift, factor)
        assert found == pytest.approx(expected, rel=1e-9)
        assert typical == is_typical
        learn_spread(state, season, HOUR * row, lift, error, found * factor)
        twin.learn(hour, lift, error, found * factor)
    busy_noon, _ = spread_at(state, season, 12 * HOUR, 30.0, 1.0)
    assert busy_noon > 2 * spread_at(state, season, 12 * HOUR, -60.0, 1.0)[0]


def test_the_band_of_an_hour_is_the_same_whether_the_season_adds_or_multiplies() -> None:
    season = compile_seasons([config(seasonality=("weekly",))]).compiled[0]
    state, random = np.zeros(season["words"]), np.random.default_rng(1)
    state[CHOSEN] = 1.0
    for row in range(24 * 140):
        spread, _ = spread_at(state, season, HOUR * row, 0.0, 1.0)
        learn_spread(state, season, HOUR * row, 0.0, random.normal(0, 1 + row % 24), spread)
    added, multiplied = (spread_at(state, season, 2 * HOUR, 0.0, f)[0] * f for f in (1.0, 0.1))
    assert multiplied == pytest.approx(added, rel=0.25)


def test_an_hour_without_errors_is_not_typical() -> None:
    season = compile_seasons([config(seasonality=("weekly",))]).compiled[0]
    state = np.zeros(season["words"])
    state[CHOSEN] = 1.0
    for row in range(24 * 10):
        learn_spread(state, season, HOUR * row, 0.0, 1.0 if row % 24 == 12 else 0.0, 1.0)
    assert [spread_at(state, season, HOUR * hour, 0.0, 1.0)[1] for hour in (3, 12)] == [False, True]


def test_without_a_season_errors_have_one_size() -> None:
    season = compile_seasons([config(seasonality=("weekly",))]).compiled[0]
    state = np.zeros(season["words"])
    learn_spread(state, season, 0.0, 0.0, 5.0, 1.0)
    assert spread_at(state, season, 0.0, 0.0, 1.0) == (1.0, True)
    assert hourly_spread.WORDS == 2 + 6 * 24
