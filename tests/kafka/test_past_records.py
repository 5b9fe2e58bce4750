import time

import numpy as np
from confluent_kafka import Producer

from anomaly_stream.kafka.past_records import ReadBounds, read_past
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
