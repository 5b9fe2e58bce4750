import pytest

from anomaly_stream.errors import TopicError
from anomaly_stream.kafka.topic_generations import TopicGenerations
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from tests.kafka.test_topics import settings_of


def test_a_generation_tells_a_topic_from_its_successor(kafka: str, namespace: str) -> None:
    settings = settings_of(kafka, namespace)
    names = TopicNames.of(settings)
    create_topics(settings)
    generations = TopicGenerations(settings).current([names.metrics[0], names.alerts])
    assert generations == TopicGenerations(settings).current([names.metrics[0], names.alerts])
    assert len(set(generations.values())) == 2
    assert all(0 < generation < 2**63 for generation in generations.values())
    with pytest.raises(TopicError, match="does not exist"):
        TopicGenerations(settings).current([f"{namespace}-absent"])
