"""The clock of a row against its twin, and what a wild time must not do."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.scoring.clock import SETTLED
from anomaly_stream.engine.step import step
from anomaly_stream.model import Outcome, Status
from tests.engine.inputs import bank_of, columns, config, plan_of
from tests.engine.slow_clock import SlowClock

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
START = 1.7e9
WINDOWED = {"detectors": ("zscore", "modified_zscore", "iqr"), "baseline_period_s": 400 * DAY}
KINDS = {"window": WINDOWED, "model": {"detectors": ("auto",), "window_points": 1000}}


def steady(count: int, seconds: float) -> np.ndarray:
    return START + seconds * np.arange(count)


def usual(count: int) -> np.ndarray:
    return 50.0 + np.arange(count) % 7 * 0.3


def run(times: np.ndarray, values: np.ndarray, **fields: object) -> tuple[Outcome, Bank]:
    plan = plan_of(config(**fields))
    bank = bank_of(plan)
    return step(plan, bank, columns(values, times)), bank


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1.0, 1.0, 1.0, 2.0, 15.0, 0.0, -1.0, -5.0, 1e4, -1e4, 2e4, -2e4, 1e8, -1e8]),
            st.integers(1, 12),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_agrees_with_its_twin(moves: list[tuple[float, int]]) -> None:
    times, now = [], START
    for jump, count in moves:
        now += jump
        times += [now + i for i in range(count)]
        now = times[-1]
    plan = plan_of(config())
    bank, twin = bank_of(plan), SlowClock()
    for number, time in enumerate(times):
        counts = step(plan, bank, columns([1.0], [time], first_offset=number)).counts
        found = twin.take(time)
        assert (counts.late, counts.duplicate, counts.ahead) == (
            found == "late",
            found == "duplicate",
            found == "ahead",
        )
        row = bank.state.rows[0]
        assert (row["last_time"], row["step"], row["agreed"]) == (twin.last, twin.step, twin.agreed)
        if found == "came back":
            assert row["count"] == 1


@pytest.mark.parametrize("seconds", [MINUTE, HOUR, DAY])
@pytest.mark.parametrize("ahead_s", [60 * DAY, 30 * 365 * DAY])
@pytest.mark.parametrize("kind", KINDS)
def test_one_wild_time_costs_its_own_value_only(seconds: float, ahead_s: float, kind: str) -> None:
    times, values = steady(400, seconds), usual(400)
    times[150] += ahead_s
    values[320] = 500.0
    out, _ = run(times, values, **KINDS[kind])
    assert (out.counts.ahead, out.counts.late, out.counts.duplicate) == (1, 0, 0)
    assert out.counts.examples == {"ahead": 150}
    assert 320 in out.observation[out.status == Status.ANOMALY]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wild_first_time_costs_the_next_few(kind: str) -> None:
    times, values = steady(400, MINUTE), usual(400)
    times[0] += 9000 * DAY
    values[320] = 500.0
    out, _ = run(times, values, **KINDS[kind])
    assert (out.counts.ahead, out.counts.late) == (0, 3)
    assert 320 in out.observation[out.status == Status.ANOMALY]


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_was_wrong_comes_back(kind: str) -> None:
    times, values = steady(900, MINUTE), usual(900)
    times[300:340] += 9000 * DAY
    values[800] = 500.0
    out, _ = run(times, values, **KINDS[kind])
    assert (out.counts.ahead, out.counts.late) == (3, 37)
    assert 800 in out.observation[out.status == Status.ANOMALY]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wild_time_does_not_stop_a_clock_that_comes_back(kind: str) -> None:
    times, values = steady(900, MINUTE), usual(900)
    times[300:325] += 40 * DAY
    times[327] += 3 * DAY  # nearer than the jump, so it looks like one more of those that came back
    values[800] = 500.0
    out, _ = run(times, values, **KINDS[kind])
    assert (out.counts.ahead, out.counts.late) == (3, 30)
    assert 800 in out.observation[out.status == Status.ANOMALY]


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_jumped_for_good_is_followed(kind: str) -> None:
    times, values = steady(900, MINUTE), usual(900)
    times[500:] += 3 * DAY
    values[800] = 500.0
    out, _ = run(times, values, **KINDS[kind])
    assert (out.counts.ahead, out.counts.late) == (3, 0)
    assert 800 in out.observation[out.status == Status.ANOMALY]


def test_the_second_gap_of_a_size_is_known() -> None:
    times = np.concatenate([steady(500, MINUTE) + day * DAY for day in range(8)])
    out, _ = run(times, usual(len(times)))
    assert out.counts.ahead == 3


def test_far_is_more_than_twenty_usual_steps() -> None:
    for steps, ahead in ((19.0, 0), (20.0, 0), (21.0, 1)):
        times = steady(50, MINUTE)
        out, _ = run(np.append(times, times[-1] + steps * MINUTE), usual(51))
        assert out.counts.ahead == ahead


def test_three_further_values_agree_before_the_clock_follows() -> None:
    for count, ahead in ((1, 1), (3, 3), (4, 3), (9, 3)):
        times = np.concatenate([steady(50, MINUTE), steady(count, MINUTE) + DAY])
        out, bank = run(times, usual(50 + count))
        assert out.counts.ahead == ahead
        assert (bank.state.rows[0]["last_time"] > START + DAY) == (count > 3)


def test_one_long_step_does_not_let_a_wild_time_pass() -> None:
    """GROWTH: a step of 19 usual ones doubles the usual step, and no more."""
    times = steady(50, MINUTE)
    late_value = times[-1] + 19 * MINUTE
    out, _ = run(np.append(times, [late_value, late_value + 100 * MINUTE, late_value + MINUTE]), usual(53))
    assert (out.counts.ahead, out.counts.late) == (1, 0)


def test_a_series_that_became_faster_gets_a_shorter_reach() -> None:
    """FADE: 3 hours are 3 of the old steps, and 180 of the new ones."""
    slow = START + HOUR * np.arange(20)
    fast = slow[-1] + MINUTE * np.arange(1, 5000)
    wild = np.insert(fast, 4900, fast[4899] + 3 * HOUR)
    assert run(np.concatenate([slow, wild]), usual(20 + 5000))[0].counts.ahead == 1
    at_once = np.insert(fast, 100, fast[99] + 3 * HOUR)
    assert run(np.concatenate([slow, at_once]), usual(20 + 5000))[0].counts.ahead == 0


def test_a_known_gap_passes_up_to_twice_as_long() -> None:
    """KNOWN_GAP."""
    for factor, ahead in ((1.9, 3), (2.1, 6)):
        before = steady(100, MINUTE)
        first = before[-1] + DAY + MINUTE * np.arange(10)
        second = first[-1] + factor * DAY + MINUTE * np.arange(10)
        assert run(np.concatenate([before, first, second]), usual(120))[0].counts.ahead == ahead


def test_a_settled_clock_does_not_come_back() -> None:
    """SETTLED: values of the gap move the clock before, and no more afterwards."""
    for count, back in ((300, True), (SETTLED + 10, False)):
        jumped = START + 40 * DAY + np.arange(count)
        old = START + 20 * DAY + np.arange(count + 10)
        out, bank = run(np.concatenate([START + np.arange(50), jumped, old]), usual(60 + 2 * count))
        assert (bank.state.rows[0]["last_time"] == old[-1]) == back
        assert (out.counts.late == count + 10) == (not back)


def test_two_clocks_in_turn_follow_the_first() -> None:
    times, values = steady(400, MINUTE), usual(400)
    times[101::2] += 40 * DAY
    out, _ = run(times, values)
    assert (out.counts.ahead, out.counts.late) == (150, 0)


def test_values_that_come_again_are_not_learned_again() -> None:
    times = steady(400, MINUTE)
    out, _ = run(np.concatenate([times, times]), usual(800))
    assert (out.counts.late, out.counts.duplicate, out.counts.ahead) == (399, 1, 0)


def test_the_newest_first_are_late() -> None:
    out, _ = run(steady(300, MINUTE)[::-1].copy(), usual(300))
    assert out.counts.late == 299
    assert out.counts.examples == {"late": 1}


def test_duplicates_swaps_and_an_hour_back() -> None:
    twice = np.repeat(steady(100, MINUTE), 2)
    assert run(twice, usual(200))[0].counts.duplicate == 100
    swapped = steady(200, MINUTE)
    for i in range(10, 200, 20):
        swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
    assert run(swapped, usual(200))[0].counts.late == 10
    back = steady(300, MINUTE)
    back[150:] -= HOUR
    counts = run(back, usual(300))[0].counts
    assert (counts.late, counts.duplicate) == (59, 1)


def test_batches_decide_as_one() -> None:
    times, values = steady(600, MINUTE), usual(600)
    times[100] += DAY
    times[200:260] += 50 * DAY
    times[400:] += 2 * DAY
    whole, bank = run(times, values)
    plan = plan_of(config())
    pieces, totals = bank_of(plan), np.zeros(3, int)
    for begin, end in itertools.pairwise([0, 1, 99, 101, 202, 203, 261, 290, 402, 600]):
        counts = step(plan, pieces, columns(values[begin:end], times[begin:end], first_offset=begin)).counts
        totals += (counts.late, counts.duplicate, counts.ahead)
    assert tuple(totals) == (whole.counts.late, whole.counts.duplicate, whole.counts.ahead)
    assert pieces.state.rows[0] == bank.state.rows[0]
