"""Twins of the stateful detectors in plain Python: ``evaluate`` and ``learn`` of each."""

from dataclasses import dataclass, field
from math import ceil, log, log2, sqrt

import numpy as np
from scipy import stats

from anomaly_stream.model.baseline import Baseline

Verdict = tuple[float, float]


def deviate(log_p: float) -> float:
    return float(stats.norm.isf(np.exp(max(log_p, log(1e-300))) / 2)) if log_p < 0 else 0.0


def student(t: float, freedom: float) -> float:
    tail = stats.t.logsf(min(abs(t), 1e100), freedom)
    return float(np.sign(t)) * deviate(tail + log(2.0))


def spread(baseline: Baseline) -> float:
    return 1.4826 * baseline.mad if baseline.mad > 0 else baseline.sd


@dataclass
class Runs:
    """All finished runs, and for each group the share of runs that outlasted it."""

    lengths: list[float] = field(default_factory=list)

    def log_chance(self, length: float, least: float) -> float:
        if len(self.lengths) < least:
            return 0.0
        total, step = 0.0, log(0.5)
        firsts = [1, 2, *(2**k + 1 for k in range(1, 12))]
        for first, end in zip(firsts, [*firsts[1:], float("inf")], strict=True):
            if length <= first:
                break
            entered = sum(run >= first for run in self.lengths)
            through = sum(run >= end for run in self.lengths)
            width = 2048 if end == float("inf") else end - first
            prior = 0.5 if first == 1 else np.exp(step * width)
            worth = np.clip(0.5 / max(1e-300, prior), 1, 8)
            a_step = log((through + worth * prior) / (entered + worth)) / width
            total += a_step * min(end - first, length - first)
            step = max(log(0.5), a_step)
        return total


@dataclass
class FlatLine:
    values: list[float] = field(default_factory=list)
    common: Runs = field(default_factory=Runs)
    resting: Runs = field(default_factory=Runs)
    known: list[list[float]] = field(default_factory=list)
    """Values at which the series rests: value, count, length of the run that is to move."""
    at_rest: bool = False

    def run(self) -> int:
        count = 0
        for value in reversed(self.values):
            if value != self.values[-1]:
                break
            count += 1
        return count

    def evaluate(self, time: float, value: float, baseline: Baseline) -> Verdict:
        if not self.values or value != self.values[-1]:
            return 1.0, 0.0
        length = self.run() + 1.0
        chance = self.resting.log_chance(length, 1) if self.at_rest else self.common.log_chance(length, 20)
        return length, deviate(chance)

    def learn(self, time: float, value: float, entering: float, baseline: Baseline) -> None:
        if not self.values or value != self.values[-1]:
            if self.values:
                self.finish(self.values[-1], self.run())
            self.at_rest = any(value == place[0] for place in self.known)
        self.values.append(value)

    def finish(self, value: float, length: int) -> None:
        (self.resting if self.at_rest else self.common).lengths.append(length)
        if length < 2:
            return
        repeats = min(length - 1, 16)
        for place in self.known:
            if place[0] == value:
                place[1] = min(1000, place[1] + repeats)
                if place[2] and self.at_rest:
                    self.common.lengths.remove(place[2])
                    self.resting.lengths.append(place[2])
                    place[2] = 0
                return
        if len(self.known) < 2:
            self.known.append([value, repeats, length])
            return
        for place in self.known:
            place[1] -= repeats
        self.known = [place for place in self.known if place[1] > 0]


@dataclass
class MissingData:
    times: list[float] = field(default_factory=list)
    gaps: Runs = field(default_factory=Runs)

    def usual(self) -> float:
        gaps = sorted(np.diff(self.times)[-11:].tolist())
        return gaps[len(gaps) // 2] if len(gaps) >= 8 else 0.0

    def intervals(self, time: float) -> int:
        return max(1, ceil((time - self.times[-1]) / self.usual() - 0.5))

    def evaluate(self, time: float, value: float, baseline: Baseline) -> Verdict:
        if self.usual() == 0:
            return float("nan"), float("nan")
        chance = self.gaps.log_chance(self.intervals(time), 20)
        return (time - self.times[-1]) / self.usual(), deviate(chance)

    def learn(self, time: float, value: float, entering: float, baseline: Baseline) -> None:
        if self.usual() > 0:
            self.gaps.lengths.append(self.intervals(time))
        self.times.append(time)


@dataclass
class RateOfChange:
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    before: float = 0.0
    sizes: list[float] = field(default_factory=list)
    """Past differences in the mean size at their time."""
    mean: float = 0.0

    def difference(self, time: float, value: float) -> float:
        found = min((value - self.values[-1], value - self.before), key=abs)
        gaps = sorted(np.diff(self.times)[-11:].tolist())
        usual = gaps[len(gaps) // 2] if len(gaps) >= 8 else float("inf")
        return found / max(1.0, (time - self.times[-1]) / usual)

    def group(self, size: float) -> int:
        if size <= self.mean:
            return -1
        return min(34, int(2 * log2(min(size / self.mean, 1e9)))) if self.mean > 0 else 34

    def uncapped(self, time: float, value: float, baseline: Baseline) -> tuple[float, float, float]:
        found = self.difference(time, value)
        scale = 1.2735 * self.mean if self.mean > 0 else baseline.sd
        statistic = found / max(scale, 1e-12 * abs(value), 1e-12 * abs(self.values[-1]))
        return found, statistic, student(statistic, 0.5 * min(len(self.values), 500))

    def evaluate(self, time: float, value: float, baseline: Baseline) -> Verdict:
        if len(self.values) <= 20:
            return float("nan"), float("nan")
        found, statistic, z = self.uncapped(time, value, baseline)
        mine = self.group(abs(found))
        seen = sum(group >= mine for group in self.sizes)
        cap = 0.0 if mine < 0 else deviate(log(seen / (len(self.sizes) + 1))) if seen else 40.0
        return statistic, max(-cap, min(cap, z))

    def learn(self, time: float, value: float, entering: float, baseline: Baseline) -> None:
        known = len(self.values) > 20
        jumped = known and abs(self.uncapped(time, value, baseline)[2]) >= 3.89
        if self.values:
            size = abs(self.difference(time, value))
            if known and self.mean > 0:
                self.sizes.append(self.group(size))
                size = min(size, 3 * self.mean)
            self.mean += (size - self.mean) / min(len(self.values), 500)
        self.before = self.values[-1] if jumped else value
        self.times.append(time)
        self.values.append(value)


@dataclass
class Chart:
    """What both charts know: ``mean`` of ``count`` values, ``excess`` of its variance, ``skew``,
    ``adopted``; all values, the number of signals, the mean of their medians and the baseline before them."""

    count: int = 0
    mean: float = 0.0
    excess: float = 1.0
    skew: float = 0.0
    adopted: float | None = None
    side: int = 0
    values: list[float] = field(default_factory=list)
    signals: int = 0
    signal_mean: float = 0.0
    before: Baseline | None = None

    def held(self, baseline: Baseline) -> Baseline:
        if self.before is None or not self.signals:
            return baseline
        return baseline._replace(median=self.before.median, mad=self.before.mad, sd=self.before.sd)

    def centre(self, baseline: Baseline) -> float:
        return baseline.median + self.skew * spread(baseline)

    def levels(self, baseline: Baseline) -> list[float]:
        centre = self.centre(baseline)
        passed = self.adopted is None or self.side * (self.adopted - centre) < 0
        return sorted([centre, centre if passed else self.adopted])

    def medians(self) -> list[float]:
        return self.values[:2] + [sorted(self.values[i - 2 : i + 1])[1] for i in range(2, len(self.values))]

    def recent(self) -> float:
        level, *later = self.medians()[min(1, len(self.values) - 1) :]
        for middle in later:
            level += 0.05 * (middle - level)
        return level

    def take_signal(self, deviate: float, baseline: Baseline) -> bool:
        """Whether a level was adopted."""
        if abs(deviate) < 3.89:
            self.signals = max(0, self.signals - 1)
            return False
        if not self.signals:
            self.before = baseline
        self.signals += 1
        recent = self.recent()
        self.signal_mean += (self.medians()[-1] - self.signal_mean) / self.signals
        distance = min(abs(recent - level) for level in self.levels(baseline))
        least = min(max(100, 0.2 * self.count), 100 * sqrt(max(1, self.excess)))
        if self.signals < least or abs(recent - self.signal_mean) > 0.1 * distance:
            return False
        self.side, self.signals = 1 if recent > self.centre(baseline) else -1, 0
        self.adopted = self.side * max(self.side * recent, self.side * self.signal_mean)
        return True

    def clipped(self, value: float, baseline: Baseline) -> float:
        low, high = self.levels(baseline)
        return float(np.clip(value, low - 2 * spread(baseline), high + 2 * spread(baseline)))

    def mean_with(self, value: float, baseline: Baseline) -> float:
        old = self.mean if self.count else baseline.median
        return old + 0.05 * (self.clipped(value, baseline) - old)

    def variance(self, count: int, baseline: Baseline) -> float:
        weights = 0.05 * 0.95 ** np.arange(count)
        return float((weights**2).sum()) + np.pi / 2 / baseline.count

    def learn(self, value: float, baseline: Baseline) -> None:
        sd, taken, levels = spread(baseline), self.clipped(value, baseline), self.levels(baseline)
        self.mean = self.mean_with(value, baseline)
        self.values.append(value)
        self.count += 1
        away = min(abs(self.mean - level) for level in levels) / sd
        wandered, known = away**2 / self.variance(self.count, baseline), max(1.0, self.excess)
        rate = 1 / (min(self.count, 2000) + 20)
        doubt = 0.1 if wandered > 15 * known else 1.0
        self.excess += doubt * rate * (min(wandered, 9 * known) - self.excess)
        if self.adopted is None:
            if self.signals:
                return
            self.skew += rate * ((taken - baseline.median) / sd - self.skew)
            return
        centre = self.centre(baseline)
        if abs(value - centre) < abs(value - self.adopted):
            self.adopted += 0.002 * (centre - self.adopted)
        if self.side * (self.adopted - centre) <= 0.002 * sd:
            self.adopted = None


@dataclass
class Ewma:
    chart: Chart = field(default_factory=Chart)

    def evaluate(self, time: float, value: float, baseline: Baseline) -> Verdict:
        baseline = self.chart.held(baseline)
        chart, (low, high) = self.chart, self.chart.levels(baseline)
        mean = chart.mean_with(value, baseline)
        away = mean - high if mean > high else mean - low if mean < low else 0.0
        variance = chart.variance(chart.count + 1, baseline) * max(1.0, chart.excess)
        statistic = away / spread(baseline) / sqrt(variance)
        freedom = max(1.0, min(0.37 * (baseline.count - 1), 20 + 0.05 * chart.count))
        return statistic, student(statistic, freedom)

    def learn(self, time: float, value: float, entering: float, baseline: Baseline) -> None:
        z, baseline = self.evaluate(time, value, baseline)[1], self.chart.held(baseline)
        self.chart.learn(value, baseline)
        self.chart.take_signal(z, baseline)


@dataclass
class Cusum:
    chart: Chart = field(default_factory=Chart)
    upper: float = 0.0
    lower: float = 0.0

    def sums(self, value: float, baseline: Baseline) -> tuple[float, float]:
        low, high = self.chart.levels(baseline)
        sd = spread(baseline) * sqrt(max(1.0, self.chart.excess))
        above, below = (float(np.clip(u / sd, -2, 2)) for u in (value - high, low - value))
        upper, lower = self.upper + above - 0.5, self.lower + below - 0.5
        return float(np.clip(upper, 0, 15)), float(np.clip(lower, 0, 15))

    def evaluate(self, time: float, value: float, baseline: Baseline) -> Verdict:
        upper, lower = self.sums(value, self.chart.held(baseline))
        total = max(upper, lower)
        b = total + 1.166
        one_sided_run = (np.exp(b) - b - 1) / 0.5
        z = deviate(min(0.0, log(2 / one_sided_run))) if total > 0 else 0.0
        return (upper, z) if upper >= lower else (-lower, -z)

    def learn(self, time: float, value: float, entering: float, baseline: Baseline) -> None:
        z, baseline = self.evaluate(time, value, baseline)[1], self.chart.held(baseline)
        self.upper, self.lower = self.sums(value, baseline)
        self.chart.learn(value, baseline)
        if self.chart.take_signal(z, baseline):
            self.upper = self.lower = 0.0


class SpotSide:
    """One side: all peaks in a list."""

    def __init__(self) -> None:
        self.count, self.threshold, self.share = 0, -log(0.1), 0.05
        self.peaks: list[float] = []
        self.run: list[float] = []
        self.shape, self.scale = 0.1, 1.0

    def calibrated(self, x: float) -> float:
        there = max(0.0, -log(2 * self.share))
        if x <= self.threshold:
            return x / self.threshold * there
        return float(there - stats.genpareto.logsf(x - self.threshold, self.shape, 0.0, self.scale))

    def learn(self, x: float) -> None:
        peak = x > self.threshold
        if not peak and self.run:
            self.peaks.append(max(self.run))
            self.run = []
            self.fit(np.sort([p - self.threshold for p in self.peaks[-56:] if p > self.threshold]))
        if peak:
            self.run.append(x)
        if len(self.run) > 12:
            return
        self.count = min(2000, self.count + 1)
        rate = 1 / (self.count + 100)
        self.share += rate * (peak - self.share)
        self.threshold = max(0.05, self.threshold + rate * (peak - 0.05) / 0.05)

    def fit(self, excess: np.ndarray) -> None:
        n, shape = len(excess), 0.0
        if n > 1:
            a0 = excess.mean()
            a1 = (excess * (1 - (stats.rankdata(excess) - 0.35) / n)).mean()
            shape = float(np.clip(2 - a0 / (a0 - 2 * a1), -0.9, 0.9)) if a0 > 2 * a1 else -0.9
        self.shape = max(1 / (n + 10), shape * n / (n + 10))
        self.scale = (excess.sum() * (1 - self.shape) + 10) / (n + 10)


@dataclass
class Spot:
    sides: dict[int, SpotSide] = field(default_factory=lambda: {1: SpotSide(), -1: SpotSide()})

    def surprise(self, u: float) -> float:
        hazard = 2 * stats.norm.pdf(5) / (2 * stats.norm.sf(5))
        return float(-log(2) - stats.norm.logsf(min(5, abs(u))) + max(0, abs(u) - 5) * hazard)

    def evaluate(self, time: float, value: float, baseline: Baseline) -> Verdict:
        u = (value - baseline.median) / spread(baseline)
        side = 1 if u > 0 else -1
        return u, side * deviate(-self.sides[side].calibrated(self.surprise(u)))

    def learn(self, time: float, value: float, entering: float, baseline: Baseline) -> None:
        if baseline.count < 50:
            return
        u = (entering - baseline.median) / spread(baseline)
        for name, side in self.sides.items():
            side.learn(self.surprise(u) if u * name > 0 else 0.0)


TWINS = {
    "ewma": Ewma,
    "cusum": Cusum,
    "flat_line": FlatLine,
    "missing_data": MissingData,
    "rate_of_change": RateOfChange,
    "spot": Spot,
}
