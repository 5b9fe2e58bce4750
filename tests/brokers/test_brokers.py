"""The broker of the run keeps its records, on which the other tests rely."""

import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.conftest import TopicFactory


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(30) == 0


def consume(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values: list[bytes | None] = []
    deadline = time.monotonic() + 30
    while len(values) < count and time.monotonic() < deadline:
        values += [message.value() for message in consumer.consume(count, 0.5) if message.error() is None]
    consumer.close()
    return values


def test_values_come_back_in_order(kafka: str, topic: TopicFactory) -> None:
    name = topic()
    sent = [b"%d" % number for number in range(1000)]
    produce(kafka, name, sent)
    assert consume(kafka, name, len(sent)) == sent


def test_topic_has_the_asked_shape(admin: AdminClient, topic: TopicFactory) -> None:
    name = topic("shaped", partitions=3, cleanup_policy="compact")
    assert len(admin.list_topics(name, timeout=10).topics[name].partitions) == 3
