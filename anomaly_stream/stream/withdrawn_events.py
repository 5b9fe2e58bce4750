"""Publishes the events of alerts that a change of the configs withdraws; see ``pipeline.withdrawals``."""

from collections.abc import Collection

from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import plural
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.publisher import OutboundRecord, Publisher

logger = get_logger(__name__)


class WithdrawnEvents:
    """The withdrawn alerts of the partitions that a worker holds.

    Args:
        publisher: receives the events.
        topic: the alerts topic.
        metrics: counts them.
    """

    def __init__(self, publisher: Publisher, topic: str, metrics: WorkerMetrics) -> None:
        self._publisher = publisher
        self._topic = topic
        self._metrics = metrics

    def any_waiting(self, partitions: Collection[Partition]) -> bool:
        """Whether an event waits for a checkpoint, or is to be published."""
        return any(partition.pipeline.withdrawals.any_waiting for partition in partitions)

    def publish(self, partitions: Collection[Partition]) -> None:
        """Publish the events that are part of the durable state."""
        for partition in partitions:
            due = partition.pipeline.withdrawals.take_due()
            if due:
                self._publisher.put([OutboundRecord(self._topic, each.key, each.value) for each in due])
                self._metrics.alerts.labels("resolved").inc(len(due))
                logger.info(
                    "Partition %d: resolved %s of configs that were deleted or narrowed",
                    partition.number, plural(len(due), "alert"),
                )  # fmt: skip

    def publish_saved(self, partitions: Collection[Partition]) -> bool:
        """The same after a checkpoint; returns whether another one must follow, to delete their records."""
        if not self.any_waiting(partitions):
            return False
        for partition in partitions:
            partition.pipeline.withdrawals.saved()
        self.publish(partitions)
        return True
