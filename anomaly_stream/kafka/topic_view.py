"""A topic of one partition, followed by a thread, whose state can be asked to be current.

A read is linearisable: :meth:`TopicView.current` asks Kafka for the end of the topic and waits until the
thread has read up to it. So what any process has committed before the call is included.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from confluent_kafka import Consumer, IsolationLevel, KafkaException, Message, TopicPartition
from confluent_kafka.admin import OffsetSpec

from anomaly_stream.errors import AnomalyStreamError, BrokerError
from anomaly_stream.kafka.admin import admin_client, error_of
from anomaly_stream.kafka.connection import ConnectionFaults
from anomaly_stream.kafka.consumer import NO_LEADER, consume, is_end, new_consumer, partitions_of, records_of
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

State = TypeVar("State")

ANSWER_S = 5.0
"""How long a read waits for Kafka before it fails."""

_FETCH_WAIT_MS = 20
_RETRY_S = 1.0
_LEADER_POLL_S = 0.1


class TopicView(Generic[State]):
    """The state that the committed records of a topic add up to. A context manager, which starts the thread.

    The end of a topic can follow the marker of a transaction, or a record that compaction removed, so the
    offset after the last record does not tell that the end is reached. Kafka's end-of-partition event does.
    It comes with the first fetch that finds nothing; ``_FETCH_WAIT_MS`` limits how long that takes.

    Args:
        settings: how to reach Kafka.
        topic: its full name; it has one partition.
        state: the state before the first record.
        fold: the state after further records.
    """

    def __init__(
        self, settings: Settings, topic: str, state: State, fold: Callable[[State, Sequence[Message]], State]
    ) -> None:
        self.topic = topic
        self._settings = settings
        self._state = state
        self._fold = fold
        self._position = 0
        self._moved = threading.Condition()
        self._stopped = threading.Event()
        self._asking = threading.Lock()
        self._asked_at = 0.0
        self._end = 0
        self._admin = admin_client(settings)
        self._thread = threading.Thread(target=self._run, name=f"follow {topic}", daemon=True)

    @property
    def state(self) -> State:
        """The state as far as it is read; :meth:`current` is up to date."""
        return self._state

    def start(self) -> Self:
        """Start the thread; returns once the topic is read to its end.

        Raises:
            TopicError: the topic does not exist.
            BrokerError: Kafka cannot be reached, or refused.
        """
        self._open(ConnectionFaults()).close()  # reports at once what the thread could only log
        self._thread.start()
        self.current(60.0)
        return self

    def close(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def current(self, timeout_s: float = ANSWER_S) -> State:
        """The state, with every record committed before this call. Raises BrokerError."""
        return self.at_least(self._ask_end(), timeout_s)

    def at_least(self, position: int, timeout_s: float = ANSWER_S) -> State:
        """The state once every committed record before the offset ``position`` is read.

        Raises BrokerError if it takes longer than ``timeout_s``.
        """
        with self._moved:
            if not self._moved.wait_for(lambda: self._position >= position, timeout_s):
                raise BrokerError(f"{self.topic} was not read to offset {position} in {timeout_s:g} s")
            return self._state

    def _ask_end(self) -> int:
        """The end of the topic, by a request that begins after this call does; concurrent calls share it."""
        called_at = time.monotonic()
        with self._asking:
            if self._asked_at <= called_at:
                asked_at = time.monotonic()
                self._end = self._request_end()
                self._asked_at = asked_at
            return self._end

    def _request_end(self) -> int:
        partition = TopicPartition(self.topic, 0)
        deadline = time.monotonic() + ANSWER_S
        while True:
            future = self._admin.list_offsets(
                {partition: OffsetSpec.latest()},
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=ANSWER_S,
            )[partition]
            failure = error_of(future)
            if failure is None:
                return int(future.result().offset)
            if failure.code() not in NO_LEADER or time.monotonic() > deadline:
                raise BrokerError(f"Kafka does not tell the end of {self.topic}: {failure.str()}")
            time.sleep(_LEADER_POLL_S)
            self._admin = admin_client(self._settings)  # an old client keeps the epoch of the old leader

    def _open(self, faults: ConnectionFaults) -> Consumer:
        consumer = new_consumer(
            self._settings,
            self._settings.app_id,
            faults,
            enable_partition_eof=True,
            isolation_level="read_committed",
            fetch_wait_max_ms=_FETCH_WAIT_MS,
        )
        try:
            partitions_of(consumer, self.topic, faults)
            consumer.assign([TopicPartition(self.topic, 0, self._position)])
        except AnomalyStreamError:
            consumer.close()
            raise
        return consumer

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except (AnomalyStreamError, KafkaException) as error:
                logger.error("%s is not followed, and is tried again: %s", self.topic, error)
                self._stopped.wait(_RETRY_S)

    def _follow(self) -> None:
        faults = ConnectionFaults()
        consumer = self._open(faults)
        try:
            while not self._stopped.is_set():
                if messages := consume(consumer):
                    self._take(messages)
                faults.report(consumer)
        finally:
            consumer.close()

    def _take(self, messages: Sequence[Message]) -> None:
        if records := records_of(messages):
            self._state = self._fold(self._state, records)
        read = [message.offset() + 1 for message in records]
        read += [message.offset() for message in messages if is_end(message)]
        with self._moved:
            self._position = max([self._position, *read])
            self._moved.notify_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
