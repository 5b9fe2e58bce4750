"""Nothing is left out between the offsets that a worker processes one after the other.

Faust drops what it has fetched wherever it stops the flow or clears a queue, and seeks back later, or not.
Who goes on behind such a gap commits offsets of records that nobody has processed.
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
    """True where records before these did not arrive: they are read again, and ``records`` must be dropped.

    Where Kafka has deleted them, by the topic's retention, the log says so and it is False.
    """
    expected = partition.expected(records.topic)
    if expected is None or records.first_offset <= expected:
        return False
    tp = TP(records.topic, partition.number)
    there = max(expected, (await consumer.earliest_offsets(tp)).get(tp) or 0)
    if records.first_offset <= there:
        logger.error("%s: Kafka has deleted offsets %d to %d before they were read", tp, expected, there - 1)
        return False
    if is_held():
        logger.warning("%s is read again from offset %d: what was fetched did not arrive", tp, there)
        try:
            await consumer.seek_wait({tp: there})
        except IllegalStateError:
            logger.info("%s was let go meanwhile", tp)
    return True
