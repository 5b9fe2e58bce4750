import queue
import threading

import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.config_topic import (
    ConfigUpdate,
    config_context,
    follow_configs,
    read_configs,
)
from anomaly_stream.kafka.publish import publish
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.registry.config_record import ConfigRecord, encode_record
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from anomaly_stream.stream.config_follower import ConfigFollower
from tests.kafka.test_topics import settings_of


def publish_configs(settings: Settings, *records: ConfigRecord | None) -> None:
    """Publish without a transaction, so that offsets have no gaps."""
    written = [encode_record(record) for record in records if record is not None]
    publish(settings, TopicNames.of(settings).configs, written)


def delete_config(settings: Settings, config_id: str) -> None:
    publish(settings, TopicNames.of(settings).configs, [(config_id.encode(), None)])


def test_configs_come_back_as_published(kafka: str, namespace: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_of(kafka, namespace)
    create_topics(settings)
    registry = read_configs(settings)
    assert len(registry) == 0
    parsed = parse_document("[{metric: a}, {metric: b}, {metric: c}]", "f.yaml", config_context(settings))
    records = [record for config in parsed if (record := registry.revise(config, "ann", 17)) is not None]
    publish_configs(settings, *records)
    delete_config(settings, "b")
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(TopicNames.of(settings).configs, b"{rubbish", b"a")
    assert producer.flush(10) == 0
    found = read_configs(settings)
    assert list(found) == [records[0], records[2]]
    assert "not a config record" in str(found.refused["a"])
    assert caplog.text == ""  # commands that only read the configs do not repeat it
    assert len(read_configs(settings)) == 2


def test_what_was_in_force_before_an_offset(kafka: str, namespace: str) -> None:
    settings = settings_of(kafka, namespace)
    create_topics(settings)
    parsed = parse_document("[{metric: a}, {metric: b}]", "f.yaml", config_context(settings))
    records = [Registry(config_context(settings)).revise(config, "ann", 17) for config in parsed]
    publish_configs(settings, *records)
    delete_config(settings, "a")
    past = [read_configs(settings, offset) for offset in range(4)]
    assert [[record.config.id for record in found] for found in past] == [[], ["a"], ["a", "b"], ["b"]]
    assert [found.next_offset for found in past] == [0, 1, 2, 3]
    follower = ConfigFollower(settings, past[3], WorkerMetrics(CollectorRegistry()))
    before = follower.past((past[3].generation, 2))
    assert before is not None
    assert [config.id for config in before.plan.configs] == ["a", "b"]
    assert before.up_to == (past[3].generation, 2)
    assert follower.past((past[3].generation + 1, 2)) is None  # of an earlier topic of the same name


def test_changes_are_followed_within_a_second(
    kafka: str, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(kafka, namespace)
    create_topics(settings)
    known, new = (
        Registry(config_context(settings)).revise(config, "ann", 17)
        for config in parse_document("[{metric: a}, {metric: b}]", "f.yaml", config_context(settings))
    )
    assert known is not None
    assert new is not None
    publish_configs(settings, known)
    registry = read_configs(settings)
    updates: queue.Queue[ConfigUpdate] = queue.Queue()
    stopped = threading.Event()

    def follow() -> None:
        for update in follow_configs(settings, registry, stopped):
            updates.put(update)

    follower = threading.Thread(target=follow)
    follower.start()
    try:
        first = updates.get(timeout=20)
        assert (first.changed, first.refused, list(first.registry)) == (False, 0, [known])
        publish_configs(settings, new)
        second = updates.get(timeout=1)
        assert (second.changed, second.next_offset, list(second.registry)) == (True, 2, [known, new])
        producer = Producer({"bootstrap.servers": kafka})
        producer.produce(TopicNames.of(settings).configs, b"{rubbish", b"a")
        assert producer.flush(10) == 0
        third = updates.get(timeout=1)
        assert (third.changed, third.refused, third.next_offset) == (False, 1, 3)
        assert list(third.registry.refused) == ["a"]
        assert caplog.text.count("'a' on") == 1
        assert "configs delete a" in caplog.text
        delete_config(settings, "a")
        last = updates.get(timeout=1).registry
        assert (list(last), dict(last.refused)) == ([new], {})
    finally:
        stopped.set()
        follower.join(10)
    assert not follower.is_alive()


def test_the_follower_logs_what_it_began_with_once(
    kafka: str, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(kafka, namespace)
    create_topics(settings)
    text = "[{metric: a, baseline_period: 365d}, {metric: b}]"
    registry = Registry(config_context(settings))
    parsed = parse_document(text, "f.yaml", config_context(settings))
    publish_configs(settings, *(registry.revise(one, "ann", 17) for one in parsed))
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(TopicNames.of(settings).configs, b"{rubbish", b"c")
    assert producer.flush(10) == 0
    stopped = threading.Event()
    next(follow_configs(settings, read_configs(settings), stopped))
    stopped.set()
    assert caplog.text.count("'c' on") == 1
    assert caplog.text.count("Config 'a': baseline_period: has no effect") == 1
    assert "Config 'b'" not in caplog.text


def test_a_missing_topic_says_what_to_do(kafka: str, namespace: str) -> None:
    with pytest.raises(TopicError, match="topics create"):
        read_configs(settings_of(kafka, namespace))


def test_a_broker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_stream.kafka.consumer.TIMEOUT_S", 0.5)
    with pytest.raises(
        BrokerError, match=r"cannot be reached, or refused: 127\.0\.0\.1:1: connection refused"
    ):
        read_configs(settings_of("127.0.0.1:1", ""))
