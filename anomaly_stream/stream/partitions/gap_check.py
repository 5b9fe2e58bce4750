"""A check that consecutive items of a partition have no gap between their offsets.

Faust drops fetched records whenever it stops the flow or clears a queue, and does not always seek back. A
worker that continued after such a gap would commit offsets of records that it never processed.
"""

from collections.abc import Callable

from aiokafka.errors import IllegalStateError
from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.transport import ColumnarConsumer

logger = get_logger(__name__)


async def is_behind_a_gap(
    consumer: ColumnarConsumer, partition: Partition, records: RecordColumns, is_held: Callable[[], bool]
) -> bool:
    """Whether records before these are missing. They are then read again, and ``records`` must be dropped.

    If the topic's retention has deleted them, this is logged and the answer is False.
    """
    expected = partition.expected(records.topic)
    if expected is None or records.first_offset <= expected:
        return False
    tp = TP(records.topic, partition.number)
    available = max(expected, (await consumer.earliest_offsets(tp)).get(tp) or 0)
    if records.first_offset <= available:
        logger.error("%s: Kafka deleted offsets %d to %d before they were read", tp, expected, available - 1)
        return False
    if is_held():
        logger.warning("%s is read again from offset %d: fetched records did not arrive", tp, available)
        try:
            await consumer.seek_wait({tp: available})
        except IllegalStateError:
            logger.info("%s was revoked meanwhile", tp)
    return True
