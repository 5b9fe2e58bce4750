"""The latest alert events, which a thread reads for the streams of a process."""

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from anomaly_stream.errors import AnomalyStreamError, BrokerError
from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.kafka.connection import TIMEOUT_S, ConnectionFaults
from anomaly_stream.kafka.consumer import broker_errors, consume, new_consumer, partitions_of, records_of
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import AlertEvent
from anomaly_stream.settings import Settings

logger = logging.getLogger(__name__)

KEPT_EVENTS = 10_000
"""This many of the latest events are kept, for streams that resume."""

_AT_START = 1_000
_RETRY_S = 1.0

Judge = Callable[[AlertEvent, int], Iterable[str]]
"""From an event and when it was published, in milliseconds, to the silences that suppress it."""


class LiveEvent(NamedTuple):
    """An event, its message and where the topic has it."""

    event: AlertEvent
    body: bytes
    suppressed_by: tuple[str, ...]
    partition: int
    offset: int


class Latest(NamedTuple):
    """What a stream has not seen.

    Attributes:
        events: in the order in which they were read.
        next: the number to ask for next.
        missed: whether earlier ones are no longer kept.
    """

    events: list[LiveEvent]
    next: int
    missed: bool


class AlertsFeed:
    """Follows the alerts topic and keeps the latest events, each of them once.

    Args:
        settings: how to reach Kafka.
        judge: is called for each event, in the order of reading. What it raises is logged, and reading is
            tried again.
    """

    def __init__(self, settings: Settings, judge: Judge) -> None:
        self._settings = settings
        self._topic = TopicNames.of(settings).alerts
        self._judge = judge
        self._lock = threading.Lock()
        self._events: deque[LiveEvent] = deque(maxlen=KEPT_EVENTS)
        self._next = 0
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._begins: dict[int, int] = {}
        self._positions: dict[int, int] = {}
        self._stopped = threading.Event()
        self._fault: str | None = "starting"
        self._thread = threading.Thread(target=self._run, name="alerts feed", daemon=True)

    @property
    def fault(self) -> str | None:
        """Why the topic is not read now; None if it is."""
        return self._fault

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        self._thread.join()

    def now(self) -> tuple[int, Mapping[int, int]]:
        """The number of the next event, and the next offset of each partition."""
        with self._lock:
            return self._next, MappingProxyType(dict(self._positions))

    def since(self, positions: Mapping[int, int]) -> Latest:
        """The events that are kept, from the ``positions`` on, which a stream had reached.

        A position beyond the end is one of a topic that was deleted and created again, or of a process that
        is ahead of this one: it cannot tell what was missed.
        """
        with self._lock:
            events = [each for each in self._events if each.offset >= positions.get(each.partition, 0)]
            missed = any(positions.get(number, 0) < begin for number, begin in self._begins.items())
            missed |= any(at > self._positions.get(number, 0) for number, at in positions.items())
            return Latest(events, self._next, missed)

    def after(self, number: int) -> Latest:
        """The events from this number on."""
        with self._lock:
            first = self._next - len(self._events)
            events = list(islice(self._events, max(0, number - first), None))
            return Latest(events, self._next, number < first)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except (AnomalyStreamError, KafkaException) as error:
                if str(error) != self._fault:
                    logger.error("Alerts are not read for live streams, and are tried again: %s", error)
                self._fault = str(error)
                self._stopped.wait(_RETRY_S)

    def _follow(self) -> None:
        faults = ConnectionFaults()
        consumer = new_consumer(
            self._settings, self._settings.app_id, faults, auto_offset_reset="error", fetch_wait_max_ms=100
        )
        try:
            numbers = partitions_of(consumer, self._topic, faults)
            with broker_errors():
                ends = {number: self._begin(consumer, number) for number in numbers}
            consumer.assign([TopicPartition(self._topic, *each) for each in self._positions.items()])
            while not self._stopped.is_set():
                messages = consume(consumer)
                for message in messages:
                    if message.error() and message.error().code() == KafkaError._AUTO_OFFSET_RESET:
                        raise BrokerError("Kafka has deleted the events to be read next")
                for message in records_of(messages):
                    self._take(message)
                if all(self._positions[number] >= end for number, end in ends.items()):
                    self._fault = None
                faults.report(consumer)
        finally:
            consumer.close()

    def _begin(self, consumer: Consumer, number: int) -> int:
        """Set where a partition is read from: some events before its end, or where reading had stopped.

        Returns its end.
        """
        lowest, end = consumer.get_watermark_offsets(TopicPartition(self._topic, number), TIMEOUT_S)
        position = self._positions.get(number)
        if position is None:
            position = self._begins[number] = max(lowest, end - _AT_START)
        elif not lowest <= position <= end:
            with self._lock:  # a gap: no stream may take what follows for the next event
                self._events.clear()
                self._next += 1
                self._begins = {**self._positions, number: lowest}
            position = lowest
        with self._lock:
            self._positions[number] = position
        return int(end)

    def _take(self, message: Message) -> None:
        number, offset, body = message.partition(), message.offset(), message.value() or b""
        try:
            event = decode_alert(body)
        except msgspec.DecodeError as error:
            logger.error("Offset %d of %s-%d is not an alert event: %s", offset, self._topic, number, error)
            event = None
        is_new = event is not None and event.event_id not in self._seen
        suppressed_by: tuple[str, ...] = ()
        if event is not None and is_new:
            suppressed_by = tuple(self._judge(event, message.timestamp()[1]))
        with self._lock:
            self._positions[number] = offset + 1
            if event is None or not is_new:
                return
            self._seen[event.event_id] = None
            if len(self._seen) > KEPT_EVENTS:
                self._seen.popitem(last=False)
            if len(self._events) == KEPT_EVENTS:
                oldest = self._events[0]
                self._begins[oldest.partition] = oldest.offset + 1
            self._events.append(LiveEvent(event, body, suppressed_by, number, offset))
            self._next += 1
