"""Slow and obvious twins of the detectors of groups: objects and lists, in the order of the formulas."""

from collections.abc import Sequence
from math import copysign, inf, isnan, log10, nan, sqrt

import numpy as np
from river.anomaly import HalfSpaceTrees

from anomaly_stream.detectors.models import auto
from anomaly_stream.detectors.models.views.strength import strength_of
from anomaly_stream.groups.detectors import half_space_trees as trees


def rate(span: float, count: int) -> float:
    return 1 / min(span, count)


class SingleSeries:
    """Every member as a series of its own under ``auto``; the evidence above that of an anomaly added."""

    def __init__(self, members: int, warm_up: int) -> None:
        self.states = [np.zeros(auto.WORDS) for _ in range(members)]
        self.counts = [0] * members
        self.warm_up = warm_up

    def follow(self, time: float, vector: np.ndarray) -> float:
        total = 0.0
        for number, value in enumerate(vector.tolist()):
            if not np.isfinite(value):
                continue
            found = auto.evaluate(self.states[number], time, value)
            judged, strength = self.counts[number] >= self.warm_up, 0.0
            if judged and found.alert_score > 0:
                strength = strength_of(found.score)
                total += max(0.0, strength - 0.35)
            auto.learn(self.states[number], time, value, found, judged, strength >= 0.75)
            auto.forget_jobs(self.states[number])
            self.counts[number] += 1
        return total


class Member:
    """Innovations of one member."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = self.last = self.variance = self.covariance = self.spread = 0.0
        self.follows = False

    def error(self, value: float) -> float:
        share = self.covariance / self.variance if self.variance > 0 else 0.0
        return value - self.mean - min(0.99, max(0.0, share)) * self.last

    def innovation(self, value: float) -> float:
        if isnan(value) or not self.follows or self.spread <= 0:
            return nan
        return float(np.clip(self.error(value) / sqrt(self.spread), -2, 2))

    def learn(self, value: float) -> None:
        if isnan(value):
            self.follows = False
            return
        self.count += 1
        if self.count == 1:
            self.mean = value
        slow = rate(200, self.count)
        deviation = value - self.mean
        if self.follows:
            error = self.error(value)
            product = deviation * self.last
            size = capped(abs(product), self.variance, self.count)
            self.spread += slow * (capped(error**2, self.spread, self.count) - self.spread)
            self.covariance += slow * (copysign(size, product) - self.covariance)
            self.variance += slow * (capped(deviation**2, self.variance, self.count) - self.variance)
        self.mean += rate(30, self.count) * deviation
        self.last, self.follows = deviation, True


def capped(square: float, mean: float, count: int) -> float:
    return min(square, 25 * mean if count > 20 else inf)


class Channel:
    """One channel at all its scales, each (fast, slow, gate)."""

    def __init__(self, scales: Sequence[tuple[float, float, float]], noisy: bool, warm_up: int) -> None:
        self.scales, self.noisy, self.warm_up = scales, noisy, warm_up
        self.count = 0
        self.last = self.noise = 0.0
        self.fast, self.slow, self.spread, self.lifelong, self.gated = ([0.0] * len(scales) for _ in range(5))

    def fast_mean(self, i: int, value: float) -> float:
        return self.fast[i] + rate(self.scales[i][0], self.count + 1) * (value - self.fast[i])

    def deviation(self, i: int, value: float) -> float:
        residual = self.fast_mean(i, value) - self.slow[i]
        if self.count == 0 or residual == 0:
            return 0.0
        v = max(self.spread[i], 0.5 * self.lifelong[i])
        n = self.noise / (2 * self.scales[i][0] - 1)
        drift = v / n / 15 if n > 0 else 0.0
        variance = max(v, (1e-9 * self.slow[i]) ** 2, n if self.noisy else 0.0)
        if variance <= 0:
            return copysign(1e4, residual)
        return float(np.clip(residual / sqrt(variance) / (1 + drift**1.25), -1e4, 1e4))

    def deviations(self, value: float) -> list[float]:
        return [self.deviation(i, value) for i in range(len(self.scales))]

    def learn(self, value: float) -> None:
        found = self.deviations(value)
        fasts = [self.fast_mean(i, value) for i in range(len(self.scales))]
        self.count += 1
        for i, (_, slow_span, gate) in enumerate(self.scales):
            self.fast[i] = fasts[i]
            if self.count == 1:
                self.slow[i] = value
            square = (self.fast[i] - self.slow[i]) ** 2
            if abs(found[i]) < gate or self.count <= self.warm_up or self.spread[i] == 0:
                self.gated[i] = 0
                slow = rate(1.5 * slow_span, self.count)
                self.slow[i] += rate(slow_span, self.count) * (value - self.slow[i])
                self.spread[i] += slow * (capped(square, self.spread[i], self.count) - self.spread[i])
                self.lifelong[i] += rate(20_000, self.count) * (square - self.lifelong[i])
                if i == 0:
                    step = value - self.last if self.count > 1 else 0.0
                    self.noise += slow * (step**2 / 2 - self.noise)
                continue
            self.gated[i] += 1
            if self.gated[i] >= 600:
                self.gated[i], self.slow[i] = 0, self.fast[i]
                self.lifelong[i] += min(1, 600 / min(20_000, self.count)) * (square - self.lifelong[i])
        self.last = value


LEVEL = [(8.0, 60.0, 2.3), (10.0, 80.0, 2.3), (12.0, 110.0, 2.3)]


class OwnLevel:
    """What a detector's scores are reduced by: how far one in 100 of them lies above 20."""

    def __init__(self, unit: float = 1.6, index: float = 10.0) -> None:
        self.level, self.run = 20.0, 0
        self.unit, self.index = unit, index

    def reduced(self, statistic: float) -> float:
        return statistic / 10 ** (max(0.0, self.level - 20) / (10 * self.index))

    def learn(self, statistic: float, questions: int) -> None:
        ratio = statistic / self.unit
        score = 10 * self.index * log10(ratio) - 10 * log10(questions) if statistic > 0 else 0.0
        beyond = min(100.0, max(0.0, score)) > self.level
        self.run = self.run + 1 if beyond else 0
        if not beyond:
            self.level -= 0.1 / 99
        elif self.run <= 25:
            self.level += 0.1


class LevelsAndPairs:
    """Gated residual, and correlation of all pairs."""

    def __init__(self, members: int, warm_up: int) -> None:
        self.members = [Member() for _ in range(members)]
        self.pairs = [(i, j) for i in range(members) for j in range(i + 1, members)]
        self.levels = [Channel(LEVEL, False, warm_up) for _ in range(members)]
        self.correlations = [Channel([(25.0, 600.0, 3.0)], True, warm_up) for _ in self.pairs]
        self.own_level = OwnLevel()
        self.warm_up = warm_up
        self.started = False

    def follow(self, vector: Sequence[float]) -> tuple[float, float]:
        """Statistics of the gated residual and of correlation; then the vector is learned."""
        news = [member.innovation(x) for member, x in zip(self.members, vector, strict=True)]
        products = [news[i] * news[j] if self.started else nan for i, j in self.pairs]
        channels = [*zip(self.levels, vector, strict=True)]
        residuals = [
            np.mean(channel.deviations(x))
            for channel, x in channels
            if not isnan(x) and channel.count >= self.warm_up
        ]
        turned = zip(self.correlations, products, strict=True)
        breaks = [
            abs(channel.deviation(0, x))
            for channel, x in turned
            if not isnan(x) and channel.count >= self.warm_up
        ]
        reduced = self.own_level.reduced(max(breaks, default=0.0))
        if breaks:
            self.own_level.learn(max(breaks), len(breaks))
        for channel, x in [*channels, *zip(self.correlations, products, strict=True)]:
            if not isnan(x):
                channel.learn(x)
        for member, x in zip(self.members, vector, strict=True):
            member.learn(x)
        self.started = True
        return sum(abs(z) ** 6 for z in residuals) ** (1 / 6), reduced


class Chart:
    """T2 and Q, decomposed by numpy."""

    def __init__(self, members: int, warm_up: int) -> None:
        self.size, self.warm_up = members, warm_up
        self.count = self.gated = self.stale = 0
        self.mean = self.variance = 0.0
        self.fast, self.slow, self.square, self.learned, self.absent = np.zeros((5, members))
        self.covariance = np.zeros((members, members))
        self.decomposed = np.zeros(members, bool)
        self.own_level = OwnLevel(1.6, 6.0)
        self.values, self.vectors, self.kept = np.zeros(0), np.zeros((0, 0)), 0

    def follow(self, vector: np.ndarray) -> float:
        here = ~np.isnan(vector)
        count = self.count + 1
        fast = np.array(
            [f + rate(10, n + 1) * (x - f) for f, x, n in zip(self.fast, vector, self.learned, strict=True)]
        )
        known = here & (self.square > 0)
        u = np.zeros(self.size)
        u[known] = (fast[known] - self.slow[known]) / np.sqrt(self.square[known])
        judged = here & (self.learned >= self.warm_up)
        if (judged != self.decomposed).any():
            self.decompose(judged)
        warm = self.count >= self.warm_up
        deviate = self.deviate(u) if warm else 0.0
        usual, width = max(0.0, self.mean), max(1.0, sqrt(self.variance))
        common = of_most(u[judged])
        together = (self.own_level.reduced(common) / 1.6) ** (6.0 / 4.4)
        statistic = max(together, (deviate - usual) / width) if warm else 0.0
        if warm:
            self.own_level.learn(common, 1)
        self.follow_fast_means(fast, here, u)
        if deviate - usual >= 3 * width and count > self.warm_up:
            self.gated += 1
            if self.gated >= 600:
                self.gated, self.slow = 0, self.fast.copy()
            return statistic
        self.gated, self.count = 0, count
        if count > self.warm_up:
            past = rate(600, count - self.warm_up)
            error = deviate - self.mean
            self.mean += past * error
            self.variance += past * (error**2 - self.variance)
        self.learn(vector, here, np.clip(u, -5, 5))
        return statistic

    def deviate(self, u: np.ndarray) -> float:
        if self.kept == 0:
            return 0.0
        values = np.maximum(1e-3, self.values)
        squares = (self.vectors.T @ u[self.decomposed]) ** 2
        best = normal(float((squares / values)[: self.kept].sum()), self.kept)
        rest = values[self.kept :]
        if len(rest):
            g, h = (rest**2).sum() / rest.sum(), rest.sum() ** 2 / (rest**2).sum()
            best = max(best, normal(float(squares[self.kept :].sum() / g), h))
        return best

    def follow_fast_means(self, fast: np.ndarray, here: np.ndarray, u: np.ndarray) -> None:
        """Of members without a value, by regression on the principal components of the others."""
        lengths = (self.vectors.T @ u[self.decomposed])[: self.kept]
        lengths = lengths / np.maximum(1e-3, self.values[: self.kept])
        self.absent = np.where(here, 0, self.absent + 1)
        for i in np.flatnonzero(self.absent >= 100):
            self.square[i] = self.learned[i] = self.covariance[i] = self.covariance[:, i] = 0
        likely = self.covariance[:, self.decomposed] @ self.vectors[:, : self.kept] @ lengths
        self.fast = np.where(here, fast, self.slow + likely * np.sqrt(self.square))

    def learn(self, vector: np.ndarray, here: np.ndarray, u: np.ndarray) -> None:
        self.learned += here
        for i in np.flatnonzero(here):
            n = self.learned[i]
            self.slow[i] += rate(300, n) * (vector[i] - self.slow[i])
            square = (self.fast[i] - self.slow[i]) ** 2
            self.square[i] += rate(600, n) * (capped(square, self.square[i], n) - self.square[i])
            for j in np.flatnonzero(here):
                both = rate(600, min(n, self.learned[j]))
                self.covariance[i, j] += both * (u[i] * u[j] - self.covariance[i, j])
        self.stale -= 1
        if self.stale <= 0:
            self.stale = 64
            self.decompose(self.decomposed)

    def decompose(self, judged: np.ndarray) -> None:
        self.decomposed = judged
        values, vectors = np.linalg.eigh(self.covariance[np.ix_(judged, judged)])
        self.values, self.vectors = values[::-1], vectors[:, ::-1]
        held = np.concatenate(([0.0], np.cumsum(self.values)))
        self.kept = int((held[:-1] < 0.9 * np.maximum(0, self.values).sum()).sum())


def of_most(u: np.ndarray) -> float:
    """The largest deviation that more than half have in one direction."""
    if len(u) < 2:
        return 0.0
    most = len(u) // 2
    return float(max(0.0, np.sort(u)[::-1][most], np.sort(-u)[::-1][most]))


def normal(chi_square: float, freedom: float) -> float:
    spread = 2 / (9 * freedom)
    return float((np.cbrt(chi_square / freedom) - 1 + spread) / sqrt(spread))


def river_forest(state: np.ndarray, at: int, members: int) -> HalfSpaceTrees:
    """River's own half-space trees, with the splits that are in ``state``."""
    forest = HalfSpaceTrees(n_trees=trees.TREES, height=trees.HEIGHT, window_size=int(trees.WINDOW), seed=1)
    forest.learn_one(dict.fromkeys(range(members), 0.5))
    for nodes in forest._tree_nodes:
        for node in nodes:
            node.l_mass = 0
    forest.counter = 0
    for number, root in enumerate(forest.trees):
        splits = state[trees.tree_at(at, members, number) :][: trees.SPLITS]
        _plant(root, splits, 0)
    return forest


def _plant(node: object, splits: np.ndarray, place: int) -> None:
    if place >= len(splits):
        return
    node.feature = int(splits[place])  # type: ignore[attr-defined]
    node.threshold = splits[place] - int(splits[place])  # type: ignore[attr-defined]
    for side, child in enumerate(node.children):  # type: ignore[attr-defined]
        _plant(child, splits, 2 * place + 1 + side)
