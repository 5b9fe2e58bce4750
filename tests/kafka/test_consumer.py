"""Questions to a broker while a partition has no leader, as in the moment after its creation."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.consumer import NO_LEADER, asked


def failing(*codes: int) -> list[KafkaException]:
    return [KafkaException(KafkaError(code)) for code in codes]


def test_a_question_is_repeated_until_there_is_a_leader() -> None:
    failures = failing(*sorted(NO_LEADER))

    def question() -> str:
        if failures:
            raise failures.pop()
        return "answer"

    assert asked(question) == "answer"


def test_another_error_is_reported_at_once() -> None:
    failures = failing(KafkaError.TOPIC_AUTHORIZATION_FAILED)

    def question() -> None:
        raise failures.pop()

    with pytest.raises(BrokerError, match="authorization"):
        asked(question)
