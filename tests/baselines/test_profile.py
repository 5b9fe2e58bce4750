from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.baselines.profile.advance import advance
from anomaly_stream.baselines.profile.forecast import profile_at
from anomaly_stream.baselines.profile.layout import DAILY, FILLED, HEAD, PROFILE, WIDTH, clear_profile
from anomaly_stream.baselines.profile.learning import add
from anomaly_stream.baselines.profile.widths import fit_width

DAY = 86400.0
ROOM = np.empty(64)


def profile(slots: int = 12, cycles: int = 4) -> tuple[Any, np.ndarray]:
    made = np.zeros(1, PROFILE)[0]
    made["kind"], made["cycles"], made["slots"] = DAILY, cycles, slots
    made["table"], made["period"], made["width"] = HEAD, DAY, DAY / slots
    state = np.zeros(HEAD + slots * cycles)
    clear_profile(state, made, DAY, DAY / slots)
    return made, state


class SlowProfile:
    """The same from dictionaries: by cycle, by slot, all values."""

    def __init__(self, slots: int, kept: int) -> None:
        self.slots, self.kept = slots, kept
        self.values: dict[int, dict[int, list[float]]] = {}
        self.complete: dict[int, dict[int, float]] = {}
        self.levels: dict[int, float] = {}
        self.cycle: int | None = None
        self.steps: list[float] = []

    def observe(self, cycle: int, slot: int, value: float) -> None:
        if cycle != self.cycle:
            self._turn(cycle)
        self.values.setdefault(cycle, defaultdict(list))[slot].append(value)

    def _turn(self, cycle: int) -> None:
        if self.cycle is not None:
            means = {slot: float(np.mean(found)) for slot, found in self.values[self.cycle].items()}
            known = {slot: self.at(slot) for slot in means}
            shared = [means[slot] - known[slot] for slot in means if not np.isnan(known[slot])]
            few = not shared or len(shared) < 0.25 * len(means)
            self.levels[self.cycle] = float(np.mean([*means.values()]) if few else np.median(shared))
            self.complete[self.cycle] = means
            follows = self.cycle - 1 == max((one for one in self.levels if one < self.cycle), default=-1)
            level = self.levels[self.cycle]
            self.steps.append(level - self.levels[self.cycle - 1] if follows else 0.0)
        for old in [one for one in self.complete if one % self.kept == cycle % self.kept]:
            del self.complete[old]
        self.cycle = cycle

    def drift(self) -> float:
        if len(self.steps) < 2 or self.steps[-1] * self.steps[-2] <= 0.0:
            return 0.0
        return min(self.steps[-2:], key=abs)

    def at(self, slot: int, multiplicative: bool = False) -> float:
        own = [*self._entries(slot, multiplicative).values()]
        near = (slot - 1, slot, slot + 1) if self.slots >= 8 else (slot,)
        entries = [self._entries(other % self.slots, multiplicative) for other in near]
        by_cycle = [[one[cycle] for one in entries if cycle in one] for cycle in self.complete]
        if not any(by_cycle):
            return float("nan")
        together = float(np.median([np.median(three) for three in by_cycle if three]))
        if len(own) < 3:
            return together
        alone = float(np.median(own))
        return alone if abs(alone - together) > 2 * np.median(np.abs(np.array(own) - alone)) else together

    def _entries(self, slot: int, multiplicative: bool) -> dict[int, float]:
        return {
            cycle: (means[slot] - self.levels[cycle] - self.drift() * ((slot + 0.5) / self.slots - 0.5))
            / (np.mean([*means.values()]) if multiplicative else 1.0)
            for cycle, means in self.complete.items()
            if slot in means
        }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([6, 12, 24]), st.floats(0.1, 1.0))
def test_agrees_with_the_twin(seed: int, slots: int, dense: float) -> None:
    random = np.random.default_rng(seed)
    made, state = profile(slots)
    twin = SlowProfile(slots, 4)
    for cycle in np.cumsum(random.choice([1, 1, 1, 2, 9], 12)):
        for slot in np.flatnonzero(random.random(slots) < dense):
            for _ in range(random.integers(1, 4)):
                position = (slot + random.random()) * DAY / slots
                value = float(100 + 20 * np.sin(slot) + random.normal())
                advance(state, made, float(cycle), position)
                add(state, made, value)
                twin.observe(int(cycle), int(slot), value)
        for slot in range(slots):
            for multiplicative in (0, 1):
                found = profile_at(state, made, slot, multiplicative, ROOM)
                assert found == pytest.approx(
                    twin.at(slot, bool(multiplicative)), nan_ok=True, rel=1e-9, abs=1e-9
                )


def fill(made: Any, state: np.ndarray, shape: np.ndarray, cycles: range) -> None:
    for cycle in cycles:
        for slot, value in enumerate(shape):
            advance(state, made, float(cycle), (slot + 0.5) * DAY / len(shape))
            add(state, made, value)


def test_slopes_are_followed_and_a_job_of_one_slot_keeps_its_corners() -> None:
    shape = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 30.0, 4.0, 4.0, 2.0, 1.0])
    made, state = profile()
    fill(made, state, shape, range(6))
    positions = (np.arange(48) + 0.5) * DAY / 48
    found = np.array([advance(state, made, 6.0, position)[0] for position in positions]) + shape.mean()
    np.testing.assert_allclose(found[8:12], [1.625, 1.875, 2.125, 2.375], atol=1e-9)
    np.testing.assert_allclose(found[28:32], 30.0)
    np.testing.assert_allclose(found[24:28], 4.0)


def test_an_outage_of_a_day_is_outvoted() -> None:
    shape = np.sin(np.arange(12) / 2.0)
    made, state = profile(cycles=5)
    fill(made, state, shape + 50.0, range(5))
    before = [profile_at(state, made, slot, 0, ROOM) for slot in range(12)]
    fill(made, state, np.zeros(12), range(5, 6))
    fill(made, state, shape + 50.0, range(6, 7))
    after = [profile_at(state, made, slot, 0, ROOM) for slot in range(12)]
    np.testing.assert_allclose(after, before, atol=0.35)


def test_levels_that_move_are_no_season() -> None:
    shape = np.arange(12.0)
    made, state = profile()
    for cycle, level in enumerate((0.0, 100.0, 40.0, 90.0, -20.0, 30.0)):
        fill(made, state, shape + level, range(cycle, cycle + 1))
    advance(state, made, 6.0, 0.0)
    found = np.array([profile_at(state, made, slot, 0, ROOM) for slot in range(1, 11)])
    np.testing.assert_allclose(np.diff(found), 1.0, atol=1e-9)
    assert state[FILLED] == 1.0


def test_a_trend_is_no_season() -> None:
    made, state = profile()
    for cycle in range(6):
        fill(made, state, 120.0 * cycle + 10.0 * np.arange(12.0), range(cycle, cycle + 1))
    advance(state, made, 6.0, 0.0)
    found = [profile_at(state, made, slot, 0, ROOM) for slot in range(12)]
    np.testing.assert_allclose(found, found[0], atol=1e-9)


def test_slots_follow_the_sampling_interval() -> None:
    made, state = profile(slots=96)
    shape = 10.0 + np.sin(2 * np.pi * np.arange(96) / 96)
    fill(made, state, shape, range(6))
    for _ in range(8):
        fit_width(state, made, 3600.0)
    assert state[WIDTH] == 3600.0
    hourly = [profile_at(state, made, slot, 0, ROOM) + 10.0 for slot in range(24)]
    np.testing.assert_allclose(hourly, shape.reshape(24, 4).mean(axis=1), atol=0.05)
    for _ in range(8):
        fit_width(state, made, 60.0)
    assert state[WIDTH] == 900.0
    advance(state, made, 6.0, 0.0)
    finer = [profile_at(state, made, slot, 0, ROOM) + 10.0 for slot in range(96)]
    np.testing.assert_allclose(finer, shape, atol=0.2)


@pytest.mark.parametrize("before", [1, 2, 4, 8, 24])
@pytest.mark.parametrize("hours", [1, 2, 3, 4, 6, 8, 12])
def test_each_step_in_whole_hours_that_divides_a_day_has_slots_of_its_width(hours: int, before: int) -> None:
    made, state = profile(slots=96)
    clear_profile(state, made, DAY, before * 3600.0)
    fill(made, state, np.full(24 // before, 7.0), range(6))
    for _ in range(12):
        fit_width(state, made, hours * 3600.0)
    assert state[WIDTH] == hours * 3600.0
    advance(state, made, 6.0, 0.0)
    assert state[FILLED] == 1.0
    assert [profile_at(state, made, slot, 0, ROOM) for slot in range(24 // hours)] == [0.0] * (24 // hours)
