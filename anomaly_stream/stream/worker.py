"""The worker: owns partitions from their claim to their release, and has their records processed.

Any failure crashes the worker before the commit. After a restart the records are read again, and rows that
already include them skip them.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from mode.utils.logging import get_logger

from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.ops.health import Progress
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.heartbeats import Heartbeats
from anomaly_stream.stream.partitions.config_change import InForce
from anomaly_stream.stream.partitions.loader import PartitionLoader
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.partitions.progress import progress_of
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.series_commands import SeriesCommands
from anomaly_stream.stream.slices import SliceProcessor
from anomaly_stream.stream.state.changelog import ChangelogWriter
from anomaly_stream.stream.state.checkpoint import CheckpointChain
from anomaly_stream.stream.transport import columnar_consumer
from anomaly_stream.stream.withdrawn_events import WithdrawnEvents

logger = get_logger(__name__)

_BASELINES_AT_ONCE = 500
_RECOVERY_S = 0.02  # Faust ends its recovery, without checkpoints, a moment after loading


class StreamWorker:
    """Owns the partitions assigned to this process. It is the ``transport.Durability`` of the consumer."""

    def __init__(
        self,
        app: Any,
        loader: PartitionLoader,
        publisher: Publisher,
        changelog: ChangelogWriter,
        chain: CheckpointChain,
        names: TopicNames,
        in_force: InForce,
        metrics: WorkerMetrics,
        gauges: Gauges,
        commands: SeriesCommands,
        *,
        slice_records: int,
        release_timeout_s: float,
    ) -> None:
        self._app = app
        self._stop = app.crash
        self._loader = loader
        self._changelog = changelog
        self._chain = chain
        self._names = names
        self._in_force = in_force
        self._metrics = metrics
        self._gauges = gauges
        self._commands = commands
        self._commands.expect(in_force.commands)
        self._withdrawn = WithdrawnEvents(publisher, names.alerts, metrics)
        self._release_timeout_s = release_timeout_s
        self._partitions: dict[int, Partition] = {}
        self._claimed: dict[int, int] = {}
        self._loading: asyncio.Task[None] | None = None
        self._loaded = asyncio.Event()
        self._checkpointing = asyncio.Lock()
        self._releasing = False
        self._baseline_arrivals = 0
        self.ready = False
        """True from the end of recovery until the partitions are released, even if there are none."""
        self.slices = SliceProcessor(app, publisher, names, metrics, gauges, self._processed, slice_records)
        """Gets the records that the agent receives."""
        self.heartbeats = Heartbeats(app, publisher, names.alerts, metrics)
        metrics.configs.set(in_force.config_count)

    def held(self) -> Mapping[int, Partition]:
        """The partitions held now, by number."""
        return self._partitions

    def _processed(self, number: int) -> Partition | None:
        """The partition ``number``, if its records are to be processed now.

        Once partitions are released, their next owner reads from the committed offset.
        """
        return None if self._releasing else self._partitions.get(number)

    async def load_partitions(self) -> None:
        """Restore the state of the claimed partitions; crashes the app on failure.

        It ends early if they are released meanwhile.
        """
        self._loading = asyncio.create_task(self._load_partitions())
        await asyncio.wait([self._loading])

    async def _load_partitions(self) -> None:
        consumer = columnar_consumer(self._app)
        arrivals = self._baseline_arrivals
        try:
            loaded = await self._loader.load(self._claimed, self._in_force)
            if loaded:  # joining the group may have taken long
                await self._chain.check_sources()
            # Faust seeks only after records flow; an item from before the seek would skip those after it.
            await consumer.perform_seek()
            for number, partition in loaded.items():
                partition.starts = consumer.starts_of(number)
                partition.configs.follow(self._in_force)  # it may have changed meanwhile
                if arrivals != self._baseline_arrivals:
                    partition.pipeline.find_baselines()
        except Exception as error:  # Faust ignores exceptions of a recovery callback
            await self._stop(error)
            return
        self._partitions = loaded
        self.heartbeats.act(*loaded.values())
        self._withdrawn.publish(loaded.values())
        self.ready = True
        self._loaded.set()
        self._metrics.checkpoint_timestamp.set_to_current_time()  # what was loaded is durable
        self._gauges.hold(self._partitions.values())
        self._metrics.rebalances.inc()
        logger.info("Holding partitions %s", sorted(loaded) or "(none)")

    async def save_loaded(self) -> None:
        """Checkpoint at once after each loading, until cancelled: records may wait for the position."""
        while True:
            await self._loaded.wait()
            self._loaded.clear()
            while any(partition.awaits_position for partition in self._partitions.values()):
                await self.checkpoint()
                await asyncio.sleep(_RECOVERY_S)

    async def follow(self, newest: InForce) -> None:
        """Continue under other configs and series commands; they take effect in a checkpoint."""
        is_change, self._in_force = not newest.is_same_as(self._in_force), newest
        for partition in self._partitions.values():
            partition.configs.follow(newest)
        self._commands.expect(newest.commands)
        self._metrics.configs.set(newest.config_count)
        if is_change:
            await self.checkpoint()

    async def baselines_arrived(self, keys: Sequence[bytes]) -> None:
        """Loaded baselines with these keys were added to the store."""
        self._baseline_arrivals += 1
        for partition in list(self._partitions.values()):
            for first in range(0, len(keys), _BASELINES_AT_ONCE):
                partition.pipeline.baselines_arrived(keys[first : first + _BASELINES_AT_ONCE])
                await asyncio.sleep(0)

    async def claim(self) -> None:
        """Exclude earlier owners of the partitions assigned now; crashes the app on failure."""
        numbers = [
            tp.partition for tp in self._app.assignor.assigned_actives() if tp.topic == self._names.changelog
        ]
        logger.info("Claiming partitions %s", sorted(numbers) or "(none)")
        try:
            claim = self._changelog.claim(numbers)
            self._claimed = await asyncio.wait_for(claim, self._release_timeout_s)
        except TimeoutError:
            limit = f"{self._release_timeout_s:g} s"
            await self._stop(BrokerError(f"partitions {numbers} were not claimed within {limit}"))
        except Exception as error:
            await self._stop(error)

    async def checkpoint(self, last: bool = False) -> bool:
        """Run the chain for every partition held; True if offsets were committed. ``last``: in a release."""
        async with self._checkpointing:
            try:
                return await self._checkpoint(last)
            except FencedError as error:
                self._abandon()
                if self._releasing:  # the rebalance moves the partitions anyway
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
        """Release without a checkpoint: the rows that were taken count as clean, but are not durable."""
        self._metrics.checkpoint_failures.inc()
        self._partitions = {}
        self.ready = False

    async def _checkpoint(self, last: bool) -> bool:
        held = self._partitions  # replaced by another dict when partitions are released
        if not held or self._app.in_recovery or (self._releasing and not last):
            return False
        started = time.perf_counter()
        run = partial(self._chain.run, held, lambda held: self._partitions is held, self._saved)
        committed = await run()
        while self._partitions is held and self._must_follow(held.values()):
            committed = await run()
        self._metrics.checkpoint_seconds.observe(time.perf_counter() - started)
        self._metrics.checkpoint_timestamp.set_to_current_time()
        self._commands.report(held)
        return committed

    def _must_follow(self, partitions: Collection[Partition]) -> bool:
        """Whether another checkpoint must follow: for stored events, or for configs that are due."""
        are_published = self._withdrawn.publish_saved(partitions)
        return are_published or any(partition.is_change_due for partition in partitions)

    def _saved(self, partition: Partition) -> None:
        """The position of a partition is durable: go on after it."""
        partition.configs.saved()
        self.heartbeats.act(partition)

    async def release(self) -> None:
        """Checkpoint within the time limit and release every partition; the rest is read again."""
        self._releasing = True
        self.ready = False
        await self._stop_loading()
        for partition in self._partitions.values():
            partition.is_leaving = True
        try:
            await asyncio.wait_for(self.checkpoint(last=True), self._release_timeout_s)
        except TimeoutError:
            logger.error("No checkpoint within %g s while releasing partitions", self._release_timeout_s)
        if self._claimed:
            logger.info("Released partitions %s", sorted(self._claimed))
        self._partitions, self._claimed = {}, {}
        self.slices.inbox.discard()
        await self._changelog.release()
        self._releasing = False
        self._gauges.hold(self._partitions.values())

    async def _stop_loading(self) -> None:
        """Cancel `load_partitions`: its RocksDB databases are about to be closed."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait([self._loading], timeout=self._release_timeout_s)

    def progress(self) -> list[Progress]:
        """The position and the end of each source partition."""
        return progress_of(self._partitions, self._names.metrics, columnar_consumer(self._app))
