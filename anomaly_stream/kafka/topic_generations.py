"""What tells a topic from an earlier one of its name."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, TopicCollection

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.kafka.admin import TIMEOUT_S, admin_client, error_of
from anomaly_stream.settings import Settings

#: State records hold an epoch in 31 bits.
_EPOCH_MASK = 2**31 - 1


class TopicGenerations:
    """Asks for epochs over one connection, which it keeps: each checkpoint asks."""

    def __init__(self, settings: Settings) -> None:
        self._admin = admin_client(settings)

    def of(self, names: Iterable[str]) -> dict[str, int]:
        """By topic, a number that no earlier topic of its name has; 0 where the broker has none.

        Raises:
            TopicError: a topic does not exist.
            BrokerError: Kafka cannot be reached, or refused.
        """
        asked = list(names)
        futures = self._admin.describe_topics(TopicCollection(asked), request_timeout=TIMEOUT_S)
        return {name: _epoch(name, futures[name]) for name in asked}


def _epoch(name: str, future: "Future[Any]") -> int:
    error = error_of(future)
    if error is not None and error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise TopicError(f"topic {name} does not exist: run `anomaly-stream topics create`")
    if error is not None:
        raise BrokerError(f"Kafka cannot describe topic {name}: {error.str()}")
    uuid = future.result().topic_id
    if not uuid:
        return 0
    # Both halves: the first is a time in some brokers, and the same for topics created together.
    bits = (uuid.get_most_significant_bits() ^ uuid.get_least_significant_bits()) & (2**64 - 1)
    return int(bits ^ (bits >> 32)) & _EPOCH_MASK
