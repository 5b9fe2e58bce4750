"""Records that become visible together or not at all, and that only the newest writer can write."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.settings import KafkaSettings

_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
#: How long a broker keeps the open transaction of a writer that died, if no new one with its name appears.
_TRANSACTION_TIMEOUT_S = 300
_REQUEST_BYTES = 8 * 2**20
#: Number of records that wait to be sent, at most. librdkafka refuses more than 100,000.
_MOST_WAITING = 50_000

logger = logging.getLogger(__name__)


class TransactionalWriter:
    """Writes one partition of a topic in transactions, under a name. All calls block.

    librdkafka compresses and sends in threads of its own, which do not hold the interpreter's lock. The
    connection lives as long as the writer. A transaction that is not committed by then never becomes visible.

    Args:
        settings: how to connect.
        topic: what to write to.
        partition: its number. The name is that of the topic with this number.
        answer_s: how long Kafka may take for a call.
    """

    def __init__(self, settings: KafkaSettings, topic: str, partition: int, answer_s: float = 90.0) -> None:
        self._topic = topic
        self._partition = partition
        self._answer_s = answer_s
        self._producer = Producer(
            {
                **settings.client_options(),
                "transactional.id": f"{topic}-{partition}",
                "transaction.timeout.ms": _TRANSACTION_TIMEOUT_S * 1000,
                "message.timeout.ms": int(answer_s * 1000),
                "message.max.bytes": _REQUEST_BYTES,
                "compression.type": "zstd",
            },
            logger=logger,
        )

    def claim(self) -> None:
        """Abort the open transaction of earlier writers with this name, and refuse them from now on.

        Raises:
            BrokerError: Kafka does not answer, or has no transactions.
        """
        try:
            self._producer.init_transactions(self._answer_s)
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.code() == KafkaError._UNSUPPORTED_FEATURE:
                raise BrokerError(
                    "the broker does not support transactions, which keep a paused worker from overwriting "
                    "newer state: use Apache Kafka, or run one worker only and set worker.fencing to off"
                ) from error
            raise BrokerError(
                f"cannot claim partition {self._partition} of {self._topic}: {reason.str()}"
            ) from error

    def send(self, records: Sequence[tuple[bytes, bytes | None]]) -> int:
        """Send at least one record in a new transaction; returns the acknowledged offset of the last one.

        Raises:
            FencedError: there is a newer writer with this name.
            BrokerError: Kafka refused, or does not answer.
        """
        acknowledged: list[tuple[KafkaError | None, Message]] = []

        def on_delivery(error: KafkaError | None, message: Message) -> None:
            acknowledged.append((error, message))

        *others, (key, value) = records
        try:
            self._producer.begin_transaction()
            for other_key, other_value in others:
                self._produce(other_key, other_value)
            self._produce(key, value, on_delivery=on_delivery)
            deadline = time.monotonic() + self._answer_s
            while not acknowledged and time.monotonic() < deadline:
                self._producer.poll(0.1)  # flush() would go on with callbacks after a fatal error
        except KafkaException as error:
            raise self._translated(error.args[0]) from error
        if not acknowledged:
            raise BrokerError(f"cannot write to {self._topic}: no answer within {self._answer_s:g} s")
        refusal, message = acknowledged[0]
        if refusal is not None:
            raise self._translated(refusal)
        offset: int = message.offset()
        return offset

    def commit(self) -> None:
        """Make visible what was sent. Raises as `send`, also if another record of it was refused."""
        try:
            self._producer.commit_transaction(self._answer_s)
        except KafkaException as error:
            raise self._translated(error.args[0]) from error

    def _produce(self, key: bytes, value: bytes | None, **options: Any) -> None:
        while len(self._producer) >= _MOST_WAITING:
            self._producer.poll(0.01)
        self._producer.produce(self._topic, value, key, self._partition, **options)

    def _translated(self, error: KafkaError) -> FencedError | BrokerError:
        if error.code() in _FENCED:
            return FencedError(f"partition {self._partition} of {self._topic} has a newer owner")
        return BrokerError(f"cannot write to {self._topic}: {error.str()}")
