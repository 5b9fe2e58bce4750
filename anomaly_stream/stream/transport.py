"""Faust's transport, changed so that a stream event carries a whole fetch as columns.

Three things differ from :mod:`faust.transport.drivers.aiokafka`:

* one Faust message a fetched item of a partition (:class:`RecordColumns`), not one a record;
* what may be committed is one watermark a partition, the offset behind the last processed record,
  in place of Faust's lists of acked offsets and gaps, which can pass unprocessed messages;
* a commit is a checkpoint: the owner's ``Durability`` runs the whole chain, offsets last.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

import aiokafka
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from anomaly_stream.model import RecordColumns


class Durability(Protocol):
    """What the consumer asks of the worker that owns the state."""

    async def checkpoint(self) -> bool:
        """Run the checkpoint chain; True if offsets were committed. Crashes the app on failure."""

    async def release(self) -> None:
        """Finish the slice in hand, checkpoint, let go of every partition. Never raises."""


class ColumnarConsumer(driver.Consumer):  # type: ignore[misc]
    """Delivers :class:`RecordColumns`; commits what the worker's checkpoint covers."""

    durability: Durability | None = None

    def _new_consumer_thread(self) -> "ColumnarConsumerThread":
        return ColumnarConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if not isinstance(record, RecordColumns):
            return super()._to_message(tp, record)
        return ConsumerMessage(
            record.topic,
            record.partition,
            int(record.offset[0]) if len(record) else record.next_offset - 1,
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

    async def force_commit(
        self, topics: Iterable[Any] | None = None, start_new_transaction: bool = True
    ) -> bool:
        """A commit is a checkpoint of everything, whatever ``topics`` says."""
        return await self.durability.checkpoint() if self.durability is not None else False

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


class ColumnarConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Reads committed records only; Faust reads uncommitted ones unless it runs transactions."""

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class ColumnarTransport(driver.Transport):  # type: ignore[misc]
    """The aiokafka transport with a :class:`ColumnarConsumer`."""

    Consumer = ColumnarConsumer


def columnar_consumer(app: Any) -> ColumnarConsumer:
    """The app's consumer, typed."""
    return cast(ColumnarConsumer, app.consumer)
