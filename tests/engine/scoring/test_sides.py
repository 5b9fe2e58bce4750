"""The side of what was found: it follows from the evidence, and agrees with the config's ``direction``."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.alerts.outcome_rows import reason_of
from anomaly_stream.engine.step import step
from anomaly_stream.model import Direction, Outcome, Status
from anomaly_stream.model.reasons import DISTANCE, MEAN_SHIFT, RATE_OF_CHANGE, VARIANCE_CHANGE, Reason
from tests.engine.clocks import DAY, MONDAY
from tests.engine.inputs import bank_of, columns, config, plan_of

Found = list[tuple[Reason, int]]


def noise(count: int, seed: int = 0, deviation: float = 2.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(100.0, deviation, count)


def run(values: np.ndarray, times: np.ndarray | None = None, **fields: Any) -> Outcome:
    plan = plan_of(config(window_points=400, baseline_period_s=1e9, **fields))
    if times is None:
        times = 1.7e9 + 300.0 * np.arange(len(values))
    return step(plan, bank_of(plan), columns(values.tolist(), times.tolist()))


def sides(out: Outcome) -> Found:
    """Reason and side of each anomaly whose reason has a side."""
    anomalies = np.flatnonzero(out.status == Status.ANOMALY).tolist()
    found = [
        (reason_of(int(out.source_detector[i]), int(out.reason[i])), int(out.side[i])) for i in anomalies
    ]
    return [(reason, side) for reason, side in found if reason.has_side]


def of_reason(reason: Reason, out: Outcome) -> set[int]:
    return {side for one, side in sides(out) if one is reason}


def wild(seed: int, count: int = 900) -> np.ndarray:
    """Noise with bursts, steps, spikes, and stretches that vary more or less."""
    random = np.random.default_rng(seed)
    values = random.normal(100.0, 2.0, count)
    for start in random.integers(200, count - 60, 8).tolist():
        stretch = slice(start, start + int(random.integers(1, 60)))
        middle = random.choice([0.0, 6.0, -6.0, 30.0, -30.0])
        values[stretch] = 100.0 + middle + (values[stretch] - 100.0) * random.choice([0.02, 1.0, 6.0])
    return values


@pytest.mark.parametrize("detectors", [("auto",), ("cusum",), ("ewma",), ("zscore", "cusum", "ewma")])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_mean_that_has_moved_is_on_the_side_where_it_is(detectors: tuple[str, ...], sign: int) -> None:
    values = noise(900)
    values[800:] += sign * 4.0
    assert of_reason(MEAN_SHIFT, run(values, detectors=detectors)) == {sign}


@pytest.mark.parametrize("detectors", [("auto",), ("rate_of_change",), ("zscore", "rate_of_change")])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_up_is_not_a_jump_down(detectors: tuple[str, ...], sign: int) -> None:
    """Wherever it ends: a wave has been there, slowly."""
    values = 100.0 + 20.0 * np.sin(np.arange(900) / 60.0) + noise(900, 4, 0.1)
    values[800:] += 10.0 * sign
    out = run(values, detectors=detectors)
    first = int(np.flatnonzero((out.status == Status.ANOMALY) & (out.observation >= 800))[0])
    assert out.observation[first] == 800
    assert reason_of(int(out.source_detector[first]), int(out.reason[first])) is RATE_OF_CHANGE
    assert out.side[first] == sign


def test_a_rise_that_does_not_come_at_its_hour_is_below_what_usually_follows() -> None:
    """The value itself stays where it is, so it has not fallen."""
    times = MONDAY + 900.0 * np.arange(15 * 96 + 49)
    is_high = (times % DAY >= DAY / 2) & (times < MONDAY + 15 * DAY)
    values = noise(len(times), 2, 1.0) + 60.0 * is_high
    out = run(values, times, detectors=("rate_of_change",), seasonality=("daily",))
    assert out.status[-1] == Status.ANOMALY
    assert out.side[-1] == -1


def test_values_that_vary_more_than_usual_are_not_those_that_vary_less() -> None:
    more = np.concatenate((noise(800), noise(30, 1, 9.0)))
    assert of_reason(VARIANCE_CHANGE, run(more, detectors=("auto",))) == {1}
    less = np.concatenate((noise(4000), noise(40, 1, 0.02)))
    out = run(less, detectors=("auto",), sensitivity_score=10.0)
    quiet = (out.status == Status.ANOMALY) & (out.observation > 4011)
    found = {
        reason_of(int(out.source_detector[i]), int(out.reason[i])): int(out.side[i])
        for i in np.flatnonzero(quiet)
    }
    assert found == {VARIANCE_CHANGE: -1}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([("auto",), ("zscore", "cusum", "ewma", "rate_of_change")]))
def test_the_mirrored_series_has_the_other_sides(seed: int, detectors: tuple[str, ...]) -> None:
    """More variation is more in both."""
    values = wild(seed)
    fields = {"detectors": detectors, "sensitivity_score": 20.0}
    found, mirrored = sides(run(values, **fields)), sides(run(-values, **fields))
    assert found
    assert mirrored == [(one, side if one is VARIANCE_CHANGE else -side) for one, side in found]


@settings(max_examples=10, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([("auto",), ("zscore", "cusum", "ewma", "rate_of_change")]),
    st.sampled_from([Direction.ABOVE, Direction.BELOW]),
)
def test_what_is_found_is_on_the_side_that_the_config_watches(
    seed: int, detectors: tuple[str, ...], direction: Direction
) -> None:
    watched = 1 if direction is Direction.ABOVE else -1
    out = run(wild(seed), detectors=detectors, direction=direction, sensitivity_score=15.0)
    found = sides(out)
    assert {side for reason, side in found if reason is not VARIANCE_CHANGE} <= {watched}
    anomalies = out.status == Status.ANOMALY
    assert (watched * (out.value - out.expected)[anomalies] >= 0.0).all() or MEAN_SHIFT in dict(found)


def test_a_distance_is_on_the_side_of_the_value() -> None:
    values = wild(3)
    for detectors in (("auto",), ("zscore",)):
        out = run(values, detectors=detectors, sensitivity_score=20.0)
        i = [
            each
            for each in np.flatnonzero(out.status == Status.ANOMALY).tolist()
            if reason_of(int(out.source_detector[each]), int(out.reason[each])) is DISTANCE
        ]
        assert len(i) > 3
        assert out.side[i].tolist() == np.sign(out.value - out.expected)[i].tolist()
