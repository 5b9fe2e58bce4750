"""The topics of the history: reading continues after what is recorded, and what Kafka deleted is counted."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.history import source as module
from anomaly_stream.history.batch import Record
from anomaly_stream.history.source import TopicsSource
from anomaly_stream.kafka.config_topic import AUTHOR_HEADER
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.settings import Settings
from tests.kafka.test_topics import settings_of


@contextmanager
def opened(settings: Settings) -> Iterator[TopicsSource]:
    source = TopicsSource(settings)
    try:
        yield source
    finally:
        source.close()


def publish(settings: Settings, topic: str, *values: bytes | None, author: str = "") -> None:
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap_servers, "log_level": 0})
    headers = {AUTHOR_HEADER: author} if author else None
    for value in values:
        producer.produce(topic, value, key="key", partition=0, headers=headers)
    assert producer.flush(10) == 0


def read(source: TopicsSource, count: int) -> list[Record]:
    found: list[Record] = []
    deadline = time.monotonic() + 30
    while len(found) < count and time.monotonic() < deadline:
        found += source.poll(100, 0.2)
    for _ in range(2):
        found += source.poll(100, 0.2)
    return found


@pytest.fixture
def settings(apache: str, namespace: str) -> Settings:
    made = settings_of(apache, namespace, TOPICS__PARTITIONS="2")
    create_topics(made)
    return made


def test_reading_continues_after_the_recorded_positions(settings: Settings) -> None:
    names = TopicNames.of(settings)
    publish(settings, names.alerts, b"0", b"1", b"2")
    publish(settings, names.configs, None, author="ann")
    with opened(settings) as source:
        start = source.start({(names.alerts, 0): 1})
        assert start.missed == 0
        assert set(start.positions) == {
            (names.configs, 0),
            (names.feedback, 0),
            *((topic, number) for topic in (names.alerts, names.scores) for number in (0, 1)),
        }
        found = {(each.topic, each.offset): each for each in read(source, 3)}
        assert sorted(found) == sorted([(names.alerts, 1), (names.alerts, 2), (names.configs, 0)])
        deleted = found[names.configs, 0]
        assert (deleted.key, deleted.value, deleted.author) == (b"key", None, "ann")
        assert abs(deleted.timestamp_ms / 1000 - time.time()) < 60
        assert source.positions == source.ends()
        assert source.positions[names.alerts, 0] == 3


def test_records_that_kafka_deleted_are_counted_and_logged(
    settings: Settings, admin: AdminClient, caplog: pytest.LogCaptureFixture
) -> None:
    topic = TopicNames.of(settings).alerts
    publish(settings, topic, *(b"%d" % number for number in range(6)))
    (deleted,) = admin.delete_records([TopicPartition(topic, 0, 4)]).values()
    deleted.result(20)
    with caplog.at_level(logging.ERROR), opened(settings) as source:
        assert source.start({(topic, 0): 1}).missed == 3
        assert [each.offset for each in read(source, 2)] == [4, 5]
    assert f"{topic}-0 is recorded up to offset 1, and Kafka has 4 to 6" in caplog.text


def test_a_topic_that_was_created_again_is_read_from_its_start(settings: Settings) -> None:
    topic = TopicNames.of(settings).alerts
    publish(settings, topic, b"0")
    with opened(settings) as source:
        assert source.start({(topic, 0): 1000}).missed == 0
        assert [each.offset for each in read(source, 1)] == [0]


def test_new_partitions_are_noticed(
    settings: Settings, admin: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = TopicNames.of(settings).alerts
    monkeypatch.setattr(module, "_NEW_PARTITIONS_S", 0.0)
    with opened(settings) as source:
        source.start({})
        source.poll(10, 0.1)
        admin.create_partitions([NewPartitions(topic, 3)])[topic].result(20)
        with pytest.raises(BrokerError, match="new partitions"):
            read(source, 1)


def test_a_missing_topic_is_an_error_with_its_cure(kafka: str, namespace: str) -> None:
    with pytest.raises(TopicError, match="topics create"):
        TopicsSource(settings_of(kafka, namespace))
