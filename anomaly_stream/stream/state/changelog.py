"""Writes to the changelog that only a partition's newest owner can make.

A worker that was paused, or cut off, wakes up believing that its partitions are its own. In a
compacted topic its late write would not only be read last: compaction would then delete the newer
state for good. So each partition of the changelog is written in transactions, by a producer whose
transactional id belongs to the partition. Claiming the partition starts a producer of that id,
upon which Kafka ends the predecessor's open transaction and refuses its producer for ever. The
claim is made before recovery reads, so nothing can be written behind what recovery has read.

A checkpoint of a partition is one transaction: in the changelog it is there whole, or not at all.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced, UnknownError
from mode.utils.logging import get_logger

from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.stream.publisher import OutboundRecord, Publisher
from anomaly_stream.stream.state.table import StateRecord

logger = get_logger(__name__)

#: Key of the record that a claim leaves; its value is null, so that recovery has nothing to store.
CLAIM_KEY = b"\0claim"

_STOP_S = 5.0


class ChangelogWriter(Protocol):
    """How the worker writes state records."""

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Become the only writer of these partitions, and leave a record in each.

        By partition, that record's offset: all that earlier owners have written stands before it. Raises
        BrokerError.
        """

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """Write and await acknowledgement; the last record's offset. Raises FencedError, BrokerError.

        No record of a stage may count before all of the stages before it do. There is at least one record.
        """

    async def release(self) -> None:
        """Let go of what was claimed; bounded in time, never raises."""


class FencedChangelog:
    """One transactional producer a partition held.

    Args:
        topic: the changelog.
        producer: makes an unstarted producer of a transactional id.
        publisher: for the records that claims leave.
    """

    def __init__(self, topic: str, producer: Callable[[str], AIOKafkaProducer], publisher: Publisher) -> None:
        self._topic = topic
        self._new_producer = producer
        self._publisher = publisher
        self._producers: dict[int, AIOKafkaProducer] = {}

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Shut out every earlier owner first: behind the claim's record they write no state."""
        await self.release()
        claimed = sorted(partitions)
        await asyncio.gather(*(self._start(number) for number in claimed))
        return await _leave_claims(self._publisher, self._topic, claimed)

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """One transaction: all stages count at once."""
        producer = self._producers.get(partition)
        if producer is None:
            raise FencedError(f"partition {partition} of {self._topic} was let go")
        try:
            await producer.begin_transaction()
            sent = [
                (await producer.send_batch(batch, self._topic, partition=partition), batch.record_count())
                for batch in _batches(producer, itertools.chain.from_iterable(stages))
            ]
            last: int = max([(await future).offset + count - 1 for future, count in sent])
            await producer.commit_transaction()
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise FencedError(f"partition {partition} of {self._topic} has a newer owner") from error
        except KafkaError as error:
            raise BrokerError(f"cannot write to {self._topic}: {error!r}") from error
        return last

    async def release(self) -> None:
        """Close the producers; what they have not committed, the next claim undoes."""
        producers, self._producers = self._producers, {}
        if producers:
            stops = [asyncio.ensure_future(producer.stop()) for producer in producers.values()]
            _, late = await asyncio.wait(stops, timeout=_STOP_S)
            for stop in late:
                stop.cancel()

    async def _start(self, partition: int) -> None:
        producer = self._new_producer(f"{self._topic}-{partition}")
        try:
            await producer.start()
        except UnknownError as error:
            raise BrokerError(
                "the broker knows no transactions, which keep a paused worker from overwriting newer state: "
                "run one worker only and set worker.fencing to off, or use Apache Kafka"
            ) from error
        except KafkaError as error:
            raise BrokerError(f"cannot claim partition {partition} of {self._topic}: {error!r}") from error
        self._producers[partition] = producer


class OpenChangelog:
    """Writes without a fence, for brokers that have no transactions: sound with one worker only."""

    def __init__(self, topic: str, publisher: Publisher) -> None:
        self._topic = topic
        self._publisher = publisher

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Shuts nobody out."""
        return await _leave_claims(self._publisher, self._topic, sorted(partitions))

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """Plain records, stage by stage."""
        last = -1
        for records in filter(None, stages):
            ends = await self._publisher.send(
                [OutboundRecord(self._topic, key, value, partition=partition) for key, value in records]
            )
            last = max(last, *ends)
        return last

    async def release(self) -> None:
        """Nothing to let go of."""


async def _leave_claims(publisher: Publisher, topic: str, partitions: list[int]) -> dict[int, int]:
    """Write the claims' records; by partition, their offsets.

    The end of a partition would not do: there the marker of a transaction may stand, or what compaction
    has taken away, and who reads would wait for a record that never comes.
    """
    if not partitions:
        return {}
    records = [OutboundRecord(topic, CLAIM_KEY, None, partition=number) for number in partitions]
    return dict(zip(partitions, await publisher.send(records), strict=True))


def _batches(producer: AIOKafkaProducer, records: Iterable[StateRecord]) -> Iterator[Any]:
    """Full batches of ``records``, in order."""
    batch = producer.create_batch()
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=None) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    yield batch
