"""Heartbeats: when they are due, and when a partition acts on them."""

from typing import Any

from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.stream.partitions.heartbeat import Heartbeat
from anomaly_stream.stream.partitions.idleness import CHECK_S, Idleness
from anomaly_stream.stream.partitions.partition import Partition
from tests.engine.crashes import checkpoint
from tests.engine.flow import SOURCES, feed
from tests.engine.inputs import plan_of
from tests.pipeline.test_no_data import START, asking, minutes, silent


def partition_of(*configs: Any) -> Partition:
    return Partition(0, plan_of(*(configs or (asking(),))), GroupPlan(), SOURCES, "groups")


def checks(partition: Partition, end: int, first: int, last: int) -> list[bool]:
    """Whether a heartbeat was proposed at each check."""
    return [partition.propose_heartbeat("metrics", end, CHECK_S * i) for i in range(first, last)]


def test_a_pause_goes_on_from_the_clock_of_its_topic() -> None:
    idleness = Idleness()
    times = [idleness.silent_until("metrics", 7, START, 1000.0 + now) for now in (0.0, 10.0, 20.0)]
    assert times == [START, START + 10.0, START + 20.0]
    assert idleness.silent_until("metrics", 8, START + 60.0, 1030.0) == START + 60.0
    assert idleness.silent_until("metrics", 8, START + 60.0, 1040.0) == START + 70.0


def test_time_in_which_kafka_was_away_does_not_count() -> None:
    idleness = Idleness()
    idleness.silent_until("metrics", 7, START, 0.0)
    assert idleness.silent_until("metrics", 7, START, 3600.0) == START + 30.0


def test_it_is_proposed_to_a_partition_that_has_processed_all() -> None:
    partition = partition_of()
    assert checks(partition, 0, 0, 3) == [False] * 3
    feed(partition, minutes(0, 30, "a"))
    assert checks(partition, 31, 3, 6) == [False] * 3
    assert checks(partition, 30, 6, 9) == [False, True, True]


def test_without_no_data_there_is_none() -> None:
    partition = partition_of(asking(no_data_s=0.0, no_data_steps=0.0))
    feed(partition, minutes(0, 30, "a"))
    assert partition.clocked_topics == []
    assert checks(partition, 30, 0, 9) == [False] * 9


def test_it_is_acted_on_once_it_is_durable() -> None:
    partition, state = partition_of(), dict[bytes, bytes]()
    feed(partition, minutes(0, 30, "a"))
    checks(partition, 30, 0, 40)
    assert not partition.awaits_position
    checkpoint(partition, state)
    assert partition.awaits_position
    heir = partition_of()
    heir.load(sorted(state.items()))
    outputs = [one.act_on_heartbeat() for one in (partition, heir)]
    ((event,), again) = ([each for output in found for each in silent(output)] for found in outputs)
    assert (event.status, event.source, again) == ("firing", None, [event])
    assert (partition.awaits_position, heir.awaits_position) == (False, False)
    assert partition.pipeline.no_data.clocks == heir.pipeline.no_data.clocks
    checkpoint(partition, state)
    assert partition.act_on_heartbeat() == []


def test_records_that_come_before_it_is_written_take_it_back() -> None:
    partition, state = partition_of(), dict[bytes, bytes]()
    feed(partition, minutes(0, 30, "a"))
    checks(partition, 30, 0, 40)
    feed(partition, minutes(30, 31, "a"), 30)
    checkpoint(partition, state)
    assert not partition.awaits_position


def test_what_was_written_stays_until_it_is_acted_on() -> None:
    heartbeat = Heartbeat()
    heartbeat.propose("metrics", 10.0, {"metrics": 1})
    assert heartbeat.take_proposed({"metrics": 1}) == {"metrics": 10.0}
    assert heartbeat.take_proposed({"metrics": 1}) == {"metrics": 10.0}
    assert heartbeat.take_written() == {"metrics": 10.0}
    assert heartbeat.take_proposed({"metrics": 1}) == {}
