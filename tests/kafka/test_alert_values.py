"""The values before alert events, read back from Kafka."""

import json

import numpy as np
from confluent_kafka import Producer

from anomaly_stream.alerts.identity import alert_id
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.groups.messages import VALUE, encode_values, member_number
from anomaly_stream.kafka.alert_values import _ranges, values_before
from anomaly_stream.model import AlertEvent, Series
from anomaly_stream.model.past_values import GroupValues, PastValue
from tests.conftest import TopicFactory
from tests.history.messages import NOW, alert_event
from tests.kafka.test_topics import settings_of

STEP = 10.0


def fill(kafka: str, name: str, records: int, hosts: int) -> None:
    """One value of each host in turn, in partition 1."""
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    for n in range(records):
        document = {
            "metric": "load",
            "labels": {"host": str(n % hosts)},
            "timestamp": NOW + STEP * n,
            "value": n,
        }
        producer.produce(name, json.dumps(document).encode(), partition=1)
    assert producer.flush(30) == 0


def event(topic: str, offset: int, hosts: int, status: str = "firing") -> AlertEvent:
    """Of the host whose value is at ``offset``."""
    at = NOW + STEP * offset
    series = Series.of("load", {"host": str(offset % hosts)})
    source = {"topic": topic, "partition": 1, "offset": offset}
    return decode_alert(
        alert_event(alert_id("load", series, at), status, at, at, value=float(offset), source=source)
    )


def test_values_are_read_back_as_far_as_they_are_needed(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name, hosts = topic(partitions=2), 100
    fill(kafka, name, 6_500, hosts)
    settings = settings_of(kafka, "", TOPICS__METRICS=name)
    early, late, old = event(name, 150, hosts), event(name, 6_400, hosts), event(name, 4_000, hosts)
    of_group = decode_alert(alert_event("group", source={"topic": "groups", "partition": 0, "offset": 1}))
    found = values_before(settings, [late, old, early, of_group], count=50, seconds=60)
    assert [each.value for each in found[early.event_id]] == [50.0, 150.0]
    assert [each.value for each in found[late.event_id]] == [float(n) for n in range(1_500, 6_401, 100)]
    assert [each.time for each in found[old.event_id]] == [NOW + STEP * n for n in range(0, 4_001, 100)]
    assert len(found) == 3


def test_thousands_of_alerts_of_a_partition_share_a_read(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name, hosts = topic(partitions=2), 3_000
    fill(kafka, name, 9_000, hosts)
    settings = settings_of(kafka, "", TOPICS__METRICS=name)
    events = [event(name, offset, hosts) for offset in range(6_000, 9_000)]
    found = values_before(settings, events, count=60)
    assert len(found) == hosts
    for each in events[::100]:
        assert each.source is not None
        expected = [float(each.source.offset - 3_000 * ago) for ago in (2, 1, 0)]
        assert [one.value for one in found[each.event_id]] == expected  # type: ignore[union-attr]


def test_the_members_of_a_group_are_read_back_from_the_groups_topic(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name = topic(partitions=2)
    settings = settings_of(kafka, "", TOPICS__GROUPS=name)
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    for n in range(3_000):  # two instances in turn
        rows = np.zeros(2, VALUE)
        rows["member"] = member_number("cpu"), member_number("disk")
        rows["time"], rows["value"] = NOW + STEP * n, (n, -n)
        key = Series.of("host", {"host": str(n % 2)}).key
        producer.produce(name, encode_values(rows), key, partition=1)
    assert producer.flush(30) == 0
    members = {
        member: {"value": value, "expected": None, "share": share}
        for member, value, share in (("disk", -2_990.0, -0.3), ("cpu", 2_990.0, 0.7))
    }
    fired = decode_alert(
        alert_event(
            "g",
            at=NOW + STEP * 2_990,
            source={"topic": name, "partition": 1, "offset": 2_994},
            group={"members": members, "pairs": []},
        )
    )
    found = values_before(settings, [fired], count=1_200)[fired.event_id]
    assert isinstance(found, GroupValues)
    assert [(member.name, member.share, len(member.values)) for member in found.members] == [
        ("cpu", 0.7, 1_200),
        ("disk", -0.3, 1_200),
    ]
    assert found.members[0].values[-1] == PastValue(NOW + STEP * 2_990, 2_990.0)


def test_reading_that_is_stopped_gives_no_half_values(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name = topic(partitions=2)
    fill(kafka, name, 100, 1)
    settings = settings_of(kafka, "", TOPICS__METRICS=name)
    assert values_before(settings, [event(name, 99, 1)], count=60, stopped=lambda: True) == {}


def test_no_time_means_no_values_and_not_half_of_them(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name = topic(partitions=2)
    fill(kafka, name, 100, 1)
    settings = settings_of(kafka, "", TOPICS__METRICS=name)
    assert values_before(settings, [event(name, 99, 1)], count=60, seconds=0.0) == {}


def test_events_near_each_other_share_one_read() -> None:
    events = [event("metrics", offset, 1) for offset in (10_000, 100, 1_500, 3_600)]
    found = [(each.first, each.last, len(each.events)) for each in _ranges(events, 2_000)]
    assert found == [(0, 1_500, 2), (1_601, 3_600, 1), (8_001, 10_000, 1)]


def test_a_range_has_at_most_twice_the_records_of_one_event() -> None:
    events = [event("metrics", offset, 1) for offset in range(0, 100_000, 500)]
    found = list(_ranges(events, 2_000))
    assert max(each.last - each.first for each in found) < 4_000
    assert sum(len(each.events) for each in found) == len(events)
