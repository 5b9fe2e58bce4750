"""Recovery: writes the changelog records of other owners to RocksDB.

Faust's own recovery is not used. It reads through the group's consumer, which drops fetched records whenever
the flow stops or the group rebalances; recovery can then finish although records in the middle were never
read. It only logs errors. It also never stops reading, so a worker reads its own checkpoints again. Here a
consumer outside the group reads each partition without interruption, from the offset that RocksDB holds to
the claim record, and every error is raised.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.alerts.wording import plural
from anomaly_stream.errors import BrokerError, StateError
from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.state.table import StateStore

logger = get_logger(__name__)

PROGRESS_S = 2.0
"""Progress messages are this many seconds apart."""
_POLL_MS = 1000


class ChangelogRecovery:
    """Brings RocksDB up to date with the changelog.

    Args:
        topic: the changelog; the consumer must deliver it as columns.
        consumer: makes a consumer, not yet started, that is in no group.
        store: receives the records.
    """

    def __init__(self, topic: str, consumer: Callable[[], AIOKafkaConsumer], store: StateStore) -> None:
        self._topic = topic
        self._new_consumer = consumer
        self._store = store
        self._records = 0
        self._next_report = 0.0

    async def catch_up(self, ends: Mapping[int, int]) -> None:
        """Bring each partition up to its offset in ``ends``, at which there must be a record.

        Raises:
            StateError: RocksDB is ahead of the changelog.
            BrokerError: Kafka refused.
        """
        self._records, self._next_report = 0, 0.0
        if behind := self._behind(ends):
            consumer = self._new_consumer()
            try:
                await consumer.start()
                await self._read(consumer, behind)
            except KafkaError as error:
                raise BrokerError(f"cannot read {self._topic}: {error!r}") from error
            finally:
                await consumer.stop()
        logger.info("Recovered %s from the changelog", plural(self._records, "record"))

    def _behind(self, ends: Mapping[int, int]) -> dict[int, int]:
        behind = {}
        for number, end in ends.items():
            held = self._store.persisted_offset(TP(self._topic, number))
            if held is not None and held > end:
                raise StateError(
                    f"partition {number} of {self._topic} ends at offset {end}, but RocksDB holds it up to"
                    f" {held}: the topic was recreated or truncated. To continue with its records,"
                    f" delete {self._store.partition_path(number)}"
                )
            if held is None or held < end:
                behind[number] = end
        return behind

    async def _read(self, consumer: AIOKafkaConsumer, ends: Mapping[int, int]) -> None:
        """Read until every end is passed. Nothing else controls this consumer, so no record is missed."""
        remaining = {TopicPartition(self._topic, number): end for number, end in ends.items()}
        consumer.assign(list(remaining))
        begins = await consumer.beginning_offsets(list(remaining))
        for tp in remaining:
            held = self._store.persisted_offset(TP(*tp))
            consumer.seek(tp, begins[tp] if held is None else max(begins[tp], held + 1))
        while remaining:
            for tp, items in (await consumer.getmany(*remaining, timeout_ms=_POLL_MS)).items():
                for columns in items:
                    await self._take(columns)
                    await asyncio.sleep(0)  # an item can be thousands of records
                    if columns.next_offset > remaining.get(tp, columns.next_offset):
                        del remaining[tp]

    async def _take(self, columns: RecordColumns) -> None:
        await self._store.apply(columns)
        self._records += len(columns)
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + PROGRESS_S
            logger.info(
                "Recovering from the changelog: %s so far, partition %d up to offset %s",
                plural(self._records, "record"),
                columns.partition,
                f"{columns.next_offset - 1:,}",
            )
