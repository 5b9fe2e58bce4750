"""Alerts counted by the hour of their event time."""

import numpy as np
import pytest

from anomaly_stream.formats.lines import records_of
from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.groups.plan import compile_groups
from anomaly_stream.model import Series, SeverityBands
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.flow import SOURCES, feed, message
from tests.engine.inputs import config, plan_of
from tests.stream.test_gauges import group_partition

HOUR = 3600.0
DAY = 24 * HOUR
CONFIG = config("a", min_observations=5, baseline_period_s=1e9)


def partition() -> Partition:
    return Partition(0, plan_of(CONFIG), compile_groups([], SeverityBands()), SOURCES, "groups")


def rows(first: float, count: int, step_s: float, spikes: tuple[int, ...] = ()) -> list[bytes]:
    return [
        message("u", 900.0 if row in spikes else 10.0 + row % 3, first + step_s * row) for row in range(count)
    ]


@pytest.mark.parametrize("batch", [10, 997, 14 * 288])
def test_a_backfill_counts_its_last_day_however_it_is_cut(batch: int) -> None:
    """Two weeks with four alerts a day, read at once: the counts are those of a day, not of the two weeks."""
    subject, steps = partition(), 14 * 288
    spikes = tuple(range(300, steps, 72))
    messages = rows(DAY, steps, 300.0, spikes)
    for first in range(0, steps, batch):
        feed(subject, messages[first : first + batch], first)
    found = subject.recent_alerts
    assert 23 * HOUR <= found.covered_s <= DAY
    assert 3 <= found.total()["a"] <= 4
    feed(subject, rows(15 * DAY, 12, 300.0), steps)
    assert 3 <= found.total()["a"] <= 4


def test_what_is_older_than_the_first_value_is_not_counted() -> None:
    subject = partition()
    feed(subject, [message("other", 10.0, 5 * DAY)])
    feed(subject, rows(DAY, 60, 60.0, (40,)), 1)
    assert subject.recent_alerts.covered_s == 0.0
    assert not subject.recent_alerts.total()
    feed(subject, rows(5 * DAY + 60.0, 60, 60.0, (40,)), 61)
    assert subject.recent_alerts.covered_s == HOUR
    assert subject.recent_alerts.total() == {"a": 1}


def test_a_time_that_is_ahead_of_kafka_moves_nothing_further_than_kafka() -> None:
    subject = partition()
    for row in range(3):
        feed(
            subject,
            [message("u", 10.0, DAY + 60.0 * row + 7 * DAY * (row == 2))],
            row,
            int((DAY + 90.0) * 1000),
        )
    assert subject.recent_alerts.covered_s == 90.0


def test_values_that_are_only_learned_cover_no_time() -> None:
    subject = partition()
    learned = [text.replace(b'{"metric"', b'{"learn":true,"metric"') for text in rows(DAY, 60, 60.0)]
    feed(subject, learned)
    assert subject.recent_alerts.covered_s == 0.0
    feed(subject, rows(2 * DAY, 61, 60.0), 60)
    assert subject.recent_alerts.covered_s == HOUR


def test_vectors_of_groups_cover_time_too() -> None:
    subject = group_partition("last", "gc")
    key = Series.of("grp", {"host": "x"}).key
    for turn in range(100):
        values = np.zeros(3, VALUE)
        values["member"] = [member_number(name) for name in "abc"]
        values["time"], values["value"] = DAY + 60.0 * turn, 10.0 + turn % 3
        subject.process(records_of([(key, encode_values(values))], "groups", turn))
    assert HOUR < subject.recent_alerts.covered_s < 100 * 60.0


def test_a_heartbeat_covers_time_and_its_alerts_count() -> None:
    subject = Partition(
        0,
        plan_of(config("a", min_observations=5, baseline_period_s=1e9, no_data_s=1800.0)),
        compile_groups([], SeverityBands()),
        SOURCES,
        "groups",
    )
    feed(subject, rows(DAY, 60, 60.0))
    subject._heartbeat.written = {"metrics": DAY + 2 * HOUR}
    subject.act_on_heartbeat()
    assert subject.recent_alerts.covered_s == 2 * HOUR
    assert subject.recent_alerts.total() == {"a": 1}
