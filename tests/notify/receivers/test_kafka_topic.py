"""A topic that is missing is named, with the cure, at the start and at each attempt to deliver."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from anomaly_stream.apps.notifier import warn_of_missing_topics
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.receiver_specs import KafkaSpec
from anomaly_stream.notify.receivers.kafka_topic import KafkaTopic
from anomaly_stream.notify.templates import Rendered
from tests.kafka.test_topics import settings_of
from tests.notify.world import event, message, routing

RENDERED = Rendered("title", "text", "")


def missing(name: str, kafka: str) -> str:
    return (
        f"topic {name} does not exist: create it, as with "
        f"`kafka-topics.sh --create --topic {name} --bootstrap-server {kafka}`"
    )


def deliver(receiver: KafkaTopic, expected: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        receiver.deliver(message(event("a")), RENDERED)
    assert str(caught.value) == expected
    assert not caught.value.is_final


def test_messages_go_to_a_topic_from_its_creation_on(
    apache: str, namespace: str, topic: Callable[..., str], admin: AdminClient
) -> None:
    name = f"{namespace}.late"
    receiver = KafkaTopic(KafkaSpec(topic=name), settings_of(apache, namespace))
    for _ in range(2):
        deliver(receiver, missing(name, apache))
    topic("late")
    assert receiver.fault() is None
    receiver.deliver(message(event("a")), RENDERED)
    for future in admin.delete_topics([name], operation_timeout=20).values():
        future.result(20)
    deliver(receiver, missing(name, apache))


def test_the_start_says_which_topics_are_missing(
    apache: str,
    namespace: str,
    topic: Callable[..., str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    late, there = f"{namespace}.late", topic("there")
    found = routing(
        tmp_path,
        f"route: {{receiver: late, routes: [{{matchers: ['owner = a'], receiver: there}}]}}\n"
        f"receivers:\n  - {{name: late, kafka: {{topic: {late}}}}}\n"
        f"  - {{name: there, kafka: {{topic: {there}}}}}\n",
    )
    with caplog.at_level(logging.ERROR):
        warn_of_missing_topics(settings_of(apache, namespace), found)
    assert caplog.messages == [f"Receiver late: {missing(late, apache)}"]


def test_a_message_that_is_too_large_takes_no_other_along(
    apache: str, namespace: str, topic: Callable[..., str]
) -> None:
    receiver = KafkaTopic(KafkaSpec(topic=topic(max_message_bytes="100000")), settings_of(apache, namespace))
    receiver.deliver(message(event("first")), RENDERED)
    texts = ["x" * 200_000, *(str(number) for number in range(15))]
    begin = threading.Barrier(len(texts))

    def outcome(text: str) -> bool | None:
        """None if the message is delivered, else whether its failure is final."""
        begin.wait()
        try:
            receiver.deliver(message(event(text[:2], explanation=text)), RENDERED)
        except DeliveryError as error:
            return error.is_final
        return None

    with ThreadPoolExecutor(len(texts)) as threads:
        assert list(threads.map(outcome, texts)) == [True, *[None] * 15]
