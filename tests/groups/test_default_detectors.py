"""A group whose config names no detectors: those of its interval judge it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from anomaly_stream.formats.lines import records_of
from anomaly_stream.formats.outcomes import Output
from anomaly_stream.groups.detectors.registry import OF_MINUTES, OF_SECONDS
from anomaly_stream.groups.group_pipeline import GroupStage
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import SeverityBands
from anomaly_stream.model.group import GroupConfig
from tests.groups.streams import group, messages, vectors

MINUTES = 300.0
DAY = 288
NIGHT = 20 * DAY + 30


def stage_of(config: GroupConfig) -> GroupStage:
    return GroupStage(compile_groups([config], SeverityBands()))


def of(interval: float, **fields: object) -> GroupConfig:
    return group(interval_s=interval, lateness_s=100 * interval, **fields)


def taken(stage: GroupStage, values: NDArray[np.float64], interval: float) -> Output:
    return stage.process(records_of(messages(values, interval=interval), "groups", 0))


def daily(noon_at: int | None = None) -> NDArray[np.float64]:
    """21 days by 5 minutes; every member is high at noon, and for an hour from ``noon_at`` on."""
    random = np.random.default_rng(4)
    slot = np.arange(21 * DAY)
    rhythm = -np.cos(2 * np.pi * slot / DAY)
    if noon_at is not None:
        rhythm[noon_at : noon_at + 12] = 1.0
    return 50.0 + 10.0 * rhythm[:, None] + random.normal(size=(len(slot), 5))


@pytest.mark.parametrize(
    ("interval", "detectors"), [(10.0, OF_SECONDS), (59.0, OF_SECONDS), (60.0, OF_MINUTES)]
)
def test_the_interval_says_which(interval: float, detectors: tuple[str, ...]) -> None:
    (compiled,) = stage_of(of(interval)).instances.plan.compiled
    assert tuple(name for name, _ in compiled.detectors) == detectors
    assert compiled.shape == stage_of(of(interval, detectors=detectors)).instances.plan.compiled[0].shape


@pytest.mark.parametrize("interval", [10.0, MINUTES])
def test_a_relation_that_breaks_is_found_at_any_interval(interval: float) -> None:
    found = taken(stage_of(of(interval)), vectors(1500, broken_from=1000), interval)
    fired = found.alerts[0].body
    assert (fired.status, fired.reason) == ("firing", "correlation_break")
    assert 1000 * interval < fired.timestamp < 1200 * interval
    assert "correlation broke between cpu and load" in fired.explanation


def test_values_of_noon_at_night_are_found_where_members_have_days() -> None:
    """Each value is usual for its member, and the relations of members are as ever."""
    assert not taken(stage_of(of(MINUTES)), daily(), MINUTES).alerts
    events = [alert.body for alert in taken(stage_of(of(MINUTES)), daily(NIGHT), MINUTES).alerts]
    fired = events[0]
    assert (fired.status, fired.reason) == ("firing", "members_unusual")
    assert NIGHT * MINUTES <= fired.timestamp < (NIGHT + 12) * MINUTES
    assert fired.group.members["cpu"].expected == pytest.approx(42.0, abs=4.0)
    assert fired.explanation.count("of the deviation)") >= 2
    assert "; by chance rarer than once in the " in fired.explanation


def test_a_slower_interval_begins_anew_and_opens_no_alert() -> None:
    stage = stage_of(of(30.0))
    assert not taken(stage, vectors(500), 30.0).alerts
    stage.change_plan(compile_groups([of(60.0)], SeverityBands()))
    (restarted,) = stage.instances.by_key.values()
    assert restarted.vectors == 0
    assert not taken(stage, vectors(400) + 100.0, 60.0).alerts
    assert restarted.vectors > 300
