"""The end of a topic after its leader has changed."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka import topic_view
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.settings import Settings


class Admin:
    """An admin client, which gets the same answer to each question, as one of librdkafka does."""

    def __init__(self, answer: int | KafkaException) -> None:
        self._answer = answer

    def list_offsets(self, asked: dict[Any, Any], **_: Any) -> dict[Any, "Future[Any]"]:
        future: Future[Any] = Future()
        if isinstance(self._answer, KafkaException):
            future.set_exception(self._answer)
        else:
            future.set_result(SimpleNamespace(offset=self._answer))
        return dict.fromkeys(asked, future)


def failure(code: int) -> KafkaException:
    return KafkaException(KafkaError(code))


def test_a_client_that_knows_the_old_leader_only_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = iter([Admin(failure(KafkaError.FENCED_LEADER_EPOCH)), Admin(7)])
    monkeypatch.setattr(topic_view, "admin_client", lambda settings: next(clients))
    view = TopicView(Settings(), "topic", 0, lambda state, messages: state)
    assert view._request_end() == 7


def test_another_failure_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = iter([Admin(failure(KafkaError.TOPIC_AUTHORIZATION_FAILED))])
    monkeypatch.setattr(topic_view, "admin_client", lambda settings: next(clients))
    view = TopicView(Settings(), "topic", 0, lambda state, messages: state)
    with pytest.raises(BrokerError, match="authorization"):
        view._request_end()
