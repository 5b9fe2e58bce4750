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
from collections.abc import Callable, Iterable
from typing import Protocol

from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.errors import FencedError
from anomaly_stream.kafka.transactions import TransactionalWriter
from anomaly_stream.stream.publisher import OutboundRecord, Publisher

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
    """Writes with one transactional writer for each partition held, in other threads.

    Args:
        topic: the changelog.
        writer: makes the writer of a partition, which has claimed nothing yet.
        publisher: writes the claim records.
    """

    def __init__(
        self, topic: str, writer: Callable[[int], TransactionalWriter], publisher: Publisher
    ) -> None:
        self._topic = topic
        self._new_writer = writer
        self._publisher = publisher
        self._writers: dict[int, TransactionalWriter] = {}

    async def claim(self, partitions: Iterable[int]) -> dict[int, int]:
        """Exclude every earlier owner first: none can write after the claim record."""
        await self.release()
        self._writers = {number: self._new_writer(number) for number in sorted(partitions)}
        await asyncio.gather(*(asyncio.to_thread(writer.claim) for writer in self._writers.values()))
        return await _write_claims(self._publisher, self._topic, list(self._writers))

    async def write(self, partition: int, stages: list[list[StateRecord]]) -> int:
        """Write all stages in one transaction, so they become visible together."""
        writer = self._writers.get(partition)
        if writer is None:
            raise FencedError(f"partition {partition} of {self._topic} was released")
        last = await asyncio.to_thread(writer.send, list(itertools.chain.from_iterable(stages)))
        await self.commit(writer)
        return last

    async def commit(self, writer: TransactionalWriter) -> None:
        """End the transaction of a partition."""
        await asyncio.to_thread(writer.commit)

    async def release(self) -> None:
        """Close the writers, within a time limit. The next claim aborts what they have not committed."""
        writers, self._writers = self._writers, {}
        await asyncio.wait([asyncio.create_task(asyncio.to_thread(writers.clear))], timeout=_STOP_S)


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
