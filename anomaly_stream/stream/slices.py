"""Processes fetched items in the pipeline of their partition, slice by slice."""

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Any

from faust.types import TP

from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import RecordColumns
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream.drop_log import DropLog
from anomaly_stream.stream.gauges import Gauges
from anomaly_stream.stream.outbound import outbound_records
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.transport import columnar_consumer


class SliceProcessor:
    """Processes items, publishes the output and reports on it.

    Args:
        app: its consumer knows the ends of the partitions.
        publisher: receives the output.
        names: the topics of the output.
        metrics: counts records and output.
        gauges: reports lag, limits and what the partitions hold.
        held: the partitions held now.
        slice_records: maximum number of records between two turns of the event loop.
    """

    def __init__(
        self,
        app: Any,
        publisher: Publisher,
        names: TopicNames,
        metrics: WorkerMetrics,
        gauges: Gauges,
        held: Callable[[], Collection[Partition]],
        slice_records: int,
    ) -> None:
        self._app = app
        self._publisher = publisher
        self._names = names
        self._metrics = metrics
        self._gauges = gauges
        self._held = held
        self._slice_records = slice_records
        self._drop_log = DropLog()

    async def process(
        self, partition: Partition, records: RecordColumns, may_continue: Callable[[], bool]
    ) -> None:
        """Process one item. The event loop runs after each slice; ``may_continue`` is called before it."""
        for start in range(0, max(len(records), 1), self._slice_records):
            if not may_continue():
                return
            self._process_slice(partition, records.slice(start, start + self._slice_records))
            await self._publisher.room()
            await asyncio.sleep(0)

    def _process_slice(self, partition: Partition, records: RecordColumns) -> None:
        started = time.perf_counter()
        output = partition.process(records)
        self._publisher.put(outbound_records(output, records, self._names, self._metrics))
        self._metrics.observe(output, len(records), time.perf_counter() - started)
        self._drop_log.report(output, records, partition.pipeline.index.series)
        self._gauges.hold(self._held())
        self._gauges.limits(output.limits)
        self._gauges.refused_baselines(output.baselines.refused)
        end = columnar_consumer(self._app).highwater(TP(records.topic, partition.number))
        self._gauges.lag(records.topic, partition, end)
