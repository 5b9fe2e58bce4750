"""State for the benchmarks of changelog and recovery: many series with full windows, one value per
checkpoint.

One pipeline per partition, without Kafka; its changelog records are those of the worker.
"""

from collections.abc import Iterator

import numpy as np

from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.engine.plan.plan import compile_plan
from anomaly_stream.engine.step import step
from anomaly_stream.model import AnomalyDetectionConfig, ObservationColumns, RecordColumns, SeverityBands
from anomaly_stream.pipeline.pipeline import Pipeline
from benchmarks.engine import LEVELS
from benchmarks.load import METRIC, PARTITIONS, START_S, WINDOW_POINTS, message_head, random_values

INTERVAL_S = 10
CONFIG_ID = "bench"
PERIOD_S = WINDOW_POINTS * INTERVAL_S - INTERVAL_S // 2
"""It is half an interval shorter than the window, so that each new value replaces one, in spite of jitter."""
STEADY = 48
"""This many checkpoints are counted: the volume repeats with this period."""
SETTLING = 8
"""This many checkpoints precede them, including the first one with full windows."""


class Reporting:
    """The series of one partition. They report every ``INTERVAL_S``, a random fraction of a second late."""

    def __init__(self, partition: int, series: int) -> None:
        self.partition = partition
        self.numbers = np.arange(partition, series, PARTITIONS)
        config = AnomalyDetectionConfig(
            id=CONFIG_ID,
            metric=METRIC,
            window_points=WINDOW_POINTS,
            baseline_period_s=PERIOD_S,
            detectors=LEVELS,
        )
        self.pipeline = Pipeline(compile_plan([config], SeverityBands()), [("metrics", 1)])
        self._heads = [message_head(number) for number in self.numbers.tolist()]
        self._rng = np.random.default_rng(partition)
        self._tick = 0

    def report(self) -> list[bytes]:
        """Send one value of each series through the pipeline; returns the messages."""
        batch = self._next()
        messages = [
            f'{self._heads[i]}"timestamp":{stamp!r},"value":{value!r}}}'.encode()
            for i, stamp, value in zip(
                batch.series.tolist(), batch.timestamp.tolist(), batch.value.tolist(), strict=True
            )
        ]
        self.pipeline.process(_columns(messages, int(batch.offset[0])))
        return messages

    def fill(self) -> None:
        """Fill every window. Only the first values are decoded, the others go to the engine as columns."""
        self.report()
        for _ in range(WINDOW_POINTS - 1):
            step(self.pipeline.plan, self.pipeline.bank, self._next())
        rows = self.pipeline.bank.state.rows[: len(self.numbers)]
        if not np.all((rows["count"] == WINDOW_POINTS) & (rows["stride"] == 1)):
            raise AssertionError("some windows are not full, or are thinned: the figure would be too good")

    def _next(self) -> ObservationColumns:
        """One value of each series; after the first round in random order."""
        count, tick = len(self.numbers), self._tick
        order = self._rng.permutation(count) if tick else np.arange(count)
        self._tick += 1
        return ObservationColumns(
            series=order,
            timestamp=START_S + tick * INTERVAL_S + self._rng.integers(0, 1000, count) / 1000,
            value=random_values(self._rng, self.numbers[order]),
            learn=np.zeros(count, np.bool_),
            record=np.arange(count),
            offset=np.arange(count) + tick * count,
        )

    def checkpoint(self) -> Iterator[StateRecord]:
        """The records that a checkpoint writes."""
        for stage in self.pipeline.take_dirty():
            yield from stage


def _columns(messages: list[bytes], offset: int) -> RecordColumns:
    lengths = np.array([len(message) for message in messages], np.int64)
    none = np.zeros(len(messages), np.int64)
    return RecordColumns(
        topic="metrics",
        partition=0,
        buffer=np.frombuffer(b"".join(messages), np.uint8),
        offset=np.arange(offset, offset + len(messages)),
        timestamp_ms=none - 1,
        key_start=none,
        key_length=none - 1,
        value_start=np.cumsum(lengths) - lengths,
        value_length=lengths,
        header_start=none,
        header_count=none,
        next_offset=offset + len(messages),
    )
