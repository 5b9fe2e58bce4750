import socket

import pytest
from confluent_kafka.admin import AdminClient

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.admin import is_embedded
from anomaly_stream.kafka.config_topic import config_context, read_configs
from anomaly_stream.kafka.config_writer import config_writer
from anomaly_stream.kafka.embedded import EmbeddedBroker
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topic_setup import check_topics, create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.registry.parsing import parse_document
from anomaly_stream.registry.registry import Registry
from tests.kafka.test_topics import settings_of


def test_topics_and_configs_live_on_the_embedded_broker() -> None:
    with EmbeddedBroker() as broker:
        assert broker.bootstrap_servers.startswith("127.0.0.1:")
        settings = settings_of(broker.bootstrap_servers, "")
        assert is_embedded(settings)
        create_topics(settings)
        check_topics(settings)
        names = TopicNames.of(settings)
        assert len(set(TopicGenerations(settings).current([*names.metrics, names.alerts]).values())) == 2
        (parsed,) = parse_document("metric: a", "f.yaml", config_context(settings))
        record = Registry(config_context(settings)).revise(parsed, "ann", 1)
        assert record is not None
        with config_writer(settings) as writer:
            writer.write(lambda _: [record])
        assert list(read_configs(settings)) == [record]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(broker.bootstrap_servers.split(":")[1])), 1.0)


def test_a_taken_port_is_reported() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(BrokerError, match="cannot listen"):
            EmbeddedBroker(listener.getsockname()[1]).start()


def test_stopping_twice_is_harmless() -> None:
    broker = EmbeddedBroker().start()
    assert AdminClient({"bootstrap.servers": broker.bootstrap_servers}).list_topics(timeout=5).brokers
    broker.stop()
    broker.stop()


def test_apache_kafka_is_not_taken_for_the_embedded_broker(apache: str) -> None:
    assert not is_embedded(settings_of(apache, ""))
