"""Writes single records to a topic of one partition, over a connection that is kept."""

from typing import Any

from confluent_kafka import Message, Producer

from anomaly_stream.errors import BrokerError
from anomaly_stream.settings import Settings

_ANSWER_S = 10.0


class RecordWriter:
    """Publishes records one by one; safe to use from several threads."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._producer = Producer({**settings.kafka.client_options(), "log_level": 0, "acks": "all"})

    def write(self, key: bytes, value: bytes | None) -> None:
        """Publish a record; returns when it is acknowledged. Raises BrokerError."""
        failures: list[str] = []

        def on_delivery(error: Any, _: Message) -> None:
            if error is not None:
                failures.append(error.str())

        self._producer.produce(self._topic, value, key, partition=0, on_delivery=on_delivery)
        if self._producer.flush(_ANSWER_S) or failures:
            raise BrokerError(f"{self._topic} cannot be written: {'; '.join(failures) or 'no answer'}")
