"""The checkpoint chain. Each link runs only after the one before it succeeded:

1. every alert, score and dead letter put so far is acknowledged;
2. the source topics still have the generations whose offsets are valid;
3. the changelog topic acknowledges the dirty rows;
4. RocksDB holds the same rows, and then the changelog offset at which they end;
5. the source offsets are committed.

Partitions go through links 1 to 4 one after another; all their offsets are committed together.

The rows and offsets of a partition are taken in one step of the event loop, so they belong together. This
step only copies them. The records are built, compressed and sent in other threads.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.state.changelog import ChangelogWriter
from anomaly_stream.stream.state.table import StateTable
from anomaly_stream.stream.transport import columnar_consumer

logger = get_logger(__name__)

_RETRY_S = 1.0


class Checkpointed(Protocol):
    """The part of a partition that a checkpoint uses."""

    @property
    def watermarks(self) -> Mapping[str, int]:
        """By source topic, the offset after the last processed record."""

    def take_dirty(self) -> list[Iterator[StateRecord]]:
        """The state records that changed since the last call, in stages; see ``Pipeline.take_dirty``."""


Held = Mapping[int, Checkpointed]
"""The partitions held, by number."""


class CheckpointChain:
    """Makes the state of partitions durable.

    Args:
        app: whose consumer commits.
        table: the state table.
        publisher: publishes alerts, scores and dead letters.
        changelog: writes the state records.
        topic: the changelog's name.
        sources: the source topics with the generations whose offsets are valid.
        current_generations: reads the present generations from Kafka; blocks.
        metrics: counts the bytes written.
    """

    def __init__(
        self,
        app: Any,
        table: StateTable,
        publisher: Publisher,
        changelog: ChangelogWriter,
        topic: str,
        sources: Sequence[tuple[str, int]],
        current_generations: Callable[[], Mapping[str, int]],
        metrics: WorkerMetrics,
    ) -> None:
        self._app = app
        self._table = table
        self._publisher = publisher
        self._changelog = changelog
        self._topic = topic
        self._sources = sources
        self._current_generations = current_generations
        self._metrics = metrics

    async def run(
        self, held: Held, is_held: Callable[[Held], bool], saved: Callable[[Any], None] | None = None
    ) -> bool:
        """Run the chain; True if offsets were committed, False if the partitions were released meanwhile.

        ``saved`` is called with each partition once its records are durable.

        Raises:
            FencedError: a partition has a newer owner.
            TopicError: a source topic was recreated. BrokerError, OSError, ...: a link failed. The rows that
            were taken count as clean, so the caller must
                discard the partitions.
        """
        watermarks: dict[TP, int] = {}
        for number, partition in held.items():
            stages = partition.take_dirty()
            watermarks |= {TP(topic, number): offset for topic, offset in partition.watermarks.items()}
            await self._publisher.barrier()
            await self.check_sources()
            if not await self._save(number, await asyncio.to_thread(_built, stages), lambda: is_held(held)):
                return False
            if saved is not None:
                saved(partition)
        return await columnar_consumer(self._app).commit_watermarks(watermarks)

    async def _save(self, number: int, stages: list[list[StateRecord]], is_held: Callable[[], bool]) -> bool:
        """Make the records of a partition durable; False if it was released meanwhile."""
        if any(stages):
            last = await self._changelog.write(number, stages)
            records = list(itertools.chain.from_iterable(stages))
            batches = self._table.data.checkpoint_batches(records, last)
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                if not is_held():  # a later recovery must not be overwritten
                    return False
                self._table.data.write_checkpoint(TP(self._topic, number), batch)
            self._metrics.checkpoint_bytes.inc(sum(len(key) + len(value or b"") for key, value in records))
        return is_held()

    async def check_sources(self) -> None:
        """Raise TopicError if a source topic does not have the generation whose offsets are valid.

        It is called before any record is read, and in a checkpoint between taking the rows and making them
        durable. So no durable state combines records of two topics with the same name.
        """
        while True:
            try:
                found = await asyncio.to_thread(self._current_generations)
                break
            except TopicError:
                raise
            except BrokerError as error:
                logger.warning("Waiting for Kafka to identify the source topics: %s", error)
                await asyncio.sleep(_RETRY_S)
        for topic, generation in self._sources:
            if found[topic] != generation:
                raise TopicError(f"topic {topic} was deleted and recreated: restart the worker")


def _built(stages: Sequence[Iterable[StateRecord]]) -> list[list[StateRecord]]:
    """The records of all stages. The stages hold copies of the state, so any thread can build them."""
    return [list(stage) for stage in stages]
