import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topic_setup import check_topics, create_topics
from anomaly_stream.kafka.topics import TopicNames, topic_specs
from anomaly_stream.settings import Settings, load_settings


def settings_of(kafka: str, namespace: str, **variables: str) -> Settings:
    given = {"KAFKA__BOOTSTRAP_SERVERS": kafka, "NAMESPACE": namespace, **variables}
    return load_settings(environ={f"ANOMALY_STREAM_{name}": value for name, value in given.items()})


def faults(settings: Settings) -> list[str]:
    with pytest.raises(TopicError) as caught:
        check_topics(settings)
    return str(caught.value).splitlines()


def make(admin: AdminClient, *topics: NewTopic) -> None:
    for created in admin.create_topics(list(topics)).values():
        created.result(timeout=20)


def test_names_stand_behind_the_namespace() -> None:
    names = TopicNames.of(settings_of("a:1", "staging", TOPICS__METRICS="flow,host"))
    assert names == TopicNames(
        app_id="staging-anomaly-stream",
        metrics=("staging-flow", "staging-host"),
        configs="staging-anomaly-configs",
        alerts="staging-anomaly-alerts",
        scores="staging-anomaly-scores",
        groups="staging-anomaly-groups",
        dead_letter="staging-anomaly-dead-letter",
        changelog="staging-anomaly-stream-state-changelog",
        formats={"staging-flow": "json", "staging-host": "json"},
    )


def test_two_of_three_copies_must_acknowledge() -> None:
    settings = settings_of("a:1", "", TOPICS__REPLICATION_FACTOR="3")
    assert all(spec.config()["min.insync.replicas"] == "2" for spec in topic_specs(settings))


def test_created_topics_pass_the_check(kafka: str, namespace: str) -> None:
    settings = settings_of(kafka, namespace, TOPICS__METRICS="flow,host", TOPICS__PARTITIONS="3")
    assert len(faults(settings)) == 8
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


def test_too_few_copies_are_said(kafka: str, namespace: str) -> None:
    create_topics(settings_of(kafka, namespace))
    found = faults(settings_of(kafka, namespace, TOPICS__REPLICATION_FACTOR="2"))
    assert len(found) == 7
    assert all("has replication factor 1, not 2" in fault for fault in found)


def test_a_generation_tells_a_topic_from_its_successor(
    kafka: str, admin: AdminClient, namespace: str
) -> None:
    settings = settings_of(kafka, namespace)
    names = TopicNames.of(settings)
    create_topics(settings)
    generations = TopicGenerations(settings).current([names.metrics[0], names.alerts])
    assert generations == TopicGenerations(settings).current([names.metrics[0], names.alerts])
    assert len(set(generations.values())) == 2
    assert all(0 < generation < 2**63 for generation in generations.values())
    with pytest.raises(TopicError, match="does not exist"):
        TopicGenerations(settings).current([f"{namespace}-absent"])


def test_a_broker_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anomaly_stream.kafka.topic_setup.TIMEOUT_S", 0.5)
    with pytest.raises(BrokerError, match="cannot be reached"):
        check_topics(settings_of("127.0.0.1:1", ""))
