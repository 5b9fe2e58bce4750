"""Faust's transport, changed so that a stream event carries a whole fetch as columns.

Three things differ from :mod:`faust.transport.drivers.aiokafka`:

* one Faust message a fetched item of a partition (:class:`RecordColumns`), not one a record;
* what may be committed is one watermark a partition, the offset behind the last processed record,
  in place of Faust's lists of acked offsets and gaps, which can pass unprocessed messages;
* a commit is a checkpoint: the owner's ``Durability`` runs the whole chain, offsets last.
"""

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, cast

import aiokafka
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode import Service
from mode.utils.logging import get_logger

from anomaly_stream.model import RecordColumns

logger = get_logger(__name__)

_COMMIT_S = 10.0


class Durability(Protocol):
    """What the consumer asks of the worker that owns the state."""

    async def checkpoint(self) -> bool:
        """Run the checkpoint chain; True if offsets were committed. Crashes the app on failure."""

    async def claim(self) -> None:
        """Shut out earlier owners of what is assigned now. Crashes the app on failure."""

    async def release(self) -> None:
        """Finish the slice in hand, checkpoint, let go of every partition. Never raises."""


class ColumnarConsumer(driver.Consumer):  # type: ignore[misc]
    """Delivers :class:`RecordColumns`; commits what the worker's checkpoint covers."""

    durability: Durability | None = None
    epochs: Mapping[str, int] = MappingProxyType({})
    """By source topic, a number that tells it from an earlier topic of its name."""
    starts: Mapping[TP, int] = MappingProxyType({})
    """By source partition, where reading was last set to."""

    def _new_consumer_thread(self) -> "ColumnarConsumerThread":
        return ColumnarConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        """The message's offset is the last that it covers: Faust counts by it what it has seen."""
        if not isinstance(record, RecordColumns):
            return super()._to_message(tp, record)
        return ConsumerMessage(
            record.topic,
            record.partition,
            record.next_offset - 1,
            0.0,
            0,
            None,
            None,
            record,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: Any) -> bool:
        """Forget the message; offsets follow the worker's watermark, not acks."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps need no book-keeping under a watermark."""

    @Service.task  # type: ignore[untyped-decorator]
    async def _commit_handler(self) -> None:
        """A checkpoint at each interval. Faust's first one comes after two."""
        async for _ in self.itertimer(self.commit_interval, name="commit"):
            await self.commit()

    async def force_commit(
        self, topics: Iterable[Any] | None = None, start_new_transaction: bool = True
    ) -> bool:
        """A commit is a checkpoint of everything, whatever ``topics`` says."""
        return await self.durability.checkpoint() if self.durability is not None else False

    def position(self, tp: TP) -> int | None:
        """The offset that is fetched next; None while that is not known."""
        subscribed = self._thread._ensure_consumer()._subscription.subscription
        if subscribed is None or subscribed.assignment is None:
            return None
        state = subscribed.assignment.state_value(aiokafka.TopicPartition(tp.topic, tp.partition))
        return None if state is None or not state.has_valid_position else int(state.position)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek each source partition to where reading shall begin; see the thread's."""
        found = await self._thread.seek_to_committed()
        self.starts = {TP(tp.topic, tp.partition): offset for tp, offset in found.items()}
        return self.starts

    async def leave_unread(self, tps: set[TP]) -> None:
        """Fetch nothing of these partitions from now on."""
        await self._thread.leave_unread(tps)

    async def commit_watermarks(self, offsets: Mapping[TP, int]) -> bool:
        """Commit ``offsets`` of partitions still assigned; the last link of the checkpoint chain."""
        assignment = self.assignment()
        mine = {tp: offset for tp, offset in offsets.items() if tp in assignment}
        if not mine or not await self._commit(mine):
            return False
        self._committed_offset.update(mine)
        self.app.monitor.on_tp_commit(mine)
        return True

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Checkpoint while the partitions are still ours: Faust's own last commit does nothing."""
        self.stop_flow()
        if self.durability is not None:
            await self.durability.release()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Claim the partitions, fetching nothing, before the changelog is read."""
        self.stop_flow()
        if self.durability is not None and not self.app.should_stop:
            await self.durability.claim()
        await super().on_partitions_assigned(assigned, generation_id)


class ColumnarConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Reads committed records only, and commits offsets together with their topic's epoch.

    Offsets of a topic that was deleted and made anew say nothing about the new one. Kafka forgets
    them with the topic, but a worker that has not noticed yet can commit them once more.
    """

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """False where the group has moved on, or Kafka does not answer; raises KafkaError where it refuses.

        aiokafka tries for ever where a broker is away or the topic was deleted. No commit is no harm: the
        state is durable, and the next checkpoint commits.
        """
        tagged = {
            aiokafka.TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(offset, self._tag(tp.topic))
            for tp, offset in offsets.items()
        }
        try:
            await asyncio.wait_for(self._ensure_consumer().commit(tagged), _COMMIT_S)
        except (CommitFailedError, IllegalStateError, TimeoutError) as error:
            logger.warning("Offsets are not committed, their records may be read again: %r", error)
            return False
        return True

    async def leave_unread(self, tps: set[TP]) -> None:
        """Fetch nothing of these partitions from now on; those not assigned any more are passed over."""
        await self.call_thread(self._leave_unread, tps)

    async def _leave_unread(self, tps: set[TP]) -> None:
        consumer = self._ensure_consumer()
        consumer.pause(*(tp for tp in consumer.assignment() if TP(tp.topic, tp.partition) in tps))

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek each source partition to its committed offset, or to the beginning.

        To the beginning where nothing is committed, or only for an earlier topic of that name. aiokafka
        leaves partitions without a commit where they are, which may be behind records that were fetched
        and dropped while the group re-balanced.
        """
        return cast(Mapping[TP, int], await self.call_thread(self._seek_to_committed))

    async def _seek_to_committed(self) -> Mapping[Any, int]:
        consumer = self._ensure_consumer()
        sources = [tp for tp in consumer.assignment() if tp.topic in self.consumer.epochs]
        found = await consumer._coordinator.fetch_committed_offsets(sources)
        offsets = {tp: self._start(tp.topic, found.get(tp)) for tp in sources}
        for tp in offsets.keys() & consumer.assignment():  # it may have changed meanwhile
            consumer.seek(tp, offsets[tp])
        return offsets

    def _start(self, topic: str, committed: Any) -> int:
        if committed is None or committed.metadata not in ("", self._tag(topic)):
            return 0
        return max(0, int(committed.offset))

    def _tag(self, topic: str) -> str:
        epoch = self.consumer.epochs.get(topic)
        return "" if epoch is None else f"epoch {epoch}"


class ColumnarTransport(driver.Transport):  # type: ignore[misc]
    """The aiokafka transport with a :class:`ColumnarConsumer`."""

    Consumer = ColumnarConsumer


def columnar_consumer(app: Any) -> ColumnarConsumer:
    """The app's consumer, typed."""
    return cast(ColumnarConsumer, app.consumer)
