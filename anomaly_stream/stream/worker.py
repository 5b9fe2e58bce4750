"""The worker: slices of columns through the engine, outcomes out, state checkpointed.

The chain of a checkpoint, each link only after the one before it succeeded:

1. every alert, score and dead letter put so far is acknowledged;
2. the dirty rows are acknowledged by the changelog topic;
3. the same rows are in RocksDB, in one WriteBatch with the changelog offset;
4. the source offsets are committed.

Rows and offsets are taken in one step of the event loop, so they belong together. Any failure
crashes the worker before the commit: after a restart the events come again, and rows that already
include them pass over them.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.engine.plan import Plan
from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.outbound import outbound_records
from anomaly_stream.stream.partitions import Partition
from anomaly_stream.stream.publisher import OutboundRecord, Publisher
from anomaly_stream.stream.table import StateRecord, StateTable
from anomaly_stream.stream.topics import TopicNames
from anomaly_stream.stream.transport import columnar_consumer
from anomaly_stream.telemetry import Telemetry

logger = get_logger(__name__)


class StreamWorker:
    """Owns the partitions assigned to this process; implements ``transport.Durability``."""

    def __init__(
        self,
        app: Any,
        table: StateTable,
        publisher: Publisher,
        names: TopicNames,
        sources: Sequence[tuple[str, int]],
        plan: Plan,
        telemetry: Telemetry,
        *,
        slice_records: int,
        release_timeout_s: float,
    ) -> None:
        self._app = app
        self._table = table
        self._publisher = publisher
        self._names = names
        self._sources = sources
        self._plan = plan
        self._telemetry = telemetry
        self._slice_records = slice_records
        self._release_timeout_s = release_timeout_s
        self._partitions: dict[int, Partition] = {}
        self._checkpointing = asyncio.Lock()
        self._releasing = False
        telemetry.configs.set(len(plan.configs))

    async def process(self, records: RecordColumns) -> None:
        """Take one fetched item, slice by slice, so that the event loop turns in between."""
        for start in range(0, max(len(records), 1), self._slice_records):
            partition = self._partitions.get(records.partition)
            if partition is None or self._releasing:  # its next owner reads this again
                return
            self._process_slice(partition, records.slice(start, start + self._slice_records))
            await self._publisher.room()
            await asyncio.sleep(0)

    def _process_slice(self, partition: Partition, records: RecordColumns) -> None:
        started = time.perf_counter()
        output = partition.process(records)
        self._publisher.put(outbound_records(output, records, self._names, self._telemetry))
        self._telemetry.observe_batch(output, len(records), time.perf_counter() - started)
        self._update_gauges()
        tp = TP(records.topic, partition.number)
        highwater = columnar_consumer(self._app).highwater(tp)
        if highwater is not None:
            lag = max(0, highwater - partition.watermarks[records.topic])
            self._telemetry.lag.labels(records.topic, str(partition.number)).set(lag)

    async def load_partitions(self) -> None:
        """Build the banks of the assigned partitions from the recovered table; crashes the app on failure."""
        try:
            self._partitions = {
                tp.partition: self._load(tp.partition)
                for tp in sorted(self._app.assignor.assigned_actives())
                if tp.topic == self._names.changelog
            }
        except Exception as error:  # Faust swallows what a recovery callback raises
            await self._app.crash(error)
            return
        self._update_gauges()
        self._telemetry.rebalances.inc()
        logger.info("Holding partitions %s", sorted(self._partitions) or "(none)")

    def _load(self, number: int) -> Partition:
        partition = Partition(number, self._plan, self._sources)
        partition.load(self._table.data.records(number))
        return partition

    def rebind(self, plan: Plan) -> None:
        """Go on under a changed set of configs."""
        self._plan = plan
        for partition in self._partitions.values():
            partition.pipeline.rebind(plan)
        self._telemetry.configs.set(len(plan.configs))
        self._telemetry.config_changes.inc()
        self._update_gauges()

    async def checkpoint(self) -> bool:
        """Run the chain for every partition held; True if offsets were committed."""
        async with self._checkpointing:
            try:
                return await self._checkpoint()
            except Exception as error:
                self._telemetry.checkpoint_failures.inc()
                logger.error("Checkpoint failed, nothing committed: %s", error)
                await self._app.crash(error)
                return False

    async def _checkpoint(self) -> bool:
        if not self._partitions or self._app.in_recovery:
            return False
        started = time.perf_counter()
        dirty = {number: partition.take_dirty() for number, partition in self._partitions.items()}
        watermarks = {
            TP(topic, number): offset
            for number, partition in self._partitions.items()
            for topic, offset in partition.watermarks.items()
        }
        await self._publisher.barrier()
        for number, stages in dirty.items():
            await self._write_state(number, stages)
        committed = await columnar_consumer(self._app).commit_watermarks(watermarks)
        self._telemetry.checkpoint_seconds.observe(time.perf_counter() - started)
        self._update_gauges()
        return committed

    async def _write_state(self, number: int, stages: list[list[StateRecord]]) -> None:
        """Write the stages to the changelog, each acknowledged before the next is sent, then to RocksDB."""
        changelog, offset = self._names.changelog, -1
        for records in filter(None, stages):
            offsets = await self._publisher.send(
                [OutboundRecord(changelog, key, value, partition=number) for key, value in records]
            )
            offset = max(offset, *offsets)
        records = [record for stage in stages for record in stage]
        if records:
            self._table.data.write_checkpoint(TP(changelog, number), records, offset)
        self._telemetry.checkpoint_bytes.inc(sum(len(key) + len(value or b"") for key, value in records))

    async def release(self) -> None:
        """Checkpoint, bounded in time, and let go of every partition; what is not committed comes again."""
        self._releasing = True
        try:
            await asyncio.wait_for(self.checkpoint(), self._release_timeout_s)
        except TimeoutError:
            logger.error("No checkpoint within %g s while letting partitions go", self._release_timeout_s)
        self._partitions = {}
        self._releasing = False
        self._update_gauges()

    def _update_gauges(self) -> None:
        pipelines = [partition.pipeline for partition in self._partitions.values()]
        self._telemetry.partitions.set(len(pipelines))
        self._telemetry.series.set(sum(len(pipeline.index) for pipeline in pipelines))
        self._telemetry.rows.set(sum(pipeline.bank.row_count for pipeline in pipelines))


async def follow_stream(worker: StreamWorker, app: Any, stream: Any) -> None:
    """The agent's body: each event is one fetched item. Anything unexpected crashes the worker.

    Left to Faust, an exception would lose the event and go on.
    """
    async for event in stream.noack().events():
        try:
            await worker.process(event.message.value)
        except AnomalyStreamError as error:
            logger.error("Worker stops: %s", error)
            await app.crash(error)
        except Exception as error:
            logger.exception("Worker stops: unexpected %r", error)
            await app.crash(error)
        event.ack()
