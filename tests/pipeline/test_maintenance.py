"""Values in a window of maintenance are scored, and have no effect on what follows."""

from typing import Any

import msgspec
import pytest

from anomaly_stream.model import MetricType
from anomaly_stream.model.config import MaintenanceWindow
from anomaly_stream.pipeline.pipeline import Pipeline
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of
from tests.pipeline.test_loaded_baselines import CONFIGS, STEP, UNITS, state, values

FIRST, LAST, END = 200, 230, 400
"""Numbers of the first and the last value in the window, and of all values."""


def disturbed(everything: list[bytes]) -> list[bytes]:
    """Other values in the window, except for the last of each series: the next rate of a counter needs it."""
    found = list(everything)
    for row in range(FIRST * len(UNITS), LAST * len(UNITS)):
        read = msgspec.json.decode(everything[row])
        found[row] = message(read["labels"]["unit"], 5000.0 + 700.0 * (row % 5), read["timestamp"])
    return found


def readings(fields: dict[str, Any]) -> list[bytes]:
    """The values, or for a counter the totals that rise by them."""
    if fields.get("metric_type") != MetricType.COUNTER:
        return values(END)
    totals, found = dict.fromkeys(UNITS, 0.0), []
    for one in map(msgspec.json.decode, values(END)):
        unit = one["labels"]["unit"]
        totals[unit] += one["value"]
        found.append(message(unit, totals[unit], one["timestamp"]))
    return found


@pytest.mark.parametrize("fields", CONFIGS.values(), ids=CONFIGS)
def test_what_is_in_the_window_changes_nothing_behind_it(fields: dict[str, Any]) -> None:
    window = MaintenanceWindow(1000.0 + STEP * FIRST, 1000.0 + STEP * (LAST + 1))
    plan = plan_of(config(maintenance=(window,), **fields))
    everything = readings(fields)
    usual, other = Pipeline(plan, SOURCES), Pipeline(plan, SOURCES)
    expected = [score.body for score in feed(usual, everything).scores]
    output = feed(other, disturbed(everything))
    found = [score.body for score in output.scores]
    inside = [one for one in found if window.begin <= one.timestamp < window.end]
    assert len(inside) == (LAST + 1 - FIRST) * len(UNITS)
    assert {one.status for one in inside} & {"anomaly"}
    assert [one for one in found if one.timestamp >= window.end] == [
        one for one in expected if one.timestamp >= window.end
    ]
    assert state(other) == state(usual)
    assert output.outcome is not None
    assert output.outcome.counts.not_learned == len(inside)


def test_a_config_without_the_window_learns() -> None:
    window = MaintenanceWindow(1000.0 + STEP * FIRST, 1000.0 + STEP * (LAST + 1))
    plan = plan_of(config("one", maintenance=(window,)), config("two"))
    output = feed(Pipeline(plan, SOURCES), values(END))
    assert output.outcome is not None
    assert output.outcome.counts.not_learned == (LAST + 1 - FIRST) * len(UNITS)
    alone = feed(Pipeline(plan_of(config("two")), SOURCES), values(END))
    assert [one.body for one in output.scores if one.body.config_id == "two"] == [
        one.body for one in alone.scores
    ]


def test_a_value_that_is_taught_is_learned_in_the_window_too() -> None:
    plan = plan_of(config(maintenance=(MaintenanceWindow(0.0, 1e9),)))
    pipeline = Pipeline(plan, SOURCES)
    taught = [message("a", float(n % 7), 60.0 * n).replace(b"{", b'{"learn":true,', 1) for n in range(1, 60)]
    first = feed(pipeline, taught).outcome
    second = feed(pipeline, [message("a", 900.0, 60.0 * 60)], len(taught))
    assert first is not None
    assert (first.counts.learned, first.counts.not_learned) == (59, 0)
    assert second.scores[0].body.status == "anomaly"
