import logging

import pytest
from confluent_kafka import Producer

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.config_topic import config_context, delete_configs, publish_configs, read_configs
from anomaly_stream.kafka.topics import TopicNames, create_topics
from anomaly_stream.registry.parsing import parse_document
from tests.kafka.test_topics import settings_of


def test_configs_come_back_as_published(kafka: str, namespace: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_of(kafka, namespace)
    create_topics(settings)
    registry = read_configs(settings)
    assert len(registry) == 0
    parsed = parse_document("[{metric: a}, {metric: b}, {metric: c}]", "f.yaml", config_context(settings))
    records = [record for config in parsed if (record := registry.revise(config, "ann", 17)) is not None]
    publish_configs(settings, records)
    delete_configs(settings, ["b"])
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(TopicNames.of(settings).configs, b"{rubbish", b"a")
    assert producer.flush(10) == 0
    with caplog.at_level(logging.WARNING):
        found = read_configs(settings)
    assert list(found) == [records[0], records[2]]
    assert "b'a'" in caplog.text
    assert len(read_configs(settings)) == 2


def test_a_missing_topic_says_what_to_do(kafka: str, namespace: str) -> None:
    with pytest.raises(TopicError, match="topics create"):
        read_configs(settings_of(kafka, namespace))


def test_a_broker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_stream.kafka.config_topic._TIMEOUT_S", 0.5)
    with pytest.raises(BrokerError, match="cannot be reached"):
        read_configs(settings_of("127.0.0.1:1", ""))
