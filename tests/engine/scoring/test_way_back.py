"""The default with a one-sided ``direction``: the way back from an excursion to the other side is silent.

What is beyond the values before the excursion alerts, and after three days a new level is what is usual.
"""

import numpy as np
import pytest

from anomaly_stream.engine.step import step
from anomaly_stream.model import Direction, Publish
from tests.engine.inputs import bank_of, columns, config, plan_of
from tests.engine.scoring.reported_series import DAY, HOUR, T, alerts

MINUTES = 300.0
SIDES = [(Direction.ABOVE, 1.0), (Direction.BELOW, -1.0)]
SERIES = ["level", "wave", "rise"]


def series(kind: str, rows: int, step_s: float, seed: int) -> np.ndarray:
    """Noise of 4 around 120, with a daily wave, or on a steady rise."""
    seconds = step_s * np.arange(rows)
    values = 120.0 + np.random.default_rng(seed).normal(0.0, 4.0, rows)
    if kind == "wave":
        values += 25.0 * np.sin(2.0 * np.pi * seconds / DAY)
    if kind == "rise":
        values += 1.5 * seconds / HOUR
    return values


def alerts_of(values: np.ndarray, step_s: float, direction: Direction, side: float) -> list[int]:
    """Alerts of a series under ``direction``, upside down for values below."""
    plan = plan_of(config(detectors=("auto",), direction=direction))
    times = (T + step_s * np.arange(len(values))).tolist()
    return alerts(step(plan, bank_of(plan), columns((side * values).tolist(), times)))


@pytest.mark.parametrize(("direction", "side"), SIDES)
@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize(
    ("step_s", "rows", "hours"), [(HOUR, 1500, 9), (HOUR, 1500, 22), (HOUR, 1500, 34), (MINUTES, 3500, 7)]
)
def test_the_way_back_is_silent(
    direction: Direction, side: float, kind: str, step_s: float, rows: int, hours: int
) -> None:
    begin = rows - int(60 * HOUR / step_s)
    alerted = 0
    for seed in range(20, 23):
        values = series(kind, rows, step_s, seed)
        values[begin : begin + int(hours * HOUR / step_s)] = 0.0
        alerted += any(row >= begin for row in alerts_of(values, step_s, direction, side))
    assert alerted <= (1 if kind == "wave" else 0)  # an outage lowers the mean of an hour a little


@pytest.mark.parametrize(("direction", "side"), SIDES)
@pytest.mark.parametrize("kind", SERIES)
@pytest.mark.parametrize("after", [-6, 0, 7])
def test_a_spike_during_and_after_an_outage_alerts(
    direction: Direction, side: float, kind: str, after: int
) -> None:
    row = 1418 + after
    for seed in range(30, 32):
        values = series(kind, 1450, HOUR, seed)
        spike = values[row] + 100.0
        values[1400:1418] = 0.0
        values[row] = spike
        assert row in alerts_of(values, HOUR, direction, side)


@pytest.mark.parametrize(("direction", "side"), SIDES)
@pytest.mark.parametrize("later", [4, 6])
def test_a_rise_above_a_new_level_alerts_after_three_days(
    direction: Direction, side: float, later: int
) -> None:
    day = int(DAY / MINUTES)
    row = (20 + later) * day
    for seed in (40, 41):
        values = series("level", row + 20, MINUTES, seed)
        values[20 * day :] -= 80.0
        values[row:] += 50.0  # still below the level before
        found = alerts_of(values, MINUTES, direction, side)
        assert any(one >= row for one in found)


@pytest.mark.parametrize(("direction", "side"), SIDES)
@pytest.mark.parametrize(("step_s", "rows"), [(HOUR, 1500), (MINUTES, 6000)])
def test_the_learning_is_that_of_both_sides(
    direction: Direction, side: float, step_s: float, rows: int
) -> None:
    """What is expected does not depend on the direction, but while an incident lasts that one reports."""
    values = series("wave", rows, step_s, 50)
    values[rows - 100 : rows - 80] = 0.0
    times = (T + step_s * np.arange(len(values))).tolist()
    found = []
    for one in (direction, Direction.BOTH):
        plan = plan_of(config(detectors=("auto",), direction=one, publish=Publish.ALL))
        found.append(step(plan, bank_of(plan), columns((side * values).tolist(), times)))
    outside = np.r_[0 : rows - 99, rows - 80 : rows]
    np.testing.assert_array_equal(found[0].expected[outside], found[1].expected[outside])
