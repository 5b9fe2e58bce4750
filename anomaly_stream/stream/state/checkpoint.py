"""The chain of a checkpoint, each link only after the one before it succeeded.

1. every alert, score and dead letter put so far is acknowledged;
2. the source topics are still the ones whose offsets are counted;
3. the dirty rows are acknowledged by the changelog topic;
4. the same rows are in RocksDB, in one WriteBatch with the changelog offset;
5. the source offsets are committed.

Rows and offsets are taken in one step of the event loop, so they belong together.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.errors import BrokerError, TopicError
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.state.changelog import ChangelogWriter
from anomaly_stream.stream.state.table import StateRecord, StateTable
from anomaly_stream.stream.transport import columnar_consumer

logger = get_logger(__name__)

_RETRY_S = 1.0


class Checkpointed(Protocol):
    """What a checkpoint asks of a partition."""

    @property
    def watermarks(self) -> Mapping[str, int]:
        """By source topic, the offset after the last processed record."""

    def take_dirty(self) -> list[list[StateRecord]]:
        """The state records that changed since the last call, in stages; see ``Pipeline.take_dirty``."""

    def committed(self) -> None:
        """The watermarks of the last ``take_dirty`` are committed."""


Held = Mapping[int, Checkpointed]
"""The partitions held, by number."""


class CheckpointChain:
    """Makes what partitions hold durable.

    Args:
        app: whose consumer commits.
        table: the state table.
        publisher: of alerts, scores and dead letters.
        changelog: how state records are written.
        topic: the changelog's name.
        sources: the source topics with the epochs that offsets are counted in.
        current_epochs: asks for the epochs as they are now; blocks.
        metrics: takes the bytes written.
    """

    def __init__(
        self,
        app: Any,
        table: StateTable,
        publisher: Publisher,
        changelog: ChangelogWriter,
        topic: str,
        sources: Sequence[tuple[str, int]],
        current_epochs: Callable[[], Mapping[str, int]],
        metrics: WorkerMetrics,
    ) -> None:
        self._app = app
        self._table = table
        self._publisher = publisher
        self._changelog = changelog
        self._topic = topic
        self._sources = sources
        self._current_epochs = current_epochs
        self._metrics = metrics

    async def run(self, held: Held, is_held: Callable[[Held], bool]) -> bool:
        """Run the chain; True if offsets were committed, False where the partitions were let go meanwhile.

        Raises:
            FencedError: a partition has a newer owner.
            TopicError: a source topic is another one.
            BrokerError, OSError, ...: a link failed. What was taken counts as clean, so the partitions
                must be given up.
        """
        dirty = {number: partition.take_dirty() for number, partition in held.items()}
        watermarks = {
            TP(topic, number): offset
            for number, partition in held.items()
            for topic, offset in partition.watermarks.items()
        }
        await self._publisher.barrier()
        await self.check_sources()
        for number, stages in dirty.items():
            if not any(stages):
                continue
            last = await self._changelog.write(number, stages)
            if not is_held(held):  # what was recovered since must not be overwritten
                return False
            self._store(number, [record for stage in stages for record in stage], last)
        if not is_held(held):
            return False
        committed = await columnar_consumer(self._app).commit_watermarks(watermarks)
        if committed:
            for partition in held.values():
                partition.committed()
        return committed

    def _store(self, number: int, records: list[StateRecord], last: int) -> None:
        self._table.data.write_checkpoint(TP(self._topic, number), records, last)
        self._metrics.checkpoint_bytes.inc(sum(len(key) + len(value or b"") for key, value in records))

    async def check_sources(self) -> None:
        """Raise TopicError if a source topic is not the one whose offsets are counted.

        Called before any record is read, and in a checkpoint after the rows were taken and before they are
        durable, so that no durable state holds records of two topics of one name.
        """
        while True:
            try:
                found = await asyncio.to_thread(self._current_epochs)
                break
            except TopicError:
                raise
            except BrokerError as error:
                logger.warning("Waiting for Kafka to say which topics these are: %s", error)
                await asyncio.sleep(_RETRY_S)
        for topic, epoch in self._sources:
            if found[topic] != epoch:
                raise TopicError(f"topic {topic} was deleted and made anew: start the worker again")
