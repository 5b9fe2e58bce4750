"""The compacted topic with the state of notifications, written in transactions.

A transaction holds the changes of groups, the positions in the alerts topic that they follow from, and
messages that are given up. Its id is the same in every process: one that starts fences the one before it.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.kafka.connection import TIMEOUT_S
from anomaly_stream.kafka.topic_view import TopicView
from anomaly_stream.kafka.topics import MAX_UNDELIVERED_BYTES, TopicNames
from anomaly_stream.settings import Settings

_POSITION = "position/"
_OWNER = "owner"
"""A key without a value: it is no part of the state."""
_FENCED = (
    KafkaError._FENCED,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
)
_LOAD_S = 120.0
_POLL_EVERY = 1_000

Records = Mapping[str, bytes]


class Journal:
    """The state of an earlier process, and the means to change it. For use by one thread.

    Attributes:
        records: the state by key, without positions.
        positions: by partition, the offset after the last event that the state includes.

    Raises:
        TopicError: the topic does not exist.
        BrokerError: Kafka cannot be reached, or refused.
    """

    def __init__(self, settings: Settings) -> None:
        names = TopicNames.of(settings)
        self._topic, self._undelivered = names.notifications, names.undelivered
        self._in_transactions = settings.worker.fencing == "transactions"
        options: dict[str, Any] = {"acks": "all", "message.max.bytes": MAX_UNDELIVERED_BYTES}
        if self._in_transactions:
            options["transactional.id"] = settings.namespaced("anomaly-stream-notify")
        options["logger"] = _quiet()  # the end of a fenced producer is printed in spite of log_level
        self._producer = Producer({**settings.kafka.client_options(), "log_level": 0, **options})
        if self._in_transactions:
            self._try(lambda: self._producer.init_transactions(TIMEOUT_S))
        with TopicView[Records](settings, self._topic, MappingProxyType({}), fold) as view:
            found = view.current(_LOAD_S)
        self.records = {key: value for key, value in found.items() if not key.startswith(_POSITION)}
        self.positions = {
            int(key.removeprefix(_POSITION)): int(value)
            for key, value in found.items()
            if key.startswith(_POSITION)
        }

    def write(
        self,
        changes: Iterable[tuple[str, bytes | None]],
        positions: Mapping[int, int],
        undelivered: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """Write changes of state, and then the positions that have moved, all of them or none.

        Without transactions a crash may write some: events are then read again, and known ones are ignored.

        Raises:
            FencedError: another process has taken over.
            BrokerError: Kafka cannot be reached, or refused.
        """
        moved = {
            number: offset for number, offset in positions.items() if self.positions.get(number) != offset
        }
        records = [(self._topic, key, value) for key, value in changes]
        records += [(self._undelivered, key, value) for key, value in undelivered]
        records += [(self._topic, f"{_POSITION}{number}", b"%d" % at) for number, at in moved.items()]
        if records:
            self._try(lambda: self._write(records))
            self.positions |= moved

    def confirm(self) -> None:
        """Make sure that no other process has taken over, where nothing is to be written.

        Raises:
            FencedError: another process has taken over.
            BrokerError: Kafka cannot be reached, or refused.
        """
        if self._in_transactions:  # one without a record would not reach Kafka
            self._try(lambda: self._write([(self._topic, _OWNER, None)]))

    def _write(self, records: Sequence[tuple[str, str, bytes | None]]) -> None:
        if self._in_transactions:
            self._producer.begin_transaction()
        failures: list[KafkaError] = []

        def on_delivery(error: Any, _: Message) -> None:
            if error is not None:
                failures.append(error)

        for number, (topic, key, value) in enumerate(records, 1):
            self._producer.produce(topic, value, key, on_delivery=on_delivery)
            if number % _POLL_EVERY == 0:
                self._producer.poll(0)
        if self._in_transactions:
            self._producer.commit_transaction(TIMEOUT_S)
        elif self._producer.flush(TIMEOUT_S):
            raise BrokerError(f"{self._topic} cannot be written: no answer in {TIMEOUT_S:g} s")
        if failures:
            raise KafkaException(failures[0])

    def _try(self, action: Any) -> None:
        try:
            action()
        except KafkaException as error:
            reason = error.args[0]
            if reason.code() in _FENCED:
                raise FencedError("another notifier of this namespace has started: run one of them") from None
            raise BrokerError(f"{self._topic} cannot be written: {reason.str()}") from None
        except BufferError:
            raise BrokerError(f"{self._topic} cannot be written fast enough") from None


def _quiet() -> logging.Logger:
    logger = logging.Logger("librdkafka")  # below no other logger
    logger.addHandler(logging.NullHandler())
    return logger


def fold(state: Records, messages: Sequence[Message]) -> Records:
    """The state after these records, by key."""
    changed = dict(state)
    for message in messages:
        key, value = (message.key() or b"").decode(), message.value()
        if value is None:
            changed.pop(key, None)
        else:
            changed[key] = value
    return changed
