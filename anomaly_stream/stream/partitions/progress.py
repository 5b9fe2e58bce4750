"""How far the partitions of a worker have come."""

from collections.abc import Mapping, Sequence
from typing import Any

from faust.types import TP

from anomaly_stream.ops.health import Progress
from anomaly_stream.stream.partitions.partition import Partition


def progress_of(partitions: Mapping[int, Partition], topics: Sequence[str], consumer: Any) -> list[Progress]:
    """The position and the end of each partition of these source topics; ``consumer`` knows the ends."""
    found = []
    for number, partition in partitions.items():
        for topic in topics:
            tp = TP(topic, number)
            end = consumer.highwater(tp)
            done = partition.watermarks.get(topic, consumer.position(tp))
            if end is not None and done is not None:
                found.append(Progress(topic, number, done, end))
    return found
