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
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.engine.budget import Budget
from anomaly_stream.engine.plan import Plan
from anomaly_stream.errors import AnomalyStreamError, BrokerError, FencedError, TopicError
from anomaly_stream.model import LimitReached, RecordColumns
from anomaly_stream.stream.changelog import ChangelogWriter
from anomaly_stream.stream.health import Progress
from anomaly_stream.stream.outbound import outbound_records
from anomaly_stream.stream.partitions import Partition
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.table import StateRecord, StateTable
from anomaly_stream.stream.topics import TopicNames
from anomaly_stream.stream.transport import columnar_consumer
from anomaly_stream.telemetry import Telemetry

logger = get_logger(__name__)

_RETRY_S = 1.0


class StreamWorker:
    """Owns the partitions assigned to this process; implements ``transport.Durability``."""

    def __init__(
        self,
        app: Any,
        table: StateTable,
        publisher: Publisher,
        changelog: ChangelogWriter,
        names: TopicNames,
        sources: Sequence[tuple[str, int]],
        plan: Plan,
        telemetry: Telemetry,
        budget: Budget,
        *,
        current_epochs: Callable[[], Mapping[str, int]],
        slice_records: int,
        release_timeout_s: float,
    ) -> None:
        self._app = app
        self._table = table
        self._publisher = publisher
        self._changelog = changelog
        self._current_epochs = current_epochs
        self._names = names
        self._sources = sources
        self._plan = plan
        self._telemetry = telemetry
        self._budget = budget
        self._limits_said: set[LimitReached] = set()
        self._slice_records = slice_records
        self._release_timeout_s = release_timeout_s
        self._partitions: dict[int, Partition] = {}
        self._checkpointing = asyncio.Lock()
        self._releasing = False
        self._releases = 0
        self.ready = False
        """True from recovery until partitions are let go, whatever their number."""
        telemetry.configs.set(len(plan.configs))

    async def process(self, records: RecordColumns) -> None:
        """Take one fetched item, slice by slice, so that the event loop turns in between."""
        partition = self._partitions.get(records.partition)
        for start in range(0, max(len(records), 1), self._slice_records):
            held = self._partitions.get(records.partition)
            if partition is None or held is not partition or self._releasing:
                return  # let go meanwhile: its owner, maybe this worker again, reads on from the commit
            self._process_slice(partition, records.slice(start, start + self._slice_records))
            await self._publisher.room()
            await asyncio.sleep(0)

    def _process_slice(self, partition: Partition, records: RecordColumns) -> None:
        started = time.perf_counter()
        output = partition.process(records)
        self._publisher.put(outbound_records(output, records, self._names, self._telemetry))
        self._telemetry.observe_batch(output, len(records), time.perf_counter() - started)
        self._update_gauges()
        self._report_limits(output.limits)
        tp = TP(records.topic, partition.number)
        highwater = columnar_consumer(self._app).highwater(tp)
        if highwater is not None:
            lag = max(0, highwater - partition.watermarks[records.topic])
            self._telemetry.lag.labels(records.topic, str(partition.number)).set(lag)

    async def load_partitions(self) -> None:
        """Build the banks of the assigned partitions from the recovered table; crashes the app on failure."""
        try:
            self._table.data.finish_recovery()
            loaded = {
                tp.partition: self._load(tp.partition)
                for tp in sorted(self._app.assignor.assigned_actives())
                if tp.topic == self._names.changelog
            }
            # Faust seeks after it lets records flow; what flowed first would count as processed up to there.
            releases = self._releases
            await columnar_consumer(self._app).perform_seek()
            if releases != self._releases:
                return
            self._partitions = loaded
            self.ready = True
        except Exception as error:  # Faust swallows what a recovery callback raises
            await self._stop(error)
            return
        self._update_gauges()
        self._telemetry.rebalances.inc()
        logger.info("Holding partitions %s", sorted(self._partitions) or "(none)")

    def _load(self, number: int) -> Partition:
        started = time.perf_counter()
        partition = Partition(number, self._plan, self._sources, self._budget)
        rows = partition.load(self._table.data.records(number))
        logger.info("Partition %d: %s rows in %.1f s", number, f"{rows:,}", time.perf_counter() - started)
        return partition

    def rebind(self, plan: Plan) -> None:
        """Go on under a changed set of configs."""
        self._plan = plan
        for partition in self._partitions.values():
            partition.pipeline.rebind(plan)
        self._telemetry.configs.set(len(plan.configs))
        self._telemetry.config_changes.inc()
        self._update_gauges()

    async def claim(self) -> None:
        """Shut out earlier owners of the partitions assigned now; crashes the app on failure."""
        numbers = [
            tp.partition for tp in self._app.assignor.assigned_actives() if tp.topic == self._names.changelog
        ]
        try:
            await asyncio.wait_for(self._changelog.claim(numbers), self._release_timeout_s)
        except TimeoutError:
            await self._stop(BrokerError(f"no claim of {numbers} within {self._release_timeout_s:g} s"))
        except Exception as error:
            await self._stop(error)

    async def checkpoint(self) -> bool:
        """Run the chain for every partition held; True if offsets were committed."""
        async with self._checkpointing:
            try:
                return await self._checkpoint()
            except FencedError as error:
                self._abandon()
                if self._releasing:  # the group is about to say the same
                    logger.warning("Nothing committed: %s", error)
                else:
                    await self._stop(error)
            except Exception as error:
                self._abandon()
                logger.error("Checkpoint failed, nothing committed: %s", error)
                await self._stop(error)
            except BaseException:  # cancelled
                self._abandon()
                raise
            return False

    def _abandon(self) -> None:
        """Let go without a checkpoint: the rows that were taken count as clean now, and are not durable."""
        self._telemetry.checkpoint_failures.inc()
        self._partitions = {}
        self.ready = False

    async def _checkpoint(self) -> bool:
        held = self._partitions  # another one once partitions are let go
        if not held or self._app.in_recovery:
            return False
        started = time.perf_counter()
        dirty = {number: partition.take_dirty() for number, partition in held.items()}
        watermarks = {
            TP(topic, number): offset
            for number, partition in held.items()
            for topic, offset in partition.watermarks.items()
        }
        await self._publisher.barrier()
        await self._check_sources()
        for number, stages in dirty.items():
            if any(stages) and not await self._write_state(held, number, stages):
                return False
        if self._partitions is not held:
            return False
        committed = await columnar_consumer(self._app).commit_watermarks(watermarks)
        if committed:
            for partition in held.values():
                partition.committed()
        self._telemetry.checkpoint_seconds.observe(time.perf_counter() - started)
        self._update_gauges()
        return committed

    async def _write_state(
        self, held: Mapping[int, Partition], number: int, stages: list[list[StateRecord]]
    ) -> bool:
        """Changelog, then RocksDB; False if the partitions were let go meanwhile."""
        last = await self._changelog.write(number, stages)
        if self._partitions is not held:  # what was recovered since must not be overwritten
            return False
        records = [record for stage in stages for record in stage]
        self._table.data.write_checkpoint(TP(self._names.changelog, number), records, last)
        self._telemetry.checkpoint_bytes.inc(sum(len(key) + len(value or b"") for key, value in records))
        return True

    async def _check_sources(self) -> None:
        """Raise TopicError if a source topic is not the one whose offsets are counted.

        Called after the rows were taken and before they are durable, so that no durable state holds
        records of two topics of one name.
        """
        while True:
            try:
                found = await asyncio.to_thread(self._current_epochs)
                break
            except TopicError:
                raise
            except BrokerError as error:
                logger.warning("Checkpoint waits for Kafka: %s", error)
                await asyncio.sleep(_RETRY_S)
        for topic, epoch in self._sources:
            if found[topic] != epoch:
                raise TopicError(f"topic {topic} was deleted and made anew: start the worker again")

    async def release(self) -> None:
        """Checkpoint, bounded in time, and let go of every partition; what is not committed comes again."""
        self._releasing = True
        self.ready = False
        self._releases += 1
        try:
            await asyncio.wait_for(self.checkpoint(), self._release_timeout_s)
        except TimeoutError:
            logger.error("No checkpoint within %g s while letting partitions go", self._release_timeout_s)
        self._partitions = {}
        await self._changelog.release()
        self._releasing = False
        self._update_gauges()

    async def _stop(self, error: BaseException) -> None:
        """Have the process end with this error."""
        await self._app.crash(error)

    def _update_gauges(self) -> None:
        banks = [partition.pipeline.bank for partition in self._partitions.values()]
        self._budget.banks = banks
        self._telemetry.partitions.set(len(banks))
        self._telemetry.series.set(sum(bank.series_held for bank in banks))
        self._telemetry.rows.set(sum(bank.rows_held for bank in banks))
        self._telemetry.state_bytes.set(sum(bank.bytes_held for bank in banks))

    def _report_limits(self, reached: Sequence[LimitReached]) -> None:
        """One line for each limit and config, whatever the number of partitions."""
        for limit in set(reached) - self._limits_said:
            self._limits_said.add(limit)
            logger.warning("%s", limit)

    def progress(self) -> list[Progress]:
        """How far each source partition is processed, and how far it reaches."""
        consumer = columnar_consumer(self._app)
        found = []
        for number, partition in self._partitions.items():
            for topic, _ in self._sources:
                tp = TP(topic, number)
                end = consumer.highwater(tp)
                done = partition.watermarks.get(topic, consumer.position(tp))
                if end is not None and done is not None:
                    found.append(Progress(topic, number, done, end))
        return found


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
