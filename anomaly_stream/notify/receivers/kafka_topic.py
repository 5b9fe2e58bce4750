"""A topic of the same Kafka cluster: the document of the webhook, keyed by group."""

import threading
from typing import Any

import msgspec
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as KafkaMessage

from anomaly_stream.kafka.connection import TIMEOUT_S
from anomaly_stream.kafka.topics import MAX_UNDELIVERED_BYTES
from anomaly_stream.notify.dispatch import DeliveryError
from anomaly_stream.notify.receiver_specs import KafkaSpec
from anomaly_stream.notify.receivers.webhook import document_of
from anomaly_stream.notify.state import Message
from anomaly_stream.notify.templates import Rendered
from anomaly_stream.settings import Settings


class KafkaTopic:
    """Publishes each message; delivered means acknowledged."""

    def __init__(self, spec: KafkaSpec, settings: Settings) -> None:
        self._topic = spec.topic
        self._producer = Producer(
            {
                **settings.kafka.client_options(),
                "acks": "all",
                "enable.idempotence": True,
                "message.timeout.ms": int(TIMEOUT_S * 1000),
                "message.max.bytes": MAX_UNDELIVERED_BYTES,  # the topic has its own limit
            }
        )

    def deliver(self, message: Message, rendered: Rendered) -> None:
        """Publish a message. Raises DeliveryError."""
        done, failures = threading.Event(), list[KafkaError]()

        def on_delivery(error: Any, _: KafkaMessage) -> None:
            if error is not None:
                failures.append(error)
            done.set()

        try:
            self._producer.produce(
                self._topic,
                msgspec.json.encode(document_of(message, rendered)),
                message.group_id,
                headers={"idempotency-key": message.id.encode()},
                on_delivery=on_delivery,
            )
        except KafkaException as error:
            raise _failure(error.args[0]) from None
        except BufferError as error:
            raise DeliveryError(f"not published: {error}") from None
        while not done.is_set():
            self._producer.poll(0.05)
        if failures:
            raise _failure(failures[0])


def _failure(error: KafkaError) -> DeliveryError:
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        reason = "not published: the message is larger than the topic's max.message.bytes"
        return DeliveryError(reason, is_final=True)
    return DeliveryError(f"not published: {error.str()}")
