import time

import numpy as np
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from anomaly_stream.kafka.past_reader import PastReader
from anomaly_stream.kafka.past_records import ReadBounds, held_since, read_past
from anomaly_stream.model import RecordColumns
from tests.conftest import TopicFactory
from tests.kafka.test_topics import settings_of

NOW_MS = int(time.time() * 1000)


def fill(kafka: str, name: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    for n in range(count):
        producer.produce(name, b"%d" % n, partition=n % 2, timestamp=NOW_MS + 1000 * n)
    assert producer.flush(30) == 0


def values(found: list[RecordColumns]) -> list[int]:
    return [
        int(bytes(each.buffer)[start : start + length])
        for each in found
        for start, length in zip(each.value_start.tolist(), each.value_length.tolist(), strict=True)
    ]


def test_records_come_by_partition_with_offsets_and_times(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name = topic(partitions=2)
    fill(kafka, name, 20)
    settings = settings_of(kafka, namespace)
    found = list(read_past(settings, [name], ReadBounds()))
    assert values(found) == [*range(0, 20, 2), *range(1, 20, 2)]
    assert [each.partition for each in found] == [0, 1]
    assert found[1].offset.tolist() == list(range(10))
    assert found[1].timestamp_ms.tolist() == [NOW_MS + 1000 * n for n in range(1, 20, 2)]
    assert np.array_equal(found[0].key_length, np.zeros(10))


def test_reading_is_bounded(kafka: str, namespace: str, topic: TopicFactory) -> None:
    name = topic(partitions=2)
    fill(kafka, name, 20)
    settings = settings_of(kafka, namespace)

    def read(bounds: ReadBounds) -> list[int]:
        return values(list(read_past(settings, [name], bounds)))

    assert read(ReadBounds(since_ms=NOW_MS + 14_500)) == [16, 18, 15, 17, 19]
    assert read(ReadBounds(since_ms=NOW_MS + 1_000_000)) == []
    assert read(ReadBounds(offset=8)) == [16, 18, 17, 19]
    assert read(ReadBounds(limit=13)) == [*range(0, 20, 2), 1, 3, 5]
    assert read(ReadBounds(seconds=0.0)) == []
    wanted = list(read_past(settings, [name], ReadBounds(limit=3), lambda value: value.endswith(b"7")))
    assert values(wanted) == [7, 17]


def test_one_partition_is_read_up_to_an_offset(kafka: str, namespace: str, topic: TopicFactory) -> None:
    name = topic(partitions=2)
    fill(kafka, name, 20)
    found = list(read_past(settings_of(kafka, namespace), [name], ReadBounds(partition=1, last=3)))
    assert values(found) == [1, 3, 5, 7]
    assert {each.partition for each in found} == {1}


def test_a_reader_goes_on_where_it_stopped(kafka: str, namespace: str, topic: TopicFactory) -> None:
    name = topic(partitions=3)
    fill(kafka, name, 20)
    producer = Producer({"bootstrap.servers": kafka, "log_level": 0})
    with PastReader(settings_of(kafka, namespace), [name], NOW_MS + 14_500) as reader:
        first = reader.read()
        assert values([next(first)]) == [16, 18]
        for milliseconds in (0, 20_000):  # a partition that is not read yet is read from the time on
            producer.produce(name, b"%d" % milliseconds, partition=2, timestamp=NOW_MS + milliseconds)
        assert producer.flush(30) == 0
        assert values(list(first)) == [15, 17, 19, 20_000]
        assert values(list(reader.read())) == []
        fill(kafka, name, 4)
        assert sorted(values(list(reader.read()))) == [0, 1, 2, 3]
        assert values(list(reader.read())) == []
        for milliseconds in (0, 1):  # what has come since is read whatever its time
            producer.produce(name, b"%d" % milliseconds, partition=2, timestamp=NOW_MS + milliseconds)
        assert producer.flush(30) == 0
        assert values(list(reader.read())) == [0, 1]


def test_a_partition_that_had_nothing_new_is_read_from_its_end(
    kafka: str, namespace: str, topic: TopicFactory
) -> None:
    name = topic(partitions=2)
    fill(kafka, name, 4)
    with PastReader(settings_of(kafka, namespace), [name], NOW_MS + 1_000_000) as reader:
        assert values(list(reader.read())) == []
        fill(kafka, name, 2)
        assert sorted(values(list(reader.read()))) == [0, 1]


def test_deleted_records_are_noticed(
    apache: str, namespace: str, topic: TopicFactory, admin: AdminClient
) -> None:
    name = topic(partitions=2)
    fill(apache, name, 20)
    settings = settings_of(apache, namespace)
    assert held_since(settings, [name], 0) is None
    (deleted,) = admin.delete_records([TopicPartition(name, 1, 4)]).values()
    deleted.result()
    assert held_since(settings, [name], NOW_MS) == NOW_MS + 9_000
    assert held_since(settings, [name], NOW_MS + 8_000) == NOW_MS + 9_000
    assert held_since(settings, [name], NOW_MS + 9_500) is None
    assert held_since(settings, [name], NOW_MS + 1_000_000) is None
