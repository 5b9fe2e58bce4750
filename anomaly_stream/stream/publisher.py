"""Publishes the output in batches and in order; a checkpoint waits for every acknowledgement.

Faust only logs failed sends, and its ``flush`` does not wait for all of them. Here a future covers every
record put into the outbox, and :meth:`Publisher.barrier` gathers these futures: one failure fails the
barrier.

Records of a partition are published without gaps: a batch waits until the one before it is acknowledged, and
after a failure nothing more is sent. Consumers could not repair a gap. The missing records would be published
after a restart, after later ones, and the alignment of groups would drop them as late.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer

from anomaly_stream.errors import BrokerError
from anomaly_stream.stream.faust_hooks.aiokafka_records import partition_for

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class OutboundRecord:
    """One record to publish; ``on_ack`` is called with the wall-clock time of its acknowledgement."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None
    on_ack: Callable[[float], None] | None = None


_Batch = tuple[str, int, Any, list[OutboundRecord]]
"""A batch in flight: topic, partition, the client's batch, and the records in it."""


class Publisher:
    """Sends records through one producer, batch by batch, in the order of ``put``.

    ``put`` never waits, so that state and output change in one step of the event loop. ``room`` waits while
    ``capacity`` records are unacknowledged: a slow broker slows the worker down.
    """

    def __init__(self, producer: Callable[[], AIOKafkaProducer], capacity: int = 50_000) -> None:
        self._producer = producer
        self._capacity = capacity
        self._outbox: deque[list[OutboundRecord] | asyncio.Future[set[asyncio.Future[Any]]]] = deque()
        self._unacknowledged = 0
        self._filled = asyncio.Event()
        self._acknowledged = asyncio.Event()
        self._in_flight: set[asyncio.Future[Any]] = set()
        self._last: dict[tuple[str, int], asyncio.Future[Any]] = {}
        self._failure: BaseException | None = None

    def put(self, records: list[OutboundRecord]) -> None:
        """Queue ``records`` for sending; returns at once."""
        if records:
            self._outbox.append(records)
            self._unacknowledged += len(records)
            self._filled.set()

    async def room(self) -> None:
        """Wait until fewer than ``capacity`` records are unacknowledged; raises as ``barrier``."""
        while self._unacknowledged >= self._capacity:
            self._acknowledged.clear()
            self._raise_failure()
            await self._acknowledged.wait()

    async def barrier(self) -> None:
        """Wait until everything put before the call is acknowledged.

        Raises:
            BrokerError: a record was refused, so not everything is published.
        """
        marker: asyncio.Future[set[asyncio.Future[Any]]] = asyncio.get_running_loop().create_future()
        self._outbox.append(marker)
        self._filled.set()
        in_flight = await marker
        if in_flight:
            await asyncio.wait(in_flight)
        self._raise_failure()

    async def run(self) -> None:
        """Send the records of the outbox until cancelled: the sender task."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._outbox:
                await self._take(self._outbox.popleft())

    async def send(self, records: list[OutboundRecord]) -> list[int]:
        """Publish ``records`` now, bypassing the outbox; returns the last offset of each batch.

        It is for changelog records, whose order is independent of the output. Raises BrokerError.
        """
        batches = self._batches(records)
        futures = []
        try:
            for topic, partition, batch, _ in batches:
                futures.append(await self._producer().send_batch(batch, topic, partition=partition))
            acknowledged = await asyncio.gather(*futures)
        except Exception as error:
            raise BrokerError(f"cannot write to Kafka: {error}") from error
        return [
            metadata.offset + batch.record_count() - 1
            for metadata, (_, _, batch, _) in zip(acknowledged, batches, strict=True)
        ]

    async def _take(self, item: "list[OutboundRecord] | asyncio.Future[set[asyncio.Future[Any]]]") -> None:
        if isinstance(item, asyncio.Future):  # a barrier: everything put before it is in flight now
            if not item.done():
                item.set_result(set(self._in_flight))
            return
        records = list(item)
        while self._outbox and not isinstance(self._outbox[0], asyncio.Future):
            # Few large batches: each batch of a partition costs a round trip.
            records += self._outbox.popleft()  # type: ignore[arg-type]
        if self._failure is not None:
            return
        try:
            await self._send(records)
        except Exception as error:
            self._fail(error)

    async def _send(self, records: list[OutboundRecord]) -> None:
        await self._load_metadata({record.topic for record in records})
        for topic, partition, batch, members in _in_turn(self._batches(records)):
            before = self._last.get((topic, partition))
            if before is not None and not before.done():
                await asyncio.wait([before])
            if self._failure is not None:
                return
            future = await self._producer().send_batch(batch, topic, partition=partition)
            self._last[topic, partition] = future
            self._in_flight.add(future)
            future.add_done_callback(lambda done, members=members: self._on_ack(done, members))

    async def _load_metadata(self, topics: set[str]) -> None:
        for topic in topics:
            await self._producer().partitions_for(topic)

    def _batches(self, records: list[OutboundRecord]) -> list[_Batch]:
        """Cut ``records`` into full batches for each topic-partition, in their order."""
        grouped: dict[tuple[str, int], list[OutboundRecord]] = defaultdict(list)
        for record in records:
            grouped[record.topic, self._partition(record)].append(record)
        batches: list[_Batch] = []
        for (topic, partition), members in grouped.items():
            batch, taken = self._producer().create_batch(), list[OutboundRecord]()
            for record in members:
                if not self._append(batch, record):
                    batches.append((topic, partition, batch, taken))
                    batch, taken = self._producer().create_batch(), []
                    self._append(batch, record)
                taken.append(record)
            batches.append((topic, partition, batch, taken))
        return batches

    @staticmethod
    def _append(batch: Any, record: OutboundRecord) -> bool:
        appended = batch.append(
            key=record.key, value=record.value, timestamp=None, headers=list(record.headers)
        )
        return appended is not None

    def _partition(self, record: OutboundRecord) -> int:
        if record.partition is not None:
            return record.partition
        return partition_for(self._producer(), record.topic, record.key, record.value)

    def _on_ack(self, future: asyncio.Future[Any], members: list[OutboundRecord]) -> None:
        self._in_flight.discard(future)
        self._unacknowledged -= len(members)
        self._acknowledged.set()
        error = future.exception() if not future.cancelled() else asyncio.CancelledError()
        if error is not None:
            self._fail(error)
            return
        now = time.time()
        for record in members:
            if record.on_ack is not None:
                record.on_ack(now)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._acknowledged.set()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise BrokerError(f"cannot publish to Kafka: {self._failure}") from self._failure


def _in_turn(batches: list[_Batch]) -> list[_Batch]:
    """The first batch of each partition, then the second of each: partitions are written in parallel."""
    seen: dict[tuple[str, int], int] = defaultdict(int)
    turns = []
    for batch in batches:
        turns.append(seen[batch[:2]])
        seen[batch[:2]] += 1
    return [batch for _, batch in sorted(zip(turns, batches, strict=True), key=lambda entry: entry[0])]
