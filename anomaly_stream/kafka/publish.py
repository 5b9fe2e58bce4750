"""Publish a few records and wait until Kafka has them."""

from collections.abc import Sequence
from typing import Any

from confluent_kafka import Message, Producer

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka.connection import TIMEOUT_S
from anomaly_stream.settings import Settings


def publish(settings: Settings, topic: str, records: Sequence[tuple[bytes, bytes | None]]) -> None:
    """Publish keys and values; returns when all are acknowledged. Raises BrokerError."""
    failures: list[str] = []

    def on_delivery(error: Any, _: Message) -> None:
        if error is not None:
            failures.append(error.str())

    producer = Producer({**settings.kafka.client_options(), "acks": "all", "message.timeout.ms": 15_000})
    for key, value in records:
        producer.produce(topic, value, key, on_delivery=on_delivery)
    undelivered = producer.flush(TIMEOUT_S + 5)
    if failures or undelivered:
        reasons = ", ".join(sorted(set(failures))) or "no answer"
        count = len(failures) + undelivered
        raise BrokerError(f"not published to {topic}: {count} of {plural(len(records), 'record')}: {reasons}")
