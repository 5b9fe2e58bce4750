"""Every record is acknowledged, or the barrier fails."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from anomaly_stream.errors import BrokerError
from anomaly_stream.stream.publisher import OutboundRecord, Publisher

WAIT_S = 5.0


class Batch:
    def __init__(self) -> None:
        self.count = 0

    def append(self, **_: Any) -> object | None:
        if self.count == 2:
            return None
        self.count += 1
        return self

    def record_count(self) -> int:
        return self.count


class Producer:
    """Returns futures that the test completes."""

    def __init__(self) -> None:
        self.sent: list[asyncio.Future[Any]] = []

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> asyncio.Future[Any]:
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]

    async def partitions_for(self, topic: str) -> set[int]:
        return {0}


@pytest.fixture
def producer() -> Producer:
    return Producer()


@pytest.fixture
async def publisher(producer: Producer) -> AsyncIterator[Publisher]:
    publisher = Publisher(lambda: producer, capacity=3)  # type: ignore[arg-type,return-value]
    sender = asyncio.create_task(publisher.run())
    yield publisher
    sender.cancel()


def outbound(count: int, partition: int = 0) -> list[OutboundRecord]:
    return [OutboundRecord("topic", b"key", b"value", partition=partition) for _ in range(count)]


async def settled(task: "asyncio.Task[Any]") -> bool:
    """Whether the task ends without anything more happening."""
    done, _ = await asyncio.wait([task], timeout=0.05)
    return bool(done)


async def test_the_barrier_waits_for_each_batch(publisher: Publisher, producer: Producer) -> None:
    publisher.put(outbound(4))
    barrier = asyncio.create_task(publisher.barrier())
    assert not await settled(barrier)
    producer.sent[0].set_result(None)
    assert not await settled(barrier)
    producer.sent[1].set_result(None)
    await barrier


async def test_one_refusal_fails_this_barrier_and_the_next(publisher: Publisher, producer: Producer) -> None:
    publisher.put(outbound(2))
    barrier = asyncio.create_task(publisher.barrier())
    assert not await settled(barrier)
    producer.sent[0].set_exception(KafkaTimeoutError())
    with pytest.raises(BrokerError):
        await barrier
    with pytest.raises(BrokerError):
        await publisher.barrier()


async def test_a_full_buffer_makes_reading_wait(publisher: Publisher, producer: Producer) -> None:
    publisher.put(outbound(4))
    room = asyncio.create_task(publisher.room())
    assert not await settled(room)
    producer.sent[0].set_result(None)
    await room


async def test_who_waits_for_room_hears_of_a_refusal(publisher: Publisher, producer: Producer) -> None:
    publisher.put(outbound(8))
    room = asyncio.create_task(publisher.room())
    assert not await settled(room)
    producer.sent[0].set_exception(KafkaTimeoutError())
    with pytest.raises(BrokerError):
        await room


async def test_nothing_overtakes_unacknowledged_records(publisher: Publisher, producer: Producer) -> None:
    publisher.put(outbound(4))
    barrier = asyncio.create_task(publisher.barrier())
    assert not await settled(barrier)
    assert len(producer.sent) == 1
    producer.sent[0].set_result(None)
    assert not await settled(barrier)
    assert len(producer.sent) == 2
    producer.sent[1].set_result(None)
    await barrier


async def test_partitions_do_not_wait_for_each_other(publisher: Publisher, producer: Producer) -> None:
    publisher.put([*outbound(4), *outbound(4, partition=1)])
    barrier = asyncio.create_task(publisher.barrier())
    for sent in (2, 4):
        assert not await settled(barrier)
        assert len(producer.sent) == sent
        for future in producer.sent[sent - 2 :]:
            future.set_result(None)
    await barrier


@pytest.mark.parametrize("partition", [0, 1])
async def test_nothing_is_sent_after_a_refusal(
    publisher: Publisher, producer: Producer, partition: int
) -> None:
    publisher.put(outbound(4))
    barrier = asyncio.create_task(publisher.barrier())
    assert not await settled(barrier)
    producer.sent[0].set_exception(KafkaTimeoutError())
    with pytest.raises(BrokerError):
        await asyncio.wait_for(barrier, WAIT_S)
    publisher.put(outbound(2, partition))
    with pytest.raises(BrokerError):
        await asyncio.wait_for(publisher.barrier(), WAIT_S)
    assert len(producer.sent) == 1


async def test_nothing_is_sent_after_a_record_that_could_not_be_queued(
    publisher: Publisher, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def partitions_for(topic: str) -> set[int]:
        raise KafkaTimeoutError

    with monkeypatch.context() as broker_is_away:
        broker_is_away.setattr(producer, "partitions_for", partitions_for)
        publisher.put(outbound(2))
        with pytest.raises(BrokerError):
            await asyncio.wait_for(publisher.barrier(), WAIT_S)
    publisher.put(outbound(2))
    with pytest.raises(BrokerError):
        await asyncio.wait_for(publisher.barrier(), WAIT_S)
    assert not producer.sent
