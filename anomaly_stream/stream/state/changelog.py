"""Writes to the changelog that only the newest owner of a partition can make.

A worker that was paused or disconnected still acts as the owner of its partitions. A late write of it to a
compacted topic would not only be read last: compaction would also delete the newer state permanently.
Therefore each partition of the changelog is written in transactions, by a producer whose transactional id
belongs to the partition. A claim starts a producer with that id: Kafka then aborts the open transaction of
the previous owner and refuses its producer from then on. The claim precedes recovery, so nothing can be
written after the records that recovery has read.

A checkpoint of a partition is one transaction: the changelog holds all of it or none of it.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced, UnknownError
from mode.utils.logging import get_logger

from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.stream.publisher import OutboundRecord, Publisher
from anomaly_stream.stream.state.turns import in_turns

logger = get_logger(__name__)

#: Key of the record that a claim writes. Its value is null, so recovery stores nothing.
CLAIM_KEY = b"\0claim"

_STOP_S = 5.0


class ChangelogWriter(Protocol):
    """The interface by which the worker writes state records."""

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Become the only writer of these partitions, and write a claim record to each.

        Returns the offset of that record by partition. All records of earlier owners precede it.
        Raises BrokerError.
        """

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """Write at least one record and await acknowledgement; returns the offset of the last one.

        A stage must not become visible before all earlier stages are. Raises FencedError, BrokerError.
        """

    async def release(self) -> None:
        """Release the claims, within a time limit; never raises."""


class FencedChangelog:
    """Writes with one transactional producer for each partition held.

    Args:
        topic: the changelog.
        producer: makes a producer, not yet started, with a transactional id.
        publisher: writes the claim records.
    """

    def __init__(self, topic: str, producer: Callable[[str], AIOKafkaProducer], publisher: Publisher) -> None:
        self._topic = topic
        self._new_producer = producer
        self._publisher = publisher
        self._producers: dict[int, AIOKafkaProducer] = {}

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Exclude every earlier owner first: none can write after the claim record."""
        await self.release()
        claimed = sorted(partitions)
        await asyncio.gather(*(self._start(number) for number in claimed))
        return await _write_claims(self._publisher, self._topic, claimed)

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """Write all stages in one transaction, so they become visible together."""
        producer = self._producers.get(partition)
        if producer is None:
            raise FencedError(f"partition {partition} of {self._topic} was released")
        try:
            await producer.begin_transaction()
            sent = [
                (await producer.send_batch(batch, self._topic, partition=partition), batch.record_count())
                async for batch in _batches(producer, itertools.chain.from_iterable(stages))
            ]
            last: int = max([(await future).offset + count - 1 for future, count in sent])
            await producer.commit_transaction()
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise FencedError(f"partition {partition} of {self._topic} has a newer owner") from error
        except KafkaError as error:
            raise BrokerError(f"cannot write to {self._topic}: {error!r}") from error
        return last

    async def release(self) -> None:
        """Close the producers. The next claim aborts what they have not committed."""
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
                "the broker does not support transactions, which keep a paused worker from overwriting newer "
                "state: use Apache Kafka, or run one worker only and set worker.fencing to off"
            ) from error
        except KafkaError as error:
            raise BrokerError(f"cannot claim partition {partition} of {self._topic}: {error!r}") from error
        self._producers[partition] = producer


class OpenChangelog:
    """Writes without fencing, for brokers without transactions: safe with one worker only."""

    def __init__(self, topic: str, publisher: Publisher) -> None:
        self._topic = topic
        self._publisher = publisher

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Write the claim records. No other owner is excluded."""
        return await _write_claims(self._publisher, self._topic, sorted(partitions))

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """Write plain records, stage by stage."""
        last = -1
        for records in filter(None, stages):
            ends = await self._publisher.send(
                [OutboundRecord(self._topic, key, value, partition=partition) for key, value in records]
            )
            last = max(last, *ends)
        return last

    async def release(self) -> None:
        """Do nothing: there are no claims to release."""


async def _write_claims(publisher: Publisher, topic: str, partitions: list[int]) -> dict[int, int]:
    """Write the claim records; returns their offsets by partition.

    The end offset of a partition cannot replace it. It can follow the marker of a transaction, or a record
    that compaction removed; then a reader would wait for a record that does not exist.
    """
    if not partitions:
        return {}
    records = [OutboundRecord(topic, CLAIM_KEY, None, partition=number) for number in partitions]
    return dict(zip(partitions, await publisher.send(records), strict=True))


async def _batches(producer: AIOKafkaProducer, records: Iterable[StateRecord]) -> AsyncIterator[Any]:
    """Full batches of ``records``, in order; the event loop runs while they are filled."""
    batch = producer.create_batch()
    async for key, value in in_turns(records):
        if batch.append(key=key, value=value, timestamp=None) is None:
            yield batch
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    yield batch
