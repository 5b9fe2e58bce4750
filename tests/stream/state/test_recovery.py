"""RocksDB equals the changelog up to the claim, whatever was written, aborted or read before."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import rocksdict
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faust.types import TP

from anomaly_stream.errors import BrokerError, StateError
from anomaly_stream.kafka.transactions import TransactionalWriter
from anomaly_stream.settings import KafkaSettings
from anomaly_stream.stream.faust_hooks.tables import NoRecovery
from anomaly_stream.stream.publisher import Publisher
from anomaly_stream.stream.state.changelog import FencedChangelog, OpenChangelog
from anomaly_stream.stream.state.recovery import ChangelogRecovery
from anomaly_stream.stream.state.table import StateStore
from anomaly_stream.stream.wire import fetcher_patch
from tests.conftest import TopicFactory
from tests.stream.state.test_table import write

State = dict[bytes, bytes]


@pytest.fixture
async def publisher(kafka: str) -> AsyncIterator[Publisher]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    yield Publisher(lambda: producer)
    await producer.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StateStore]:
    store = StateStore.__new__(StateStore)
    options = rocksdict.Options(raw_mode=True)
    store._dbs = {n: rocksdict.Rdict(str(tmp_path / f"{n}.db"), options=options) for n in range(3)}
    store.partition_path = lambda number: tmp_path / f"{number}.db"
    yield store
    for database in store._dbs.values():
        database.close()


@pytest.fixture
def catch_up_of(kafka: str, store: StateStore) -> Iterator[Callable[[str], ChangelogRecovery]]:
    def make(topic: str) -> ChangelogRecovery:
        fetcher_patch.install({topic})
        return ChangelogRecovery(
            topic,
            lambda: AIOKafkaConsumer(
                bootstrap_servers=kafka,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="none",
            ),
            store,
        )

    yield make
    fetcher_patch.uninstall()


def fenced(kafka: str, topic: str, publisher: Publisher) -> FencedChangelog:
    settings = KafkaSettings(bootstrap_servers=kafka)
    return FencedChangelog(
        topic, lambda number: TransactionalWriter(settings, topic, number, 10.0), publisher
    )


async def test_records_of_earlier_owners_are_read_and_aborted_ones_are_not(
    apache: str,
    topic: TopicFactory,
    publisher: Publisher,
    store: StateStore,
    catch_up_of: Callable[[str], ChangelogRecovery],
) -> None:
    name = topic("changelog", partitions=3)
    first, second, third = (fenced(apache, name, publisher) for _ in range(3))
    await first.claim([0, 1, 2])
    await first.write(0, [[(b"a", b"1"), (b"b", b"1")]])
    await first.write(0, [[(b"b", None), (b"c", b"1")]])
    await second.claim([0])
    second._writers[0].send([(b"a", b"half a checkpoint")])
    claimed = await third.claim([0, 1])
    catch_up = catch_up_of(name)

    await catch_up.catch_up(claimed)
    assert dict(store.records(0)) == {b"a": b"1", b"c": b"1"}
    assert dict(store.records(1)) == {}
    assert {n: store.persisted_offset(TP(name, n)) for n in (0, 1, 2)} == {**claimed, 2: None}

    last = await third.write(0, [[(b"d", b"1")]])
    await write(store, TP(name, 0), [(b"d", b"1")], last)
    await first.write(2, [[(b"z", b"1")]])
    await catch_up.catch_up(await first.claim([0, 2]))  # from the end of each RocksDB
    assert dict(store.records(0)) == {b"a": b"1", b"c": b"1", b"d": b"1"}
    assert dict(store.records(2)) == {b"z": b"1"}
    for owner in (first, second, third):
        await owner.release()


async def test_without_fences_too(
    kafka: str,
    topic: TopicFactory,
    publisher: Publisher,
    store: StateStore,
    catch_up_of: Callable[[str], ChangelogRecovery],
) -> None:
    name = topic("changelog", partitions=2)
    changelog = OpenChangelog(name, publisher)
    await changelog.claim([0, 1])
    await changelog.write(1, [[(b"a", b"1"), (b"b", b"1")], [(b"a", None)]])
    await catch_up_of(name).catch_up(await changelog.claim([0, 1]))
    assert dict(store.records(1)) == {b"b": b"1"}


async def test_a_recreated_changelog_is_not_overruled_by_rocksdb(
    kafka: str,
    topic: TopicFactory,
    publisher: Publisher,
    store: StateStore,
    catch_up_of: Callable[[str], ChangelogRecovery],
) -> None:
    name = topic("changelog")
    await write(store, TP(name, 0), [(b"a", b"1")], 900)
    with pytest.raises(StateError, match=r"ends at offset 0, but RocksDB holds it up to 900.*delete .*0\.db"):
        await catch_up_of(name).catch_up(await OpenChangelog(name, publisher).claim([0]))


async def test_what_cannot_be_stored_is_an_error(
    kafka: str,
    topic: TopicFactory,
    publisher: Publisher,
    store: StateStore,
    catch_up_of: Callable[[str], ChangelogRecovery],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = topic("changelog")
    claimed = await OpenChangelog(name, publisher).claim([0])

    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(store, "write_checkpoint", fail)
    with pytest.raises(OSError, match="No space left"):
        await catch_up_of(name).catch_up(claimed)


async def test_cancellation_ends_recovery_with_no_record_half_read(
    kafka: str,
    topic: TopicFactory,
    publisher: Publisher,
    store: StateStore,
    catch_up_of: Callable[[str], ChangelogRecovery],
) -> None:
    name = topic("changelog")
    changelog = OpenChangelog(name, publisher)
    await changelog.write(0, [[(b"a", b"1"), (b"b", b"1")]])
    claimed = await changelog.claim([0])
    task = asyncio.create_task(catch_up_of(name).catch_up({0: claimed[0] + 1}))  # no such record
    while store.persisted_offset(TP(name, 0)) != claimed[0]:
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert dict(store.records(0)) == {b"a": b"1", b"b": b"1"}
    await catch_up_of(name).catch_up(claimed)


async def test_a_broker_that_is_not_there(store: StateStore) -> None:
    nobody = ChangelogRecovery("changelog", lambda: AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1"), store)
    with pytest.raises(BrokerError, match="cannot read changelog"):
        await nobody.catch_up({0: 5})


def test_faust_recovers_nothing() -> None:
    assert not NoRecovery.need_recovery(NoRecovery.__new__(NoRecovery))
