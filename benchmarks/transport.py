"""The transport alone: columns from the wire are counted and dropped.

This is the cost of socket, checksums, lz4 and the walk over the records, before any JSON is read.
"""

import asyncio

from aiokafka import AIOKafkaConsumer

from anomaly_stream.stream.wire.fetcher_patch import install
from benchmarks.measurement import Meter, Task

FETCH_BYTES = 4 * 2**20
MAX_ITEMS = 64


async def run(task: Task) -> None:
    """Read until the meter is done."""
    install({task.topic})
    meter = Meter(task)
    consumer = AIOKafkaConsumer(
        task.topic,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        isolation_level="read_committed",
    )
    await consumer.start()
    while not meter.done:
        batches = await consumer.getmany(timeout_ms=1000, max_records=MAX_ITEMS)
        meter.add(sum(len(item) for items in batches.values() for item in items))
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(Task.of_process()))
