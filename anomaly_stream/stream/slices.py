"""Processes fetched items in the pipeline of their partition, slice by slice."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import RecordColumns
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.drop_log import DropLog
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.inbox import Inbox
from anomaly_stream.stream.outbound import outbound_records
from anomaly_stream.stream.partitions.gap_check import is_behind_a_gap
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.transport import columnar_consumer

_POSITION_S = 0.002


class SliceProcessor:
    """Processes items, publishes the output and reports on it.

    Args:
        app: its consumer reads again what did not arrive.
        publisher: receives the output.
        names: the topics of the output.
        metrics: counts records and output.
        gauges: reports limits and refused baselines.
        processed: the partition with a number, if its records are to be processed now.
        slice_records: maximum number of records between two turns of the event loop.
    """

    def __init__(
        self,
        app: Any,
        publisher: Publisher,
        names: TopicNames,
        metrics: WorkerMetrics,
        gauges: Gauges,
        processed: Callable[[int], Partition | None],
        slice_records: int,
    ) -> None:
        self._app = app
        self._publisher = publisher
        self._names = names
        self._metrics = metrics
        self._gauges = gauges
        self._processed = processed
        self._drop_log = DropLog()
        self.inbox = Inbox(slice_records)

    async def run(self) -> None:
        """Process the items of the inbox until cancelled; the event loop runs after each slice."""
        while True:
            for records in await self.inbox.take():
                await self._process(records)
                await self._publisher.room()
                await asyncio.sleep(0)

    async def _process(self, records: RecordColumns) -> None:
        partition = self._processed(records.partition)

        def is_processed() -> bool:
            return self._processed(records.partition) is partition

        while partition is not None and partition.awaits_position and is_processed():
            await asyncio.sleep(_POSITION_S)
        if (
            partition is not None
            and not await is_behind_a_gap(columnar_consumer(self._app), partition, records, is_processed)
            and is_processed()
        ):
            self._process_slice(partition, records)

    def _process_slice(self, partition: Partition, records: RecordColumns) -> None:
        started = time.perf_counter()
        output = partition.process(records)
        self._publisher.put(outbound_records(output, records, self._names, self._metrics))
        self._metrics.observe(output, len(records), time.perf_counter() - started)
        self._drop_log.report(output, records, partition.pipeline.index.series)
        self._gauges.limits(output.limits)
        self._gauges.refused_baselines(output.baselines.refused)
