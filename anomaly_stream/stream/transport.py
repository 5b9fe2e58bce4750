"""Faust's transport, changed so that a stream event carries a whole fetch as columns.

Three things differ from :mod:`faust.transport.drivers.aiokafka`:

* one Faust message for all items (:class:`RecordColumns`) that were fetched together, not one for each
  record;
* one watermark per partition, the offset after the last processed record, limits what may be committed. It
  replaces Faust's lists of acked offsets and gaps, which can pass unprocessed messages;
* a commit is a checkpoint: the owner's ``Durability`` runs the whole chain and commits offsets last.
"""

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, cast

import aiokafka
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers.aiokafka import Transport
from faust.types import TP, ConsumerMessage
from mode.utils.logging import get_logger

from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.faust_hooks.consumer import HookedConsumer, HookedConsumerThread

logger = get_logger(__name__)

_COMMIT_S = 10.0


class Durability(Protocol):
    """The interface of the worker, the owner of the state, to the consumer."""

    async def checkpoint(self) -> bool:
        """Run the checkpoint chain; True if offsets were committed. Crashes the app on failure."""

    async def claim(self) -> None:
        """Exclude earlier owners of the partitions assigned now. Crashes the app on failure."""

    async def release(self) -> None:
        """Finish the current slice, checkpoint, and release every partition. Never raises."""


class ColumnarConsumer(HookedConsumer):
    """Delivers :class:`RecordColumns`; commits what the worker's checkpoint covers."""

    durability: Durability | None = None
    topic_generations: Mapping[str, int] = MappingProxyType({})
    """By source topic, a number that differs from that of an earlier topic of the same name."""
    starts: Mapping[TP, int] = MappingProxyType({})
    """By source partition, the offset that reading last started from."""

    def create_thread(self) -> "ColumnarConsumerThread":
        """The thread that fetches."""
        return ColumnarConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def to_message(self, tp: TP, items: list[RecordColumns]) -> ConsumerMessage:
        """A message with the last offset that it covers, by which Faust tracks what it has received."""
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            items[-1].next_offset - 1,
            0.0,
            0,
            None,
            None,
            items,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: Any) -> bool:
        """Forget the message. Offsets follow the worker's watermark, not acks."""
        message.acked = True
        self.forget(message)
        return True

    async def force_commit(
        self, topics: Iterable[Any] | None = None, start_new_transaction: bool = True
    ) -> bool:
        """Checkpoint every partition held; ``topics`` is ignored."""
        return await self.durability.checkpoint() if self.durability is not None else False

    def position(self, tp: TP) -> int | None:
        """The offset that is fetched next; None while it is unknown."""
        position: int | None = self.thread.position(tp)
        return position

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek each source partition to the offset to read from; see the thread's method."""
        found = await self.thread.seek_to_committed()
        self.starts = {TP(tp.topic, tp.partition): offset for tp, offset in found.items()}
        return self.starts

    def starts_of(self, partition: int) -> dict[str, int]:
        """By source topic, the offset that reading of this partition last started from."""
        return {tp.topic: offset for tp, offset in self.starts.items() if tp.partition == partition}

    async def leave_unread(self, tps: set[TP]) -> None:
        """Fetch nothing of these partitions from now on."""
        await self.thread.leave_unread(tps)

    async def commit_watermarks(self, offsets: Mapping[TP, int]) -> bool:
        """Commit ``offsets`` of partitions still assigned; the last link of the checkpoint chain."""
        assignment = self.assignment()
        assigned = {tp: offset for tp, offset in offsets.items() if tp in assignment}
        if not assigned or not await self.commit_offsets(assigned):
            return False
        self.app.monitor.on_tp_commit(assigned)
        return True

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Checkpoint before the partitions are given up: Faust's own last commit does nothing."""
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


class ColumnarConsumerThread(HookedConsumerThread):
    """Commits offsets together with the generation of their topic.

    Offsets of a topic that was deleted and recreated do not apply to the new one. Kafka forgets them with the
    topic, but a worker that has not noticed the change can commit them once more.
    """

    async def commit_in_thread(self, offsets: Mapping[TP, int]) -> bool:
        """False if the group has rebalanced or Kafka does not answer; raises KafkaError if Kafka refuses.

        aiokafka retries without a limit if a broker is unreachable or the topic was deleted. A missing commit
        is harmless: the state is durable, and the next checkpoint commits.
        """
        tagged = {
            aiokafka.TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(offset, self._tag(tp.topic))
            for tp, offset in offsets.items()
        }
        try:
            await asyncio.wait_for(self.client.commit(tagged), _COMMIT_S)
        except (CommitFailedError, IllegalStateError, TimeoutError) as error:
            logger.warning("Offsets were not committed; their records may be read again: %r", error)
            return False
        return True

    async def leave_unread(self, tps: set[TP]) -> None:
        """Fetch nothing of these partitions from now on; those no longer assigned are skipped."""
        await self.call_thread(self._leave_unread, tps)

    async def _leave_unread(self, tps: set[TP]) -> None:
        client = self.client
        client.pause(*(tp for tp in client.assignment() if TP(tp.topic, tp.partition) in tps))

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek each source partition to its committed offset, or to the beginning.

        A partition starts from the beginning if nothing is committed, or only for an earlier topic of the
        same name. aiokafka does not seek partitions without a commit, and their position may be past
        records that were fetched and dropped during a rebalance.
        """
        return cast(Mapping[TP, int], await self.call_thread(self._seek_to_committed))

    async def _seek_to_committed(self) -> Mapping[Any, int]:
        client = self.client
        sources = [tp for tp in client.assignment() if tp.topic in self.consumer.topic_generations]
        committed = await self.fetch_committed(sources)
        offsets = {tp: self._start(tp.topic, committed.get(tp)) for tp in sources}
        for tp in offsets.keys() & client.assignment():  # the assignment may have changed meanwhile
            client.seek(tp, offsets[tp])
        return offsets

    def _start(self, topic: str, committed: Any) -> int:
        if committed is None or committed.metadata not in ("", self._tag(topic)):
            return 0
        return max(0, int(committed.offset))

    def _tag(self, topic: str) -> str:
        generation = self.consumer.topic_generations.get(topic)
        return "" if generation is None else f"generation {generation}"


class ColumnarTransport(Transport):  # type: ignore[misc]
    """The aiokafka transport with a :class:`ColumnarConsumer`."""

    Consumer = ColumnarConsumer


def columnar_consumer(app: Any) -> ColumnarConsumer:
    """The app's consumer, typed."""
    return cast(ColumnarConsumer, app.consumer)
