"""Compare-and-swap on the configs topic: no write is lost, with any number of writers."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from msgspec.structs import replace

from anomaly_stream.errors import BrokerError
from anomaly_stream.kafka import config_writer as module
from anomaly_stream.kafka.config_topic import config_context, read_configs
from anomaly_stream.kafka.config_writer import ConfigWriter, Decide, Deletion, config_writer
from anomaly_stream.kafka.topic_setup import create_topics
from anomaly_stream.kafka.topics import TopicNames
from anomaly_stream.model import Series
from anomaly_stream.model.commands import CommandKind, KnownDeviation, SeriesCommand
from anomaly_stream.registry.config_record import ConfigRecord
from anomaly_stream.registry.parsing import parse_one
from anomaly_stream.registry.registry import Registry
from anomaly_stream.settings import Settings
from tests.kafka.test_topics import settings_of


class StaleError(Exception):
    pass


@pytest.fixture
def settings(kafka: str, namespace: str) -> Settings:
    made = settings_of(kafka, namespace)
    create_topics(made)
    return made


@pytest.fixture
def writers(settings: Settings) -> Iterator[list[ConfigWriter]]:
    with config_writer(settings) as one, config_writer(settings) as two:
        yield [one, two]


def revision(settings: Settings, author: str, expected: int | None = None) -> Decide:
    """The next version of the config ``a``; refused unless version ``expected`` is in force."""

    def decide(registry: Registry) -> list[ConfigRecord]:
        known = registry.records.get("a")
        version = known.version if known is not None else 0
        if expected is not None and version != expected:
            raise StaleError
        document = {"metric": "a", "annotations": {"by": f"{author}-{version}"}}
        parsed = parse_one(document, config_context(settings), of_group=False)
        record = registry.revise(parsed, author, 17)
        assert record is not None
        return [record]

    return decide


def test_a_write_is_in_force_when_it_returns(settings: Settings, writers: list[ConfigWriter]) -> None:
    one, two = writers
    for version in range(1, 6):
        writer = one if version % 2 else two
        assert writer.write(revision(settings, "ann")).records["a"].version == version
        for reader in writers:
            assert reader.current().records["a"].version == version
        assert read_configs(settings).records["a"].version == version
    assert len(two.write(lambda registry: [Deletion("a")])) == 0
    assert len(one.current()) == 0


def test_a_command_is_in_force_when_it_returns(settings: Settings, writers: list[ConfigWriter]) -> None:
    command = SeriesCommand(
        kind=CommandKind.TEACH,
        config_id="a",
        series=Series.of("a", {}),
        author="ann",
        issued_at_ms=17,
        known=KnownDeviation("above", 2.5),
    )
    for writer in writers:
        (written,) = writer.write(lambda registry: [command]).commands.values()
        assert replace(written, position=command.position) == command
    assert writers[0].current().commands.keys() == read_configs(settings).commands.keys()
    writers[1].write(lambda registry: [Deletion("a")])
    assert read_configs(settings).commands == {}


def test_an_error_in_decide_writes_nothing(settings: Settings, writers: list[ConfigWriter]) -> None:
    with pytest.raises(StaleError):
        writers[0].write(revision(settings, "ann", expected=3))
    assert writers[0].write(lambda registry: []) == writers[1].current()
    assert len(read_configs(settings)) == 0


def test_each_version_has_one_winner(apache: str, settings: Settings, writers: list[ConfigWriter]) -> None:
    """A hundred writers on one key through two replicas, each of which saw the version that it replaces."""
    writers[0].write(revision(settings, "first"))

    def attempt(number: int) -> tuple[int, str] | None:
        writer = writers[number % 2]
        seen = writer.current().records["a"].version
        try:
            written = writer.write(revision(settings, f"w{number}", expected=seen))
        except StaleError:
            return None
        record = written.records["a"]
        return (seen + 1, f"w{number}") if record.author == f"w{number}" else (seen + 1, "superseded")

    with ThreadPoolExecutor(100) as pool:
        won = [outcome for outcome in pool.map(attempt, range(100)) if outcome is not None]
    versions = [version for version, _ in won]
    assert len(versions) == len(set(versions))
    assert sorted(versions) == list(range(2, len(won) + 2))
    assert read_configs(settings).records["a"].version == len(won) + 1


def test_no_increment_is_lost(apache: str, settings: Settings, writers: list[ConfigWriter]) -> None:
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda n: writers[n % 2].write(revision(settings, f"w{n}")), range(60)))
    assert read_configs(settings).records["a"].version == 60


class Unanswered:
    """A producer whose next commit fails after, or before, Kafka has made it."""

    def __init__(self, producer: Any, committed: bool) -> None:
        self._producer = producer
        self._committed = committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def commit_transaction(self, timeout: float) -> None:
        if self._committed:
            self._producer.commit_transaction(timeout)
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer"))


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_without_an_answer_is_made_once(
    apache: str, settings: Settings, writers: list[ConfigWriter], committed: bool
) -> None:
    writer = writers[0]
    writer.write(revision(settings, "ann"))
    writer._producer = Unanswered(writer._producer, committed)
    written = writer.write(revision(settings, "bob", expected=1))
    assert (written.records["a"].version, written.records["a"].author) == (2, "bob")
    assert read_configs(settings).records["a"].version == 2


def test_a_writer_that_died_with_an_open_transaction_holds_up_nobody(
    apache: str, settings: Settings, writers: list[ConfigWriter]
) -> None:
    writers[0].write(revision(settings, "ann"))
    dead = writers[1]._own_producer()
    dead.begin_transaction()
    dead.produce(TopicNames.of(settings).configs, b"{rubbish", b"a")
    dead.flush(10)
    began = time.monotonic()
    assert writers[0].write(revision(settings, "bob")).records["a"].version == 2
    assert time.monotonic() - began < 10
    assert not read_configs(settings).refused


def test_kafka_is_gone(
    settings: Settings, writers: list[ConfigWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_producer(_: Settings) -> Producer:
        raise BrokerError("Kafka does not start a transaction")

    monkeypatch.setattr(module, "_new_producer", no_producer)
    with pytest.raises(BrokerError, match="does not start"):
        writers[0].write(revision(settings, "ann"))


def test_readers_share_a_request_for_the_end(settings: Settings, writers: list[ConfigWriter]) -> None:
    view = writers[0]._view
    asked = []
    request: Callable[[], int] = view._request_end

    def counted() -> int:
        asked.append(threading.get_ident())
        time.sleep(0.05)
        return request()

    view._request_end = counted  # type: ignore[method-assign]
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda _: view.current(), range(50)))
    assert 1 < len(asked) <= 5
