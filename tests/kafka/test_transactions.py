"""Records that become visible together, by one writer at a time. ``tests/stream/state`` has its use."""

from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from anomaly_stream.errors import BrokerError, FencedError
from anomaly_stream.kafka import transactions
from anomaly_stream.kafka.transactions import TransactionalWriter
from anomaly_stream.settings import KafkaSettings
from tests.conftest import TopicFactory
from tests.integration.workers import read_all


@pytest.fixture
def writer(apache: str) -> Callable[[str], TransactionalWriter]:
    return lambda topic: TransactionalWriter(KafkaSettings(bootstrap_servers=apache), topic, 0, 10.0)


def test_nothing_is_visible_before_the_commit(
    apache: str, topic: TopicFactory, writer: Callable[[str], TransactionalWriter]
) -> None:
    name = topic("changelog")
    one = writer(name)
    one.claim()
    assert one.send([(b"a", b"1"), (b"b", None)]) == 1
    assert read_all(apache, name) == []
    one.commit()
    assert [(each.key(), each.value()) for each in read_all(apache, name)] == [(b"a", b"1"), (b"b", None)]


def test_more_records_than_librdkafka_holds_at_once(
    topic: TopicFactory, writer: Callable[[str], TransactionalWriter]
) -> None:
    one = writer(topic("changelog"))
    one.claim()
    assert one.send([(b"%d" % number, b"value") for number in range(120_000)]) == 119_999
    one.commit()


def test_a_new_writer_refuses_the_open_transaction_of_the_one_before(
    apache: str, topic: TopicFactory, writer: Callable[[str], TransactionalWriter]
) -> None:
    name = topic("changelog")
    old, new = writer(name), writer(name)
    old.claim()
    old.send([(b"a", b"old")])
    new.claim()
    with pytest.raises(FencedError, match=r"partition 0 of .* has a newer owner"):
        old.commit()
    assert read_all(apache, name) == []


def test_a_broker_without_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    class Producer:
        def __init__(self, *_: object, **__: object) -> None: ...

        def init_transactions(self, _: float) -> None:
            raise KafkaException(KafkaError(KafkaError._UNSUPPORTED_FEATURE))

    monkeypatch.setattr(transactions, "Producer", Producer)
    with pytest.raises(BrokerError, match=r"set worker\.fencing to off"):
        TransactionalWriter(KafkaSettings(), "changelog", 0).claim()
