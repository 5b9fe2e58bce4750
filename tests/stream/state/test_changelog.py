"""Only the newest owner of a partition writes its state."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.kafka.transactions import TransactionalWriter
from anomaly_stream.settings import KafkaSettings
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.state.changelog import CLAIM_KEY, FencedChangelog
from tests.conftest import TopicFactory
from tests.integration.workers import ends, read_all


@pytest.fixture
async def publisher(apache: str) -> AsyncIterator[Publisher]:
    producer = AIOKafkaProducer(bootstrap_servers=apache)
    await producer.start()
    yield Publisher(lambda: producer)
    await producer.stop()


def owner(apache: str, topic: str, publisher: Publisher) -> FencedChangelog:
    settings = KafkaSettings(bootstrap_servers=apache)
    return FencedChangelog(
        topic, lambda number: TransactionalWriter(settings, topic, number, 10.0), publisher
    )


def records(apache: str, topic: str) -> list[tuple[int, bytes, bytes | None]]:
    return [(m.partition(), m.key(), m.value()) for m in read_all(apache, topic) if m.key() != CLAIM_KEY]


async def test_a_new_owner_shuts_out_the_old_one(
    apache: str, topic: TopicFactory, publisher: Publisher
) -> None:
    name = topic("changelog", partitions=2)
    old, new = owner(apache, name, publisher), owner(apache, name, publisher)
    assert await old.claim([0, 1]) == {0: 0, 1: 0}
    await old.write(0, [[(b"a", b"old")], [(b"b", b"old")]])
    await new.claim([0])
    with pytest.raises(FencedError, match="newer owner"):
        await old.write(0, [[(b"a", b"stale")]])
    await old.write(1, [[(b"c", b"still its own")]])
    await new.write(0, [[(b"a", b"new"), (b"b", None)]])
    await old.release()
    await new.release()
    assert sorted(records(apache, name), key=lambda record: record[0]) == [
        (0, b"a", b"old"),
        (0, b"b", b"old"),
        (0, b"a", b"new"),
        (0, b"b", None),
        (1, b"c", b"still its own"),
    ]


async def test_what_the_old_owner_was_writing_never_counts(
    apache: str, topic: TopicFactory, publisher: Publisher
) -> None:
    name = topic("changelog")
    old, new = owner(apache, name, publisher), owner(apache, name, publisher)
    await old.claim([0])
    old._writers[0].send([(b"a", b"half a checkpoint")])
    claimed = await new.claim([0])
    end = ends(apache, name)[0]
    assert records(apache, name) == []
    assert claimed == {0: end - 1}  # recovery finds a record there
    assert read_all(apache, name)[-1].offset() == end - 1
    assert await new.write(0, [[(b"a", b"whole")]]) == end
    await new.release()
    await old.release()
    assert records(apache, name) == [(0, b"a", b"whole")]


async def test_nothing_is_written_once_released(
    apache: str, topic: TopicFactory, publisher: Publisher
) -> None:
    changelog = owner(apache, topic("changelog"), publisher)
    await changelog.claim([0])
    await changelog.release()
    with pytest.raises(FencedError, match="was released"):
        await changelog.write(0, [[(b"a", b"late")]])


async def test_a_broker_that_is_not_there(publisher: Publisher) -> None:
    with pytest.raises(BrokerError, match="cannot claim partition 0"):
        await owner("127.0.0.1:1", "changelog", publisher).claim([0])
