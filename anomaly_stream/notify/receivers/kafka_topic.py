"""A topic of the same Kafka cluster: the document of the webhook, keyed by group."""

import threading
import time
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

_LOOKS, _BETWEEN_LOOKS_S = 5, 0.2
"""A broker that creates topics itself takes a moment for it."""
_UNKNOWN = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


class KafkaTopic:
    """Publishes each message; delivered means acknowledged."""

    def __init__(self, spec: KafkaSpec, settings: Settings) -> None:
        self._topic = spec.topic
        self._servers = settings.kafka.bootstrap_servers
        self._is_found = False
        self._producer = Producer(
            {
                **settings.kafka.client_options(),
                "acks": "all",
                "enable.idempotence": True,
                "message.timeout.ms": int(TIMEOUT_S * 1000),
                "message.max.bytes": MAX_UNDELIVERED_BYTES,  # the topic has its own limit
                "batch.num.messages": 1,  # the limit is one of batches: a large message takes no other along
            }
        )

    def fault(self) -> str | None:
        """What to do if the topic certainly does not exist, and the broker does not create it; else None."""
        for _ in range(_LOOKS):
            try:
                found = self._producer.list_topics(self._topic, TIMEOUT_S).topics[self._topic]
            except KafkaException:
                return None  # publishing says why
            if found.error is None or found.error.code() not in _UNKNOWN:
                self._is_found = True
                return None
            time.sleep(_BETWEEN_LOOKS_S)
        return (
            f"topic {self._topic} does not exist: create it, as with `kafka-topics.sh --create "
            f"--topic {self._topic} --bootstrap-server {self._servers}`"
        )

    def deliver(self, message: Message, rendered: Rendered) -> None:
        """Publish a message. Raises DeliveryError."""
        if not self._is_found and (fault := self.fault()) is not None:
            raise DeliveryError(fault)
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
            raise self._failure(error.args[0]) from None
        except BufferError as error:
            raise DeliveryError(f"not published: {error}") from None
        while not done.is_set():
            self._producer.poll(0.05)
        if failures:
            raise self._failure(failures[0])

    def _failure(self, error: KafkaError) -> DeliveryError:
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
            reason = "not published: the message is larger than the topic's max.message.bytes"
            return DeliveryError(reason, is_final=True)
        if error.code() in (*_UNKNOWN, KafkaError._MSG_TIMED_OUT):  # it may have been deleted
            self._is_found = False
            if (fault := self.fault()) is not None:
                return DeliveryError(fault)
        return DeliveryError(f"not published: {error.str()}")
