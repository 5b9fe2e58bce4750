"""A topic of the same Kafka cluster: the document of the webhook, keyed by group."""

import threading
from typing import Any

import msgspec
from confluent_kafka import KafkaException, Producer
from confluent_kafka import Message as KafkaMessage

from anomaly_stream.kafka.connection import TIMEOUT_S
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
            }
        )

    def deliver(self, message: Message, rendered: Rendered) -> None:
        """Publish a message. Raises DeliveryError."""
        done, failures = threading.Event(), list[str]()

        def on_delivery(error: Any, _: KafkaMessage) -> None:
            if error is not None:
                failures.append(error.str())
            done.set()

        try:
            self._producer.produce(
                self._topic,
                msgspec.json.encode(document_of(message, rendered)),
                message.group_id,
                headers={"idempotency-key": message.id.encode()},
                on_delivery=on_delivery,
            )
        except (KafkaException, BufferError) as error:
            raise DeliveryError(f"not published: {error}") from None
        while not done.is_set():
            self._producer.poll(0.05)
        if failures:
            raise DeliveryError(f"not published: {failures[0]}")
