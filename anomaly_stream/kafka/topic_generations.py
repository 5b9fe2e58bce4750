"""The generation of a topic: a number that differs between a topic and its recreation under the same name."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, TopicCollection

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.admin import admin_client, error_of
from anomaly_stream.kafka.connection import TIMEOUT_S
from anomaly_stream.settings import Settings

#: State records hold a generation in 31 bits.
_GENERATION_MASK = 2**31 - 1


class TopicGenerations:
    """Reads the generations of topics over one connection, because each checkpoint needs them."""

    def __init__(self, settings: Settings) -> None:
        self._admin = admin_client(settings)

    def current(self, names: Iterable[str]) -> dict[str, int]:
        """The generation of each topic, derived from its id; 0 if the broker has no topic ids.

        Raises:
            TopicError: a topic does not exist.
            BrokerError: Kafka cannot be reached, or refused.
        """
        topics = list(names)
        futures = self._admin.describe_topics(TopicCollection(topics), request_timeout=TIMEOUT_S)
        return {name: _generation(name, futures[name]) for name in topics}


def _generation(name: str, future: "Future[Any]") -> int:
    error = error_of(future)
    if error is not None and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise TopicError(f"topic {name} does not exist: run `anomaly-stream topics create`")
    if error is not None:
        raise BrokerError(f"Kafka cannot describe topic {name}: {error.str()}")
    uuid = future.result().topic_id
    if not uuid:
        return 0
    # Both halves are used: in some brokers the first one is a time, equal for topics created together.
    bits = (uuid.get_most_significant_bits() ^ uuid.get_least_significant_bits()) & (2**64 - 1)
    return int(bits ^ (bits >> 32)) & _GENERATION_MASK
