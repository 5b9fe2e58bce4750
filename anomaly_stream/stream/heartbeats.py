"""Heartbeats: in a partition where nothing arrives, they move the clock by which silent series are found.

A heartbeat says that nothing comes from a topic, after the offset up to which it was processed, before an
event time. The worker decides by the wall clock when to write one, and asks Kafka for the end of the topic
first. It becomes part of the position in a checkpoint, so of the fenced changelog, before the worker acts on
it: records that arrive meanwhile wait. A worker that loads such a position acts on it before it processes a
record. So every owner, and a replay, sees the same heartbeats between the same records.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain
from typing import Any

from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.partitions.idleness import CHECK_S
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.publisher import OutboundRecord, Publisher
from anomaly_stream.stream.transport import columnar_consumer

logger = get_logger(__name__)

_ENDS_S = 5.0


class Heartbeats:
    """The heartbeats of the partitions that a worker holds.

    Args:
        app: its consumer knows the ends of the topics.
        publisher: receives the events.
        topic: the alerts topic.
        metrics: counts heartbeats and events.
    """

    def __init__(self, app: Any, publisher: Publisher, topic: str, metrics: WorkerMetrics) -> None:
        self._app = app
        self._publisher = publisher
        self._topic = topic
        self._metrics = metrics

    async def run(
        self, held: Callable[[], Mapping[int, Partition]], checkpoint: Callable[[], Awaitable[object]]
    ) -> None:
        """Propose heartbeats to the partitions held, and have them written, until cancelled."""
        while True:
            await asyncio.sleep(CHECK_S)
            if await self.propose(held()):
                await checkpoint()

    async def propose(self, partitions: Mapping[int, Partition]) -> bool:
        """Propose a heartbeat to each partition that is silent; whether a checkpoint must follow."""
        waiting = {
            TP(topic, number): partition
            for number, partition in partitions.items()
            for topic in partition.clocked_topics
        }
        if not waiting:
            return False
        try:
            ends = await asyncio.wait_for(columnar_consumer(self._app).highwaters(*waiting), _ENDS_S)
        except Exception as error:  # Kafka is away, or the partitions have moved: nothing is known
            logger.info("No heartbeat: the ends of the topics are not known: %r", error)
            return False
        now_s = time.monotonic()
        proposed = [
            partition.propose_heartbeat(tp.topic, ends[tp], now_s)
            for tp, partition in waiting.items()
            if tp in ends
        ]
        return any(proposed)

    def act(self, *partitions: Partition) -> None:
        """Act on the heartbeats in the durable positions of partitions, and publish the events."""
        for output in chain.from_iterable(partition.act_on_heartbeat() for partition in partitions):
            self._metrics.heartbeats.inc()
            self._metrics.observe_heartbeat(output)
            self._publisher.put([OutboundRecord(self._topic, each.key, each.value) for each in output.alerts])
