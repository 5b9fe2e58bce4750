"""Messages through a whole pipeline."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from anomaly_stream.formats.outcomes import Output
from anomaly_stream.pipeline.pipeline import Pipeline
from anomaly_stream.stream.partitions.partition import Partition
from tests.formats.columns import record_columns

SOURCES = [("metrics", 1)]


def message(unit: str, value: float, time: float, odd: bool = False) -> bytes:
    """An observation of series ``unit``; an ``odd`` one is left by the kernel to the full parser."""
    metric = "fl\\u006fw" if odd else "flow"
    labels = f'{{"unit":"{unit}"}}'
    body = f'"metric":"{metric}","labels":{labels},"timestamp":{time!r},"value":{value!r}'
    twice = f',"value":{value!r}' if odd else ""
    return f"{{{body}{twice}}}".encode()


def feed(
    pipeline: Pipeline | Partition, messages: Sequence[bytes], first_offset: int = 0, kafka_ms: int = -1
) -> Output:
    records = record_columns(messages, timestamp_ms=kafka_ms)
    offsets = np.arange(first_offset, first_offset + len(messages), dtype=np.int64)
    return pipeline.process(dataclasses.replace(records, offset=offsets, next_offset=int(offsets[-1]) + 1))


def published(outputs: Sequence[Output]) -> tuple[list[bytes], list[bytes]]:
    """All scores and all alerts, in order."""
    return (
        [score.value for output in outputs for score in output.scores],
        [alert.value for output in outputs for alert in output.alerts],
    )
