"""Records that were dropped between Kafka and the worker are read again; those that Kafka deleted are not."""

from typing import Any

import numpy as np
import pytest
from aiokafka.errors import IllegalStateError
from faust.types import TP

from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.groups.plan import GroupPlan
from anomaly_stream.model import RecordColumns, SeverityBands
from anomaly_stream.stream.partitions.gap_check import is_behind_a_gap
from anomaly_stream.stream.partitions.partition import Partition

METRICS = TP("metrics", 3)


class Consumer:
    def __init__(self, earliest: int = 0, error: Exception | None = None) -> None:
        self.earliest, self.error = earliest, error
        self.sought: list[Any] = []

    async def earliest_offsets(self, tp: TP) -> dict[TP, int]:
        return {tp: self.earliest}

    async def seek_wait(self, offsets: dict[TP, int]) -> None:
        self.sought.append(offsets)
        if self.error is not None:
            raise self.error


def records(first: int, count: int) -> RecordColumns:
    none = np.zeros(count, np.int64)
    return RecordColumns(
        *METRICS,
        np.empty(0, np.uint8),
        np.arange(first, first + count),
        none,
        none,
        none - 1,
        none,
        none - 1,
        none,
        none,
        first + count,
        first,
    )


async def behind_a_gap(consumer: Any, found: RecordColumns, held: bool = True, done: int | None = 10) -> bool:
    partition = Partition(
        METRICS.partition, compile_plan([], SeverityBands()), GroupPlan(), [("metrics", 7)], "groups"
    )
    partition.starts = {"metrics": 4}
    if done is not None:
        partition.process(records(4, done - 4))
    return await is_behind_a_gap(consumer, partition, found, lambda: held)


@pytest.mark.parametrize("first", [4, 9, 10])
async def test_consecutive_and_repeated_columns_are_accepted(first: int) -> None:
    consumer = Consumer()
    assert not await behind_a_gap(consumer, records(first, 3))
    assert consumer.sought == []


async def test_dropped_records_are_read_again() -> None:
    consumer = Consumer()
    assert await behind_a_gap(consumer, records(12, 3))
    assert consumer.sought == [{METRICS: 10}]


async def test_before_anything_was_processed_too() -> None:
    consumer = Consumer()
    assert await behind_a_gap(consumer, records(5, 3), done=None)
    assert consumer.sought == [{METRICS: 4}]


async def test_records_that_kafka_has_deleted_are_skipped() -> None:
    consumer = Consumer(earliest=12)
    assert not await behind_a_gap(consumer, records(12, 3))
    assert await behind_a_gap(consumer, records(13, 3))
    assert consumer.sought == [{METRICS: 12}]


async def test_a_released_partition_is_not_seeked() -> None:
    consumer = Consumer()
    assert await behind_a_gap(consumer, records(12, 3), held=False)
    assert consumer.sought == []
    assert await behind_a_gap(Consumer(error=IllegalStateError()), records(12, 3))


def test_slices_of_a_run_follow_each_other() -> None:
    run = records(20, 7)
    parts = [run.slice(at, at + 3) for at in (0, 3, 6)]
    assert [(part.first_offset, part.next_offset) for part in parts] == [(20, 23), (23, 26), (26, 27)]
