"""A twin of ``auto`` in plain Python: lists and dictionaries of the past, from which all else is computed."""

import math
from dataclasses import dataclass, field
from statistics import median

import numpy as np

f32 = np.float32
FAR, VALUE, SEASON, LEVEL, SPREAD, STILL, OFF = range(7)


def clip(x: float, low: float, high: float) -> float:
    return max(low, min(high, x))


@dataclass
class Sketch:
    """Sorted (value, count) pairs, at most 128; past gaps by bins."""

    is_logarithm: bool = False
    pairs: list[tuple[np.float32, float]] = field(default_factory=list)
    gaps: list[float] = field(default_factory=lambda: [0.0] * 48)
    gap_count: float = 0.0
    count: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    @property
    def median(self) -> float:
        below = 0.0
        for value, count in self.pairs:
            below += count
            if below >= 0.5 * self.count:
                return float(value)
        return float(self.pairs[-1][0])

    @property
    def sd(self) -> float:
        least = 0.1 if self.is_logarithm else 1e-7 * abs(self.median) + 1e-30
        return max(math.sqrt(self.squares / self.count), least)

    def gap(self, y: float) -> float:
        middle, sd = self.median, self.sd
        at = math.asinh((y - middle) / sd)
        return min([40.0] + [abs(math.asinh((float(v) - middle) / sd) - at) for v, _ in self.pairs])

    @staticmethod
    def bin(gap: float) -> int:
        return int(clip(math.trunc((math.log(gap + 1e-4) + 9.25) * 4.0), 0, 47))

    def surprise(self, y: float) -> float:
        if self.count < 20:
            return 0.0
        y = float(f32(y))
        middle = self.median
        reach = abs(y - middle)
        far = sum(n for v, n in self.pairs if float(v) <= middle - reach or float(v) >= middle + reach)
        p = min(1.0, (1 + far) / (self.count + 1))
        gap = self.gap(y)
        p_gap = min(1.0, (1 + sum(self.gaps[self.bin(gap) :])) / (self.gap_count + 2))
        return math.log10((gap + 0.01) / 0.01) - 0.75 * math.log10(p) - 0.25 * math.log10(p_gap)

    def learn(self, number: float) -> None:
        y = f32(number)
        if self.count >= 20:
            self.gaps[self.bin(self.gap(float(y)))] += 1
            self.gap_count += 1
        known = dict(self.pairs)
        if y not in known and len(known) == 128:
            self._merge()
            known = dict(self.pairs)
        known[y] = known.get(y, 0.0) + 1
        self.pairs = sorted(known.items())
        self.count += 1
        distance = float(y) - self.mean
        self.mean += distance / self.count
        self.squares += distance * (float(y) - self.mean)

    def _merge(self) -> None:
        """Merge the two closest neighbours, but never the lowest or the highest pair."""
        apart = [self.pairs[i + 1][0] - self.pairs[i][0] for i in range(1, 126)]
        i = 1 + apart.index(min(apart))
        (v, n), (w, m) = self.pairs[i : i + 2]
        merged = f32(v + (w - v) * f32(f32(m) / f32(n + m)))
        self.pairs[i : i + 2] = [(merged, n + m)]


@dataclass
class Season:
    """Means of slots by their number since 1970."""

    seconds: float
    a_period: int
    periods: int
    means: dict[int, np.float32] = field(default_factory=dict)
    """By place in the ring."""
    open: tuple[int, list[float]] = (0, [])

    def learn(self, time: float, u: float) -> None:
        slot = math.floor(time / self.seconds)
        if slot != self.open[0]:
            if self.open[1]:
                self.means[self.open[0] % (self.a_period * self.periods)] = f32(
                    sum(self.open[1]) / len(self.open[1])
                )
            self.open = (slot, [])
        self.open[1].append(u)

    def entry(self, slot: int) -> list[np.float32]:
        """The mean that the ring holds for this slot, if any."""
        place = slot % (self.a_period * self.periods)
        return [self.means[place]] if place in self.means else []

    def forecast(self, time: float) -> float:
        now = math.floor(time / self.seconds)
        entries = [
            entry
            for off in (-1, 0, 1)
            for lag in range(1, self.periods + 1)
            if not (off == -1 and lag == self.periods)
            for entry in self.entry(now + off - lag * self.a_period)
        ]
        return float(f32(median(entries))) if len(entries) > 1 else math.nan

    def hour_median(self, time: float) -> float:
        now = math.floor(time / self.seconds)
        entries = [entry for day in range(1, 8) for entry in self.entry(now - 24 * day)]
        return float(f32(median(entries))) if len(entries) > 1 else math.nan

    @property
    def places_seen(self) -> int:
        return len(self.means)


@dataclass
class Errors:
    """Running mean absolute errors of a forecast and of the one that it is compared with."""

    count: int = 0
    own: float = 0.0
    rival: float = 0.0

    def learn(self, own: float, rival: float) -> None:
        self.count += 1
        rate = max(0.001, 1 / self.count)
        self.own += rate * (own - self.own)
        self.rival += rate * (rival - self.rival)


@dataclass
class Episodes:
    """Peaks of past episodes, each with its time."""

    weight: float
    past: list[tuple[int, float]] = field(default_factory=list)
    running: tuple[float, float] | None = None

    def left(self, time: float, hour: float, evidence: float) -> float:
        if evidence <= 0.5:
            return evidence
        first = max(0, math.trunc((evidence - 0.8) * 10 + 0.5))
        count = sum(0.5 ** ((time - when) / (336 * hour)) for bin_, when in self.past if bin_ >= first)
        if self.running and time - self.running[1] > 10 * hour and self.running[0] >= evidence - 0.3:
            count += 1
        return evidence - self.weight * math.log10(1 + count)

    def learn(self, time: float, hour: float, evidence: float) -> None:
        if self.running and time - self.running[1] > 10 * hour:
            self.past.append((int(clip(math.trunc((self.running[0] - 0.5) * 10), 0, 63)), time))
            self.running = None
        if evidence > 0.5 and (self.running is None or evidence > self.running[0]):
            self.running = (evidence, time)


@dataclass
class AutoTwin:
    """For series whose values and times need no special unit: an origin, and a unit of one."""

    rows: list[tuple[float, float]] = field(default_factory=list)
    log_step: float = math.log(300.0)
    unit: float = 1.0
    views: list[Sketch] = field(default_factory=lambda: [Sketch(k == 4) for k in range(5)])
    day: Season = field(default_factory=lambda: Season(1800.0, 48, 4))
    week: Season = field(default_factory=lambda: Season(3600.0, 168, 3))
    errors: dict[str, Errors] = field(default_factory=lambda: {k: Errors() for k in ("d", "w", "h", "v")})
    values: list[float] = field(default_factory=list)
    residuals: list[float] = field(default_factory=list)
    pushed_at: float = 0.0
    us: list[float] = field(default_factory=list)
    ys: list[float] = field(default_factory=list)
    lasting: float = 0.0
    log_size: float = 0.0
    sizes: int = 0
    chosen: str = "level"
    surprises: Episodes = field(default_factory=lambda: Episodes(0.9))
    residual_peaks: Episodes = field(default_factory=lambda: Episodes(0.25))
    reported: list[tuple[float, float]] = field(default_factory=list)
    last_alert: float = 0.0
    counts: bool = True
    runs: list[tuple[float, int]] = field(default_factory=list)

    @property
    def step(self) -> float:
        return math.exp(self.log_step)

    @property
    def hour(self) -> float:
        return min(max(3600.0, self.step), 80 * self.step)

    @property
    def origin(self) -> float:
        return self.rows[0][1] * self.unit

    def _share(self, kind: str) -> float:
        return {"level": 1.0}.get(kind) or self.errors[kind].own / self.errors[kind].rival

    def _forecasts(self, time: float) -> tuple[float, float, float, float, str, int]:
        day, week, hour = self.day.forecast(time), self.week.forecast(time), self.week.hour_median(time)
        level = float(f32(median(map(f32, self.values[-168:])))) if len(self.values) >= 5 else math.nan
        kind, e = "level", self.errors
        if hour == hour and e["h"].count and e["h"].own < 0.85 * e["h"].rival:
            kind = "h"
        if week == week and e["v"].count >= 168 and e["v"].own < 0.6 * self._share(kind) * e["v"].rival:
            kind = "v"
        return day, week, hour, level, kind, self._season(day, week)

    def _season(self, day: float, week: float) -> int:
        e, found = self.errors, 0
        days_known = self.day.places_seen >= 0.5 * min(48.0, 86400 / self.step)
        if day == day and e["d"].count and days_known and e["d"].own < 0.7 * e["d"].rival:
            found = 1
        weeks_known = self.week.places_seen >= 0.25 * min(168.0, 604800 / self.step)
        better = not e["d"].count or e["w"].own < 0.9 * e["d"].own
        if week == week and e["w"].count and weeks_known and better and e["w"].own < 0.7 * e["w"].rival:
            found = 2
        return found

    def _z(self, u: float, base: float, median_: float, ends: tuple[float, float]) -> float:
        known = sorted(map(f32, self.residuals[-168:]))
        if len(known) < 20 or base != base:
            return 0.0
        q95 = float(known[int(0.95 * (len(known) - 1))]) / 1.96
        mad = float(f32(median(known)))
        level, value = base + self.origin, u + self.origin
        scale = max(q95, math.sqrt(1.4826 * mad * q95), 0.15 * abs(level))
        if self.counts:
            scale = max(scale, math.sqrt(abs(level) * self.unit), self.unit)
        usual = math.exp(self.log_size)
        if self.sizes and max(abs(level), abs(median_ + self.origin)) <= 1e-3 * usual:
            scale = max(scale, usual)
        scale = max(scale, 0.01 * max(abs(level), abs(value)), 1e-30)
        distance = u - clip(u, *ends)
        level = ends[0] + self.origin
        if distance < 0 and level > 0:
            distance = min(distance, -level * (min(2.0, math.log(level / value)) if value > 0 else 2.0))
        return distance / scale

    def _mean(self, past: list[float], u: float) -> float:
        last = [u, *(float(f32(x)) for x in past[-23:])]
        return math.fsum(last) / len(last)

    def _spread(self, u: float) -> float:
        last = np.array([u, *map(f32, self.us[-11:])], np.float64)
        view = self.views[0]
        life = math.sqrt(view.squares / view.count) if view.count else 0.0
        return math.log(last.std() + 0.1 * life + 1e-30)

    def _surprise(
        self, v: float, u: float, z: float, day: float, week: float, season: int
    ) -> tuple[float, int]:
        cut = 3 * clip(math.log10(max(abs(z), 0.1)) - math.log10(3), -1, 0)
        found = [(self.views[0].surprise(u) + cut - (0.25 if season else 0.0), VALUE)]
        if season:
            y = u - (week if season == 2 else day)
            found.append((self.views[1].surprise(y) + cut, SEASON))
            found.append((self._level(3, 1, self._mean(self.ys, y)), LEVEL))
        else:
            found.append((self._level(2, 0, self._mean(self.us, u)), LEVEL))
        found.append((self.views[4].surprise(self._spread(u)) - 0.75, SPREAD))
        best = max(found, key=lambda one: one[0])
        step = clip(self.step, 10, 3600)
        best = (best[0] - 0.35 * abs(math.log10(step / 300)) - max(0, math.log10(60 / step)), best[1])
        still = self._still(v)
        return max(best, still, key=lambda one: one[0])

    def _level(self, means: int, view: int, mean: float) -> float:
        known = self.views[view]
        if known.count < 20:
            return -0.75
        z = abs(mean - known.mean) / known.sd
        return self.views[means].surprise(mean) + 3 * clip(math.log10(max(z, 0.1)), -1, 0) - 0.75

    def _still(self, v: float) -> tuple[float, int]:
        n = self.runs[-1][1] + 1 if self.runs[-1][0] == v else 1
        if n == 1 or len(self.runs) < 20 or len(self.rows) < 8 * n:
            return -100.0, STILL
        longest = max(length for _, length in self.runs[:-1])
        return 2.7 + 2 * math.log10(n / (2 * longest + 6)), STILL

    def evaluate(self, time: float, v: float) -> dict[str, float]:
        """Evidence, alert evidence, expected value, reason, and the figures that ``learn`` needs."""
        if not self.rows:
            return {"evidence": 0.0, "alert": 0.0, "expected": v, "reason": FAR, "g": 0.0, "r": 0.0, "z": 0.0}
        u = v * self.unit - self.origin
        day, week, hour, level, kind, season = self._forecasts(time)
        base = {"level": level, "h": hour, "v": week}[kind]
        other = week if season == 2 and self.week.places_seen >= 336 else base
        z = self._z(u, base, level, (min(base, other), max(base, other)))
        g, reason = self._surprise(v, u, z, day, week, season)
        st = clip(self.step, 60, 3600)
        alone = 1.25 + 2 * math.log10(max(abs(z), 0.1)) - 2.5 * math.log10(3600 / st)
        lasting = self.lasting + st / 3600 * (clip(z, -15, 15) - self.lasting)
        off = 1.25 + 2 * math.log10(max(abs(lasting), 0.1))
        r = max(alone, off)
        g_left, r_left = self.surprises.left(time, self.hour, g), self.residual_peaks.left(time, self.hour, r)
        r_left -= math.log10(1 + 50 / len(self.rows))
        if r_left > g_left:
            reason = OFF if off > alone else FAR
        evidence = max(0.0, g_left, r_left)
        width = 6 * self.hour / 8
        now = math.floor(time / width)
        recent = [s for t, s in self.reported if now - 8 < math.floor(t / width) <= now]
        quiet = self.last_alert != 0 and time - self.last_alert <= 6 * self.hour
        novel = evidence > max(map(f32, recent), default=-1.0) + (1.5 if quiet else 0.0)
        expected = (base + self.origin) / self.unit if base == base else v
        return {
            "evidence": evidence,
            "alert": evidence if novel else 0.0,
            "expected": expected,
            "reason": reason,
            "g": g,
            "r": r,
            "z": z,
        }

    def learn(self, time: float, v: float, found: dict[str, float]) -> None:
        first = not self.rows
        nothing = (math.nan, math.nan, math.nan, math.nan, "level", 0)
        day, week, hour, level, kind, _ = nothing if first else self._forecasts(time)
        base = {"level": level, "h": hour, "v": week}[kind]
        if not first:
            x = math.log(clip(time - self.rows[-1][0], 1e-3, 1e6))
            n = len(self.rows)
            self.log_step = (
                x if n == 1 else self.log_step + max(0.02, 0.5 / n) * clip(x - self.log_step, -1, 1)
            )
        self.rows.append((time, v))
        self.counts = self.counts and v >= 0 and v == math.floor(v)
        repeated = self.runs and self.runs[-1][0] == v
        self.runs[-1:] = [(v, self.runs[-1][1] + 1)] if repeated else [*self.runs[-1:], (v, 1)]
        if v != 0 and all(value == 0 for _, value in self.rows[:-1]):
            self.unit = math.ldexp(1.0, -math.frexp(v)[1])
        u = v * self.unit - self.origin
        seasonal = week if self._season(day, week) == 2 else day
        mean = self.views[0].mean
        y = u - seasonal if seasonal == seasonal else u - mean
        entering = (u, y, self._mean(self.us, u), self._mean(self.ys, y), self._spread(u))
        for view, number in zip(self.views, entering, strict=True):
            view.learn(number)
        self.us.append(u)
        self.ys.append(y)
        if day == day:
            self.errors["d"].learn(abs(u - day), abs(u - mean))
        if week == week:
            self.errors["w"].learn(abs(u - week), abs(u - mean))
        if base == base and kind != self.chosen and not (kind == "h" and self.errors["h"].count < 24):
            factor = self._share(kind) / self._share(self.chosen)
            if factor < 0.5:
                self.residuals = [float(f32(f32(x) * max(0.1, factor))) for x in self.residuals]
            self.chosen = kind
        if hour == hour and level == level:
            self.errors["h"].learn(abs(u - hour), abs(u - level))
        if week == week and level == level:
            self.errors["v"].learn(abs(u - week), abs(u - level))
        self.day.learn(time, u)
        self.week.learn(time, u)
        interval = min(1.5 * 604800 / 168, (time - self.rows[0][0]) / 64)
        if len(self.values) < 84 or time - self.pushed_at >= 0.999 * interval:
            self.pushed_at = time
            if base == base:
                self.residuals.append(abs(u - base))
            self.values.append(u)
        if v != 0:
            self.sizes += 1
            size = math.log(abs(u + self.origin))
            self.log_size += (size - self.log_size) / min(self.sizes, 100)
        if first:
            return
        st = clip(self.step, 60, 3600)
        self.lasting += st / 3600 * (clip(found["z"], -15, 15) - self.lasting)
        self.surprises.learn(time, self.hour, found["g"])
        self.residual_peaks.learn(time, self.hour, found["r"])
        self.reported.append((time, found["evidence"]))
        if found["alert"] >= 2.7:
            self.last_alert = time
