"""A twin of ``auto`` in plain Python: from lists of the past, by the formulas of the docs."""

import math
import statistics
from dataclasses import dataclass, field
from typing import Any

import numpy as np

VIEWS = ("change", "error", "day distance", "ratio", "spread", "shift")
REASONS = {"change": 1, "error": 0, "day distance": 0, "ratio": 0, "spread": 2, "shift": 3, "still": 4}
DAY, HOUR = 86400.0, 3600.0


def clip(x: float, limit: float) -> float:
    return max(-limit, min(limit, x))


def smaller(a: float, b: float) -> float:
    return min(a, b, key=abs)


def place(z: float) -> float:
    return max(0.0, 4 * math.log2(max(abs(z), 1e-9) * 16))


@dataclass
class Job:
    """Far values that come again at the same time of the day."""

    start: float
    """Seconds of the day."""
    length: float
    values: list[float]
    day: float = 0.0
    runs: int = 1

    def since(self, time: float) -> float:
        return (time - self.start + 600) % DAY

    def day_of(self, time: float) -> float:
        return (time - self.start + 600) // DAY

    def is_due(self, time: float) -> bool:
        passed = self.day_of(time) - self.day
        return self.since(time) <= self.length + 1200 and (passed <= 4 or passed in (7, 14))

    def agrees(self, x: float, expected: float) -> bool:
        middle = (min(self.values) + max(self.values)) / 2
        return abs(x - middle) <= abs(middle - expected) / 2

    def take(self, time: float, x: float) -> None:
        self.runs += self.day_of(time) != self.day
        self.values.append(x)
        after = self.since(time) - 600
        self.start = (self.start + min(after, 0.0)) % DAY
        self.length = min(max(self.length - min(after, 0.0), after), 4 * HOUR)
        self.day = self.day_of(time)


@dataclass
class AutoTwin:
    """Values must be normalised: the first that is not 0 is from 0.5 to 1 in size."""

    values: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    surprising: list[bool] = field(default_factory=list)
    """Whether a value was more than 3 usual errors from the expected one."""
    levels: list[list[float]] = field(default_factory=list)
    """Mean and times of each level of unexpected values."""
    spreads: list[float] = field(default_factory=list)
    sizes: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {view: [] for view in VIEWS})
    """Size and weight of each past value, by view."""
    means: dict[str, float] = field(default_factory=dict)
    """Running means by name; 0 in the beginning."""
    hours: dict[int, list[float]] = field(default_factory=dict)
    """The values of each hour since 1970, without those of known exceptions."""
    exceptions: list[float] = field(default_factory=list)
    """The others of the open hour."""
    profiles: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    """The means of an hour by length of the cycle in hours and place in it."""
    days: dict[int, float] = field(default_factory=dict)
    """The running mean by hour of the day."""
    certain: bool = False
    """Whether the exception of this hour is certain."""
    jobs: list[Job] = field(default_factory=list)
    usual_time: float = 0.0
    hour_sizes: dict[int, tuple[int, float]] = field(default_factory=dict)
    """Count and usual size of the error by hour of the day."""
    step: float = 300.0
    time: float = 0.0
    hour: int = -1
    strength: float = 0.0
    alert: tuple[float, float] | None = None
    ranged: int = 0
    """The range is that of so many first values."""
    range_time: float = 0.0
    longest_run: int = 0
    run: int = 0
    changes: int = 0
    excursions: list[float] = field(default_factory=lambda: [0.0])
    """Furthest distance of the level from the reference, by stretch on one side; earlier ones fade."""
    reported: bool = False
    alerted: float = 0.0
    """The largest strength of an alert of this excursion."""
    tail: tuple[float, float, float] = 0.75, 0.25, 10.0
    """Level that one strength in 100 exceeds, mean excess over it, and number of excesses."""
    excursion: dict[str, Any] | None = None
    """What was expected as the last excursion from the watched side began, at which time, and by what."""
    incident: dict[str, Any] | None = None
    """The same of the last alert, its side, and how many values in a row are back since."""

    def rate(self, seconds: float, rows: int) -> float:
        return max(1 / rows, 1 - math.exp(-self.step / seconds))

    def toward(self, name: str, x: float, rate: float) -> None:
        before = self.means.get(name, 0.0)
        self.means[name] = before + rate * (x - before)

    def mean(self, name: str) -> float:
        return self.means.get(name, 0.0)

    def forecasts(self, time: float) -> dict[str, float]:
        ahead = min(max(time - self.time, 0.0), self.step)
        slope = self.mean("tx") / self.mean("tt") if self.mean("tt") > 0 else 0.0
        found = {"level": self.mean("level")}
        found["line"] = found["level"] + slope * (self.time + ahead - self.mean("t"))
        expected = "level"
        if len(self.values) >= 20 and self.mean("line error") < 0.8 * self.mean("level error"):
            expected = "line"
        for name, cycle in (("day", 24), ("week", 168)):
            otherwise = expected
            known = sum(length == cycle for length, _ in self.profiles)
            own = self.profiles.get((cycle, int(time // HOUR) % cycle))
            found[name] = found["level"]
            if own and name == "week":
                middle = statistics.median(own[-5:])
                far = 6 * self.mean("error")
                found[name] = middle + statistics.mean(clip(week - middle, far) for week in own[-5:])
            elif own:
                found[name] = self.days[int(time // HOUR) % 24]
            if (
                own
                and 2 * known >= cycle * min(1.0, HOUR / self.step)
                and self.mean(f"{name} error") < 0.8 * self.mean(f"{expected} error")
            ):
                expected = name
        weeks = sorted(self.profiles.get((168, int(time // HOUR) % 168), [])[-5:])
        best = lowest = highest = found[expected]
        median = statistics.median(weeks or [best])
        far = 6 * self.mean("error") + 1e-6 * abs(median - self.values[0])
        width, away = (weeks[-1] - weeks[0] if weeks else 0.0), abs(median - found[otherwise])
        self.certain = len(weeks) == 5 and away > far and width < away / 3
        if len(weeks) > 1:
            quarter = len(weeks) // 4
            good = 0.8 * self.mean("week error") < self.mean(f"{expected} error")
            apart, middle = abs(median - best), weeks[-1 - quarter] - weeks[quarter]
            if apart > far and middle < apart / 3:
                lowest = max(weeks[0] - width / 2, median - apart / 3)
                highest = min(weeks[-1] + width / 2, median + apart / 3)
                if self.certain or (len(weeks) > 2 and middle < far and good):
                    best = median
        known = [job for job in self.jobs if job.runs >= 3 and job.is_due(time)]
        if known:
            ends = [] if lowest == highest == found[expected] else [lowest, highest]
            for job in known:
                further = (max(job.values) - min(job.values)) / 2
                ends += [min(job.values) - further, max(job.values) + further]
            lowest, highest = min(ends), max(ends)
        return {**found, "expected": best, "lowest": lowest, "highest": highest}

    def views(self, time: float, x: float, usual: float) -> tuple[dict[str, float], dict[str, float]]:
        error, life = x - usual, math.sqrt(self.mean("life variance"))
        product, square = self.mean("error product"), self.mean("error square")
        rho = min(max(product / square, 0.0), 1.0) if square > 0 else 0.0
        change = x - self.values[-1]
        if self.certain:
            change = smaller(error - self.errors[-1], error)
        elif abs(error) < 6 * self.mean("change"):
            change = smaller(change, error)
        last = [*self.values, x][-12:]
        middle = sum(last) / len(last)
        spread = math.sqrt(sum((value - middle) ** 2 for value in last) / len(last)) + 0.1 * life
        shifts = [*self.errors, error][-24:]
        unit = 0.1 * self.mean("size") + 1e-12 * abs(x) + 1e-300
        raw = {
            "change": change,
            "error": smaller(error - rho * self.errors[-1], error),
            "day distance": x - self.mean("day level"),
            "ratio": math.asinh(x / unit) - math.asinh(usual / unit),
            "spread": math.log(spread + 1e-12),
            "shift": sum(shifts) / len(shifts),
        }
        tiny = 1e-12 * (abs(x) + life) + 1e-300
        seen, of_hour = self.hour_sizes.get(int(time // HOUR) % 24, (0, 0.0))
        scales = {view: self.mean(view) + tiny for view in VIEWS}
        if seen >= 3:
            scales["error"] = (self.mean("error") + of_hour) / 2 + tiny
        scales["day distance"] = math.sqrt(self.mean("day variance")) + tiny
        scales["ratio"] = self.mean("ratio") + 1e-12
        z = {view: raw[view] / scales[view] for view in VIEWS}
        z["spread"] = 4 * (raw["spread"] - self.mean("spread"))
        return raw, z

    def rank(self, view: str, z: float) -> float:
        """The share of past sizes at least as large; those in the same bin count by its part beyond."""
        at = min(place(z), place(6e4))
        own = min(int(at), 63)
        beyond = sum(weight for size, weight in self.sizes[view] if min(int(place(size)), 63) > own)
        level = sum(weight for size, weight in self.sizes[view] if min(int(place(size)), 63) == own)
        beyond += level * (1 - (at - own) if own < 63 else 1)
        prior = (1 + (min(abs(z), 6e4) / 1.2) ** 2 / 3) ** -1.5
        return -math.log10((beyond + 15 * prior) / (len(self.sizes[view]) + 15))

    def evaluate(self, time: float, x: float) -> dict[str, Any]:
        if not self.values:
            return {
                "expected": x,
                "usual": x,
                "drifting": False,
                "forecasts": dict.fromkeys(("level", "line", "day", "week", "expected"), x),
            }
        found = self.forecasts(time)
        inside = min(max(x, found["lowest"]), found["highest"])
        usual = min(found["expected"], inside, key=lambda forecast: abs(x - forecast))
        raw, z = self.views(time, x, usual)
        ranks = {view: self.rank(view, z[view]) for view in VIEWS}
        level = self.level_of(x)
        times = max(self.unexpected(x) - 1, level[1] - 6 if level else 0.0)
        if times > 0:
            most = -math.log10(times / (len(self.values) + 1))
            ranks |= {view: min(ranks[view], most) for view in VIEWS[:4]}
        step = min(max(self.step, 1.0), HOUR)
        lowest, highest = self.range()
        width, deviation = highest - lowest, self.mean("deviation")
        bursts = 1.0
        if width > 0:
            wider = max(highest, x) - min(lowest, x)
            bursts = min(math.log10(width / (deviation + 1e-9 * width)), 3.0)
            bursts = max(bursts - 2 * math.log10(wider / width), 1.0)
        strength = sum(min(rank, 4.0) for rank in ranks.values()) / 6
        strength += self.record(raw["spread"])
        strength -= 0.2 * math.log10(7 * DAY / step) + 0.5 * bursts
        if abs(x - usual) < 0.02 * abs(self.errors[-1]):
            strength = min(strength, 0.0)
        weight = 0.4 * math.exp(-max(time - self.time, 0.0) / 300)
        confirmed = strength - weight * max(0.0, strength - max(self.strength, strength - 1))
        error, last = x - usual, self.errors[-1]
        if error * last > 0 and abs(error) >= abs(last) / 2:
            confirmed = max(confirmed, self.strength - 1 + math.exp(-max(time - self.time, 0.0) / 300))
        evidence = self.side(z, ranks)
        eligible = [view for view in VIEWS if view == "spread" or z[view] * evidence >= 0]
        reason = max(eligible, key=lambda view: (ranks[view], view == "error"))
        distance = x - found["expected"]
        reason_side = distance if REASONS[reason] == 0 else z[reason]
        if reason == "change" and self.certain:
            reason, reason_side = "error", distance
        longer = x == self.values[-1] and self.run + 1 > self.longest_run
        if longer and self.changes >= 50 and len(self.values) >= 8 * (self.run + 1):
            still = 1.25 + math.log10((self.run + 1) / (2 * self.longest_run + 12)) - 0.5 * bursts
            if still > confirmed:
                confirmed, reason = still, "still"
        expected, lasting = found["expected"], self.drift(time, x)
        drifting, confirmed = lasting > confirmed and lasting >= 0.35, max(confirmed, lasting)
        goes_on = self.goes_on(time, x, found)
        if goes_on:
            reason, expected = "error", self.continued(self.incident, time, found)
        elif drifting:
            reason, expected = "shift", self.mean("reference") + self.season(time)
        elif confirmed < 0.35 and self.incident is not None and time - self.incident["time"] < 6 * DAY:
            known = self.continued(self.incident, time, found)
            expected = known if abs(x - known) < abs(x - expected) else expected
        if goes_on or drifting:
            reason_side = x - expected
        side = x - expected if goes_on or drifting else evidence
        before = max(self.reported_strength(time), -9.0 if lasting >= 0.35 else self.alerted_strength(side))
        told = self.reported if drifting else confirmed < before + 0.3
        alert = -math.inf if told else confirmed
        shown = max(confirmed, 0.75) if goes_on else confirmed
        return {
            "side": side,
            "expected": expected,
            "drifting": drifting,
            "forecasts": found,
            "usual": usual,
            "raw": raw,
            "z": z,
            "ranks": ranks,
            "strength": strength,
            "confirmed": confirmed,
            "p": self.probability(self.excess(confirmed)),
            "shown": shown,
            "alert": alert,
            "goes on": goes_on,
            "reason": REASONS[reason],
            "reason_side": reason_side,
            "eligible": sorted(ranks[view] for view in eligible),
        }

    def usual_deviation(self) -> float:
        return 1.2533 * min(self.mean(f"{name} error") for name in ("level", "line", "day", "week"))

    def level_of(self, x: float) -> list[float] | None:
        near = [level for level in self.levels if abs(x - level[0]) <= 3 * self.usual_deviation()]
        return max(near, key=lambda level: level[1], default=None)

    def _learn_level(self, x: float, before: float, unexpected: bool) -> None:
        level = self.level_of(x)
        if level is None and unexpected:
            if len(self.levels) == 4:
                rarest = min(range(4), key=lambda at: self.levels[at][1])
                self.levels[rarest] = [x, 1.0]
            else:
                self.levels.append([x, 1.0])
        elif level and abs(before - level[0]) > 3 * self.usual_deviation():
            level[1] = level[1] + 1 if unexpected else level[1] / 2
            level[0] += (x - level[0]) / level[1] if unexpected else 0.0

    def unexpected(self, limit: float) -> float:
        """How many runs of a limit came unexpected; one that was expected halves their number."""
        if limit not in (min(self.values), max(self.values)):
            return 0.0
        runs = 0.0
        for before, value, surprising in zip(
            [math.nan, *self.values], self.values, self.surprising, strict=False
        ):
            if value == limit != before:
                runs = runs + 1 if surprising else runs / 2
        return runs

    def range(self) -> tuple[float, float]:
        """That of all values up to the last one within the range before it, or those of a day later.

        A value alone is at most ten times the range of the others away from them.
        """
        values = sorted(self.values[: self.ranged])
        further = 10 * (values[-2] - values[1]) if len(values) > 2 else 0.0
        if further <= 0.0:
            return values[0], values[-1]
        return max(values[0], values[1] - further), min(values[-1], values[-2] + further)

    def _learn_range(self, time: float, x: float) -> None:
        """Before ``x`` is one of the values."""
        lowest, highest = self.range() if self.values else (x, x)
        if len(self.values) < 20 or lowest <= x <= highest:
            self.ranged, self.range_time = len(self.values) + 1, time
        elif time - self.range_time >= DAY:
            self.ranged = len(self.values) + 1

    def record(self, spread: float) -> float:
        if len(self.values) < 20 or max(self.spreads) == min(self.spreads):
            return 0.0
        before, after = (max(all_) - min(all_) for all_ in (self.spreads, [*self.spreads, spread]))
        return 0.1 * math.log10(len(self.values) / 20) * math.log10(1 + 100 * (1 - before / after))

    def excess(self, strength: float) -> float:
        step = min(max(self.step, 1.0), HOUR)
        return strength + 0.2 * math.log10(7 * DAY / step) - self.tail[0]

    def probability(self, excess: float) -> float:
        _, mean, count = self.tail
        if excess > 0:
            return 0.01 / (1 + excess / (count * mean)) ** count
        return 10 ** (-2 * math.exp(excess / mean / math.log(100)))

    def learn_tail(self, strength: float, rows: int) -> None:
        (level, mean, count), excess = self.tail, self.excess(strength)
        move = mean / min(1000 + rows - 20, 20_000)
        if excess > 0:
            count = min(count + 1, 100)
            self.tail = level + 99 * move, max(mean + (min(excess, 8 * mean) - mean) / count, 0.05), count
        else:
            self.tail = level - move, mean, count

    def reported_strength(self, time: float) -> float:
        if self.alert is None:
            return -9.0
        passed = time - self.alert[0]
        return self.alert[1] - max(8 * passed / DAY, 0.001 * passed / max(self.step, 1.0))

    @staticmethod
    def side(z: dict[str, float], ranks: dict[str, float]) -> float:
        return sum(
            math.copysign(min(ranks[view], 4.0), z[view]) for view in VIEWS if view != "spread" and z[view]
        )

    def is_old(self, rows: int) -> bool:
        return rows >= 200 and rows * self.step >= 14 * DAY

    def usual_away(self) -> float:
        widest = max(abs(furthest) for furthest in [0.0, *self.excursions[:-1]])
        return max(10 * self.mean("away"), 1.5 * widest)

    def alerted_strength(self, side: float) -> float:
        away = self.away()
        moves = side * away > 0 and abs(away) > self.usual_away()
        return self.alerted if moves and self.is_old(len(self.values)) else -9.0

    def season(self, time: float) -> float:
        """What the hour of the day adds to the mean of all hours."""
        hour = int(time // HOUR) % 24
        return self.days[hour] - statistics.fmean(self.days.values()) if hour in self.days else 0.0

    def away(self) -> float:
        return self.mean("away of day") - self.mean("reference")

    def drift(self, time: float, x: float) -> float:
        away, distance = self.away(), x - self.season(time) - self.mean("reference")
        if not self.is_old(len(self.values)):
            return -9.0
        if distance * away <= 0 or abs(distance) < 0.5 * abs(away):
            return -9.0
        if abs(self.mean("away of day") - self.mean("away of days")) <= 0.2 * abs(away):
            return -9.0
        usual = max(3 * self.mean("away deviation"), self.usual_away())
        return 0.75 + math.log10(abs(away) / (usual + 1e-12 * abs(x)))

    def is_way_back(self, time: float, x: float, seen: dict[str, Any], direction: int) -> bool:
        """Whether a value is no further on the watched side than was usual before the excursion."""
        before = self.excursion
        if before is None or time - before["time"] >= 3 * DAY:
            return False
        usual = self.continued(before, time, seen["forecasts"])
        return bool((x - usual) * direction <= 3 * before["deviation"])

    @staticmethod
    def continued(before: dict[str, Any], time: float, found: dict[str, float]) -> float:
        if before["season"]:
            return found[before["season"]]
        return before["expected"] + before["slope"] * (time - before["time"])

    def is_open(self, time: float) -> bool:
        incident = self.incident
        return incident is not None and time - incident["time"] < 3 * DAY and incident["back"] < 5

    def goes_on(self, time: float, x: float, found: dict[str, float]) -> bool:
        """Whether a value is still away from what was expected as the incident began."""
        if self.incident is None or not self.is_open(time):
            return False
        count, size = self.hour_sizes.get(int(time // HOUR) % 24, (0, 0.0))
        usual = min(self.incident["deviation"], 1.2533 * size if count >= 3 else math.inf)
        expected, begun = self.continued(self.incident, time, found), abs(self.incident["expected"])
        share = min(abs(expected) / begun, 1.0) if begun > 0 else 1.0
        least = max(3 * usual, 0.5 * self.incident["distance"] * share)
        return abs(x - expected) - 1e-12 * abs(x) > least

    def _learn_incident(self, time: float, x: float, seen: dict[str, Any], alerted: bool) -> None:
        found, before = seen["forecasts"], self.incident
        if before is not None and self.is_open(time):
            before["back"] = 0 if seen["goes on"] else before["back"] + 1
            if before["back"] < 5:
                return
            self.means["away of day"] = before["level"]
        if not alerted or seen["drifting"]:
            return
        distances = {name: abs(x - found[name]) for name in ("expected", "day", "week")}
        if before is not None and time - before["time"] < 6 * DAY:
            distances["before"] = abs(x - self.continued(before, time, found))
        if min(distances.values()) <= 3 * self.usual_deviation():
            return
        if distances["expected"] <= distances.get("before", math.inf):
            self.incident = self.expectation(time, found) | {"slope": 0.0}
        nearest = min(distances["expected"], distances.get("before", math.inf))
        self.incident |= {"time": time, "distance": nearest, "back": 0, "level": self.mean("away of day")}

    def expectation(self, time: float, found: dict[str, float]) -> dict[str, Any]:
        """What is expected, and by what."""
        names = ("level", "line", "day", "week")
        by = next((name for name in names if found[name] == found["expected"]), "week")
        return {
            "time": time,
            "expected": found["expected"],
            "deviation": self.usual_deviation(),
            "slope": self.mean("tx") / self.mean("tt") if by == "line" else 0.0,
            "season": by if by in ("day", "week") else "",
        }

    def remember(self, time: float, x: float, seen: dict[str, Any], direction: int) -> None:
        """Called before the value is learned."""
        found = seen["forecasts"]
        is_over = self.excursion is None or time - self.excursion["time"] >= 3 * DAY
        is_far = (found["expected"] - x) * direction > 3 * self.usual_deviation()
        if is_over and is_far and seen["strength"] >= 0.75:
            self.excursion = self.expectation(time, found)

    def learn(self, time: float, x: float, seen: dict[str, Any], alerted: bool) -> None:
        rows = len(self.values)
        if alerted:
            self.alert = time, seen["confirmed"]
            self.reported = self.reported or seen["drifting"]
            if not seen["drifting"] and rows and seen["side"] * self.away() > 0:
                self.alerted = max(self.alerted, seen["confirmed"])
        elif rows >= 20 and 0.35 <= seen["confirmed"] < self.reported_strength(time) + 0.3:
            self.alert = time, max(seen["confirmed"], self.reported_strength(time))
        if rows:
            move = math.log(time - self.time) - math.log(self.step)
            self.step *= math.exp(move if rows == 1 else max(0.02, 0.5 / rows) * clip(move, 1.0))
        self.time = time
        if rows:
            self._learn_incident(time, x, seen, alerted)
        self._learn_profiles(time, x, seen["forecasts"]["expected"], seen["usual"])
        if rows:
            self._learn_views(time, x, seen, rows)
        if rows and x == self.values[-1]:
            self.run += 1
        else:
            self.longest_run, self.run, self.changes = max(self.longest_run, self.run), 1, self.changes + 1
        self.surprising.append(not rows or abs(x - seen["forecasts"]["expected"]) > 3 * self.mean("error"))
        if rows:
            self._learn_level(x, self.values[-1], self.surprising[-1])
        self._learn_range(time, x)
        self.values.append(x)
        self.errors.append(x - seen["usual"])
        self.strength = seen.get("strength", -9.0)
        self._learn_levels(x, rows + 1)

    def _learn_job(self, time: float, x: float, expected: float) -> None:
        for job in self.jobs:
            if job.is_due(time) and job.agrees(x, expected):
                job.take(time, x)
                return
        new = Job(time % DAY, 0.0, [x])
        new.day = new.day_of(time)
        if len(self.jobs) < 10:
            self.jobs.append(new)
        else:
            places = range(len(self.jobs))
            oldest = min(places, key=lambda at: self.jobs[at].day + 14 * (self.jobs[at].runs >= 3))
            self.jobs[oldest] = new

    def _learn_profiles(self, time: float, x: float, expected: float, usual: float) -> None:
        hour = int(time // HOUR)
        if hour != self.hour and self.hour in self.hours:
            mean = statistics.fmean(self.hours[self.hour] or self.exceptions)
            self.profiles.setdefault((24, self.hour % 24), []).append(mean)
            days, before = len(self.profiles[24, self.hour % 24]), self.days.get(self.hour % 24, 0.0)
            moved = clip(mean - before, 6 * self.mean("error")) if days > 2 else mean - before
            self.days[self.hour % 24] = before + moved / min(days, 7)
            week = self.values[0] + float(np.float32(mean - self.values[0]))
            self.profiles.setdefault((168, self.hour % 168), []).append(week)
        if hour != self.hour:
            self.hour, self.exceptions, self.hours[hour] = hour, [], []
        far = len(self.values) >= 20 and abs(x - expected) > 6 * self.mean("error")
        if far:
            if self.step < 2 * HOUR and time - self.usual_time <= 4 * HOUR:
                self._learn_job(time, x, expected)
        else:
            self.usual_time = time
        (self.exceptions if far and usual != expected else self.hours[hour]).append(x)

    def _learn_views(self, time: float, x: float, seen: dict[str, Any], rows: int) -> None:
        rate = self.rate(28 * DAY, rows)
        if rows >= 20:
            self.learn_tail(seen["confirmed"], rows)
        if rows >= 11:
            self.spreads.append(seen["raw"]["spread"])
        for view in VIEWS:
            if rows >= 20:
                self.sizes[view].append((seen["z"][view], 0.4 if seen["ranks"][view] > 3.5 else 1.0))
            size, scale = seen["raw"][view], self.mean(view)
            if view != "spread":
                size = min(abs(size), 6 * scale) if rows > 10 and scale > 0 else abs(size)
            self.toward(view, size, rate)
        count, before = self.hour_sizes.get(int(time // HOUR) % 24, (0, 0.0))
        count = min(count + 1, 100)
        size = min(abs(seen["raw"]["error"]), 6 * self.mean("error"))
        self.hour_sizes[int(time // HOUR) % 24] = count, before + (size - before) / count
        rate = self.rate(3 * DAY, rows)
        limit = 6 * self.mean("deviation") if rows > 10 and self.mean("deviation") > 0 else math.inf
        for name in ("level", "line", "day", "week"):
            self.toward(f"{name} error", min(abs(x - seen["forecasts"][name]), limit), rate)
        error, last = clip(x - seen["usual"], limit), clip(self.errors[-1], limit)
        self.toward("error product", error * last, rate)
        self.toward("error square", last * last, rate)

    def _learn_levels(self, x: float, rows: int) -> None:
        if rows == 1:
            levels = ("level", "day level", "reference", "away of day", "away of days", "life")
            self.means.update({**dict.fromkeys(levels, x), "size": abs(x)})
            self.means["t"] = self.time
            return
        rate, deviation = self.rate(28 * DAY, rows), self.mean("deviation")
        distance = abs(x - self.mean("level"))
        if rows > 10 and deviation > 0:
            distance = min(distance, 6 * deviation)
        self.toward("deviation", distance, max(1 / (rows - 1), rate))
        self.toward("size", abs(x), rate)
        moved, ago = self._follow("level", "level variance", x, 3 * DAY, rows), self.time - self.mean("t")
        rate = self.rate(3 * DAY, rows)
        self.toward("t", self.time, rate)
        self.toward("tx", ago * moved * (1 - rate), rate)
        self.toward("tt", ago * ago * (1 - rate), rate)
        self._follow("day level", "day variance", x, DAY, rows)
        self._learn_drift(x, rows)
        life = x - self.mean("life")
        self.toward("life", x, 1 / rows)
        self.toward("life variance", life * (x - self.mean("life")), 1 / rows)

    def _learn_drift(self, x: float, rows: int) -> None:
        x, usual = x - self.season(self.time), self.mean("away deviation")
        deviation, distance = abs(x - self.mean("away of days")), x - self.mean("reference")
        if rows > 20 and usual > 0:
            deviation, distance = min(deviation, 6 * usual), clip(distance, 6 * usual)
        self.toward("reference", self.mean("reference") + distance, self.rate(7 * DAY, rows))
        self.toward("away deviation", deviation, self.rate(28 * DAY, rows))
        self._follow("away of day", "away variance of day", x, DAY, rows)
        self._follow("away of days", "away variance of days", x, 3 * DAY, rows)
        away = self.away()
        size = min(abs(away), 3 * self.mean("away")) if self.is_old(rows) else abs(away)
        self.toward("away", size, self.rate(28 * DAY, rows))
        fading = math.exp(-self.step / (84 * DAY))
        self.excursions[:-1] = [furthest * fading for furthest in self.excursions[:-1]]
        if away * self.excursions[-1] < 0:
            self.excursions.append(away)
            self.reported, self.alerted = False, 0.0
        elif abs(away) > abs(self.excursions[-1]):
            self.excursions[-1] = away

    def _follow(self, mean: str, variance: str, x: float, seconds: float, rows: int) -> float:
        moved, rate = x - self.mean(mean), self.rate(seconds, rows)
        if rows > 20 and self.mean(variance) > 0:
            moved = clip(moved, 6 * math.sqrt(self.mean(variance)))
        self.toward(mean, self.mean(mean) + moved, rate)
        self.toward(variance, moved * moved * (1 - rate), rate)
        return moved
