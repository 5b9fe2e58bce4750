import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.topic_setup import check_topics, create_topics
from anomaly_stream.kafka.topics import TopicNames, topic_specs
from anomaly_stream.settings import Settings
from tests.kafka.test_topics import settings_of


def faults(settings: Settings) -> list[str]:
    with pytest.raises(TopicError) as caught:
        check_topics(settings)
    return str(caught.value).splitlines()


def make(admin: AdminClient, *topics: NewTopic) -> None:
    for created in admin.create_topics(list(topics)).values():
        created.result(timeout=20)


def test_created_topics_pass_the_check(kafka: str, namespace: str) -> None:
    settings = settings_of(kafka, namespace, TOPICS__METRICS="flow,host", TOPICS__PARTITIONS="3")
    assert len(faults(settings)) == len(topic_specs(settings)) == 16
    assert create_topics(settings) == [spec.name for spec in topic_specs(settings)]
    assert create_topics(settings) == []
    check_topics(settings)


def test_a_mismatch_says_what_to_do(kafka: str, admin: AdminClient, namespace: str) -> None:
    settings = settings_of(kafka, namespace)
    names = TopicNames.of(settings)
    make(
        admin,
        NewTopic(names.metrics[0], 2, 1),
        NewTopic(names.configs, 2, 1),
        NewTopic(names.alerts, 1, 1),
        NewTopic(names.changelog, 4, 1),
    )
    create_topics(settings)
    found = faults(settings)
    assert len(found) == 4
    assert found[0].startswith(f"topic {names.metrics[0]} has 2 partitions, not 4: set topics.partitions")
    assert found[1].startswith(f"topic {names.configs} has 2 partitions, not 1: delete it")
    assert "cleanup.policy=compact" in found[2]
    assert found[3].startswith(f"topic {names.changelog} has cleanup.policy delete")


def test_too_few_copies_are_reported(kafka: str, namespace: str) -> None:
    created = create_topics(settings_of(kafka, namespace))
    found = faults(settings_of(kafka, namespace, TOPICS__REPLICATION_FACTOR="2"))
    assert len(found) == len(created)
    assert all("has replication factor 1, not 2" in fault for fault in found)


def test_a_broker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_stream.kafka.topic_setup.TIMEOUT_S", 0.5)
    with pytest.raises(BrokerError, match="cannot be reached"):
        check_topics(settings_of("127.0.0.1:1", ""))
