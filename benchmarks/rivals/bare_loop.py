"""The bare loop: aiokafka's ``getmany``, ``orjson.loads`` on every message, and nothing else.

It has no detectors and no state: it measures the cost of a Python consumer before its own work begins.
"""

import asyncio

import orjson
from aiokafka import AIOKafkaConsumer

from benchmarks.measurement import Meter, Task

MAX_RECORDS = 5_000
FETCH_BYTES = 4 * 2**20


async def run(task: Task) -> None:
    """Read until the meter is done."""
    meter = Meter(task)
    consumer = AIOKafkaConsumer(
        task.topic,
        bootstrap_servers=task.bootstrap,
        group_id=task.group,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    await consumer.start()
    while not meter.done:
        batches = await consumer.getmany(timeout_ms=1000, max_records=MAX_RECORDS)
        for records in batches.values():
            for record in records:
                orjson.loads(record.value)
            meter.add(len(records))
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(Task.of_process()))
