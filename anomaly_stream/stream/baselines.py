"""Keeps the loaded baselines of a worker up to date with the baselines topic."""

import asyncio
import threading
from pathlib import Path

from mode.utils.logging import get_logger

from anomaly_stream.kafka.baselines_topic import BaselineBatch, follow_baselines
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.settings import Settings
from anomaly_stream.stream.state.baseline_store import BaselineDatabase
from anomaly_stream.stream.worker import StreamWorker

logger = get_logger(__name__)


class BaselineFollower:
    """Reads the baselines topic into the database of a worker.

    Args:
        settings: how to reach Kafka.
        database: receives the baselines.
        metrics: reports the position, and the records that are refused.
    """

    def __init__(self, settings: Settings, database: BaselineDatabase, metrics: WorkerMetrics) -> None:
        self._settings = settings
        self._database = database
        self._metrics = metrics

    def catch_up(self) -> None:
        """Read the topic to its end. A worker must do so before it processes a record.

        Raises:
            TopicError: the topic does not exist.
            BrokerError: Kafka cannot be reached, or refused.
        """
        first = self._database.next_offset
        for batch in follow_baselines(self._settings, first, threading.Event()):
            self._apply(batch)
            if batch.is_end:
                break
        logger.info("Read baselines up to offset %d, from offset %d", self._database.next_offset, first)

    async def follow(self, worker: StreamWorker) -> None:
        """Pass every further baseline to the worker."""
        stopped = threading.Event()
        batches = follow_baselines(self._settings, self._database.next_offset, stopped)
        try:
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                added = await asyncio.to_thread(self._apply, batch)
                await worker.baselines_arrived(added)
                self._metrics.baseline_offset.set(batch.next_offset)
        finally:
            stopped.set()

    def _apply(self, batch: BaselineBatch) -> list[bytes]:
        refused = self._database.refused
        added = self._database.apply(batch)
        self._metrics.baselines_refused.labels("unreadable").inc(self._database.refused - refused)
        return added


def open_database(settings: Settings, generation: int) -> BaselineDatabase:
    """The database of this process; ``generation`` is that of the baselines topic."""
    directory: Path = settings.data_dir / settings.app_id
    return BaselineDatabase(directory / "baselines", generation)
