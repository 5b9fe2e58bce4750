"""Which offsets are committed, and which are used."""

import asyncio
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata
from faust.types import TP

from anomaly_stream.stream import transport
from anomaly_stream.stream.transport import ColumnarConsumer, ColumnarConsumerThread


class Kafka:
    """The part of an aiokafka consumer that commits and seeks."""

    def __init__(self, committed: dict[TopicPartition, OffsetAndMetadata]) -> None:
        self.offsets = committed
        self.sought: dict[TopicPartition, int] = {}
        self.error: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self._coordinator = SimpleNamespace(fetch_committed_offsets=self.fetch)

    def assignment(self) -> set[TopicPartition]:
        return set(self.offsets)

    async def fetch(self, partitions: Any) -> dict[TopicPartition, OffsetAndMetadata]:
        return {tp: self.offsets[tp] for tp in partitions if self.offsets[tp].offset >= 0}

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.sought[tp] = offset

    async def commit(self, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        await self.answers.wait()
        if self.error is not None:
            raise self.error
        self.offsets |= offsets


def thread(kafka: Kafka) -> ColumnarConsumerThread:
    made = ColumnarConsumerThread.__new__(ColumnarConsumerThread)
    made.consumer = SimpleNamespace(topic_generations={"metrics": 7})
    made._ensure_consumer = lambda: kafka
    return made


async def test_offsets_of_an_earlier_topic_of_the_name_are_not_used() -> None:
    metrics = [TopicPartition("metrics", number) for number in range(4)]
    found = [(40, "generation 7"), (900, "generation 6"), (5, ""), (-1, "")]  # the last: nothing committed
    kafka = Kafka({tp: OffsetAndMetadata(*each) for tp, each in zip(metrics, found, strict=True)})
    await thread(kafka)._seek_to_committed()
    assert kafka.sought == {metrics[0]: 40, metrics[1]: 0, metrics[2]: 5, metrics[3]: 0}


async def test_what_is_committed_is_used_later() -> None:
    kafka = Kafka({TopicPartition("changelog", 0): OffsetAndMetadata(-1, "")})
    assert await thread(kafka).commit_in_thread({TP("metrics", 0): 12})
    await thread(kafka)._seek_to_committed()
    assert kafka.sought == {TopicPartition("metrics", 0): 12}  # recovery positions the changelog


async def test_a_commit_of_a_past_generation_is_no_commit_and_no_crash() -> None:
    kafka = Kafka({})
    kafka.error = CommitFailedError()
    assert not await thread(kafka).commit_in_thread({TP("metrics", 0): 12})


async def test_a_commit_without_an_answer_ends(monkeypatch: Any) -> None:
    monkeypatch.setattr(transport, "_COMMIT_S", 0.05)
    kafka = Kafka({})
    kafka.answers.clear()
    assert not await thread(kafka).commit_in_thread({TP("metrics", 0): 12})


async def test_only_a_checkpoint_commits() -> None:
    consumer = ColumnarConsumer.__new__(ColumnarConsumer)
    consumer._unacked_messages = set()
    message = Mock(acked=False)
    assert consumer.ack(message)
    assert message.acked
    assert not await consumer.force_commit()  # there is no owner that could make the state durable
