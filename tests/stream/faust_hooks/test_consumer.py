from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from anomaly_stream.stream.faust_hooks.consumer import HookedConsumer, HookedConsumerThread


def test_the_consumer_reads_committed_records_and_does_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch that only idle partitions take part in delays the records of all others by its whole wait."""
    made = SimpleNamespace(_isolation_level="read_uncommitted", _fetch_min_bytes=1, _fetch_max_wait_ms=1500)
    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_create_worker_consumer", lambda *_: made)
    thread: Any = HookedConsumerThread.__new__(HookedConsumerThread)

    assert thread._create_worker_consumer(None) is made
    assert made._isolation_level == "read_committed"
    assert made._fetch_max_wait_ms <= 20
    assert made._fetch_min_bytes > 2**16  # else each batch of a producer is a fetch of its own


async def test_what_was_fetched_together_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    fetches = [[(TP("metrics", 0), "a"), (TP("metrics", 1), "b"), (TP("metrics", 0), "c")], []]

    async def getmany(self: Any, timeout: float) -> AsyncIterator[Any]:
        for tp, item in fetches.pop(0):
            yield tp, self._to_message(tp, item)

    monkeypatch.setattr(driver.Consumer, "getmany", getmany)
    consumer: Any = HookedConsumer.__new__(HookedConsumer)
    consumer.to_message = lambda tp, items: (tp, items)

    last = TP("metrics", 0)
    assert [each async for each in consumer.getmany(1.0)] == [(last, (last, ["a", "b", "c"]))]
    assert [each async for each in consumer.getmany(1.0)] == []


def test_a_full_buffer_excludes_no_partition() -> None:
    """If some partitions of a fetch are not taken, aiokafka fetches nothing for 0.1 s."""
    consumer: Any = HookedConsumer.__new__(HookedConsumer)
    consumer.app = SimpleNamespace(in_recovery=False)
    consumer._active_partitions, consumer._buffered_partitions = {TP("metrics", 0)}, set()
    consumer.on_buffer_full(TP("metrics", 0))
    assert consumer._active_partitions == {TP("metrics", 0)}
    consumer.on_buffer_drop(TP("metrics", 0))
    assert consumer._buffered_partitions == set()
