from types import SimpleNamespace
from typing import Any

import pytest
from faust.transport.drivers import aiokafka as driver

from anomaly_stream.stream.faust_hooks.consumer import HookedConsumerThread


def test_the_consumer_reads_committed_records_and_does_not_wait_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch that only idle partitions take part in delays the records of all others by its whole wait."""
    made = SimpleNamespace(_isolation_level="read_uncommitted", _fetch_max_wait_ms=1500)
    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_create_worker_consumer", lambda *_: made)
    thread: Any = HookedConsumerThread.__new__(HookedConsumerThread)

    assert thread._create_worker_consumer(None) is made
    assert made._isolation_level == "read_committed"
    assert made._fetch_max_wait_ms <= 20
