"""Heartbeats are written where Kafka says that nothing is left, and are acted on once they are durable."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from prometheus_client import CollectorRegistry

from anomaly_stream.formats.outcomes import decode_alert
from anomaly_stream.ops.metrics import WorkerMetrics
from anomaly_stream.stream import heartbeats, slices
from anomaly_stream.stream.heartbeats import Heartbeats
from anomaly_stream.stream.partitions.partition import Partition
from anomaly_stream.stream.publisher import OutboundRecord
from anomaly_stream.stream.slices import SliceProcessor
from tests.engine.bank.test_expiry import checkpoint
from tests.engine.flow import feed
from tests.formats.columns import record_columns
from tests.pipeline.test_no_data import minutes
from tests.stream.partitions.test_heartbeat import partition_of


class FakeConsumer:
    """Kafka as it answers about ends; None: it does not."""

    def __init__(self, ends: Mapping[TP, int] | None) -> None:
        self._ends = ends

    async def highwaters(self, *_: TP) -> Mapping[TP, int]:
        if self._ends is None:
            raise ConnectionError
        return self._ends


class Sent:
    """A publisher that keeps what it gets."""

    def __init__(self) -> None:
        self.records: list[OutboundRecord] = []

    def put(self, records: list[OutboundRecord]) -> None:
        self.records += records


def heartbeats_of(ends: Mapping[TP, int] | None) -> tuple[Heartbeats, Sent, WorkerMetrics]:
    sent, metrics = Sent(), WorkerMetrics(CollectorRegistry())
    app = SimpleNamespace(consumer=FakeConsumer(ends))
    return Heartbeats(app, sent, "alerts", metrics), sent, metrics  # type: ignore[arg-type]


def silent_partition() -> Partition:
    partition = partition_of()
    feed(partition, minutes(0, 30, "a"))
    return partition


def proposals(subject: Heartbeats, partition: Partition, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a checkpoint must follow, at each of forty checks."""
    found = []
    for number in range(40):
        now = 10.0 * number
        monkeypatch.setattr(heartbeats, "time", SimpleNamespace(monotonic=lambda now=now: now))
        found.append(asyncio.run(subject.propose({0: partition})))
    return found


def test_a_silent_series_of_a_silent_partition_has_an_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, sent, metrics = heartbeats_of({TP("metrics", 0): 30})
    partition = silent_partition()
    assert any(proposals(subject, partition, monkeypatch))
    subject.act(partition)
    assert sent.records == []  # it is not durable
    checkpoint(partition, {})
    subject.act(partition)
    (record,) = sent.records
    assert record.topic == "alerts"
    assert decode_alert(record.value or b"").condition == "no_data"
    assert (metrics.heartbeats._value.get(), metrics.alerts.labels("firing")._value.get()) == (1, 1)


@pytest.mark.parametrize("ends", [None, {}, {TP("metrics", 0): 31}])
def test_where_the_end_is_elsewhere_or_not_known_there_is_none(
    ends: Mapping[TP, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, _, _ = heartbeats_of(ends)
    assert not any(proposals(subject, silent_partition(), monkeypatch))


def test_records_wait_until_a_heartbeat_is_acted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    subject, _, metrics = heartbeats_of({TP("metrics", 0): 30})
    partition = silent_partition()
    proposals(subject, partition, monkeypatch)
    checkpoint(partition, {})
    processed: list[int] = []

    async def no_gap(*_: Any) -> bool:
        return False

    monkeypatch.setattr(slices, "is_behind_a_gap", no_gap)
    processor = SliceProcessor(None, None, None, metrics, None, lambda _: partition, 10)  # type: ignore[arg-type]
    monkeypatch.setattr(processor, "_process_slice", lambda _, records: processed.append(len(records)))

    async def scenario() -> None:
        task = asyncio.create_task(processor._process(record_columns(minutes(30, 31, "a"))))
        await asyncio.sleep(0.05)
        assert processed == []
        subject.act(partition)
        await asyncio.wait_for(task, 5)

    monkeypatch.setattr(slices, "columnar_consumer", lambda _: None)
    asyncio.run(scenario())
    assert processed == [1]
