"""What real producers write and a real broker serves: the columns equal aiokafka's own records."""

import asyncio
import time
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka import Producer

from anomaly_stream.stream.wire import fetcher_patch
from tests.conftest import BROKER
from tests.stream.wire.wire import Row, rows_of, rows_of_stock

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


async def consume(
    kafka: str,
    topic: str,
    *,
    columnar: bool,
    start: int = 0,
    isolation: str = "read_uncommitted",
    **options: int,
) -> tuple[list[Row], list[int]]:
    """All records of partition 0 from ``start``, and the size of every item; positions must agree."""
    if columnar:
        fetcher_patch.install({topic})
    tp = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, isolation_level=isolation, **options
    )
    rows: list[Row] = []
    sizes: list[int] = []
    try:
        await consumer.start()
        consumer.assign([tp])
        consumer.seek(tp, start)
        deadline = time.monotonic() + 30
        end = start
        while end <= start:  # a busy broker may return an older end once
            assert time.monotonic() < deadline, f"the end is {end}"
            end = (await consumer.end_offsets([tp]))[tp]
        items: list = []
        # The embedded broker's end is that of the last batch's first record: read until nothing more arrives.
        while items or await consumer.position(tp) < end:
            assert time.monotonic() < deadline, f"at {await consumer.position(tp)} of {end}"
            items = (await consumer.getmany(tp, timeout_ms=500, max_records=64)).get(tp, [])
            rows += rows_of(items) if columnar else rows_of_stock(items)
            sizes += map(len, items) if columnar else [1] * len(items)
            if columnar and items:
                assert await consumer.position(tp) == items[-1].next_offset
    finally:
        await consumer.stop()
        fetcher_patch.uninstall()
    return rows, sizes


async def agree(kafka: str, topic: str, **options: object) -> list[Row]:
    stock, _ = await consume(kafka, topic, columnar=False, **options)
    ours, _ = await consume(kafka, topic, columnar=True, **options)
    assert ours == stock
    return ours


def produce(kafka: str, topic: str, count: int, begin: int = 1_700_000_000_000, **settings: object) -> None:
    producer = Producer({"bootstrap.servers": kafka, **{k.replace("_", "."): v for k, v in settings.items()}})
    for index in range(count):
        headers = [("learn", b"1"), ("nothing", None)] if index % 50 == 0 else None
        value = None if index % 97 == 0 else b'{"value": %d}' % index
        producer.produce(topic, value, b"key-%d" % (index % 7), headers=headers, timestamp=begin + index)
    assert producer.flush(20) == 0


@pytest.mark.parametrize("codec", CODECS)
async def test_each_codec_of_librdkafka_and_of_aiokafka(
    kafka: str, topic: Callable[..., str], codec: str
) -> None:
    name = topic(codec)
    produce(kafka, name, 700, compression_type=codec, linger_ms=20)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, compression_type=None if codec == "none" else codec, linger_ms=20
    )
    await producer.start()
    try:
        for index in range(300):
            await producer.send(
                name, b"from aiokafka %d" % index, headers=[("h", b"\xff")] if index == 5 else []
            )
    finally:
        await producer.stop()
    rows = await agree(kafka, name)
    assert len(rows) == 1000
    assert rows[0][4] == (("learn", b"1"), ("nothing", None))
    assert len(await agree(kafka, name, start=333)) == 667


async def test_one_record_a_batch_is_few_items(kafka: str, topic: Callable[..., str]) -> None:
    name = topic()
    produce(kafka, name, 2000, linger_ms=0, batch_num_messages=1)
    rows, sizes = await consume(kafka, name, columnar=True)
    assert rows == (await consume(kafka, name, columnar=False))[0]
    assert (len(rows), len(sizes) <= 10) == (2000, True)


async def test_a_small_fetch_ends_inside_a_batch(kafka: str, topic: Callable[..., str]) -> None:
    name = topic()
    produce(kafka, name, 3000, linger_ms=20, batch_num_messages=40, compression_type="lz4")
    assert len(await agree(kafka, name, max_partition_fetch_bytes=1500)) == 3000


@pytest.fixture
def apache(kafka: str, request: pytest.FixtureRequest) -> str:
    """The broker, if it is Apache Kafka: others lack transactions, compaction or append time."""
    if not request.config.stash[BROKER].apache:
        pytest.skip("needs Apache Kafka")
    return kafka


async def test_append_time_is_the_brokers(apache: str, topic: Callable[..., str]) -> None:
    name = topic(message_timestamp_type="LogAppendTime")
    produce(apache, name, 100, linger_ms=20, compression_type="zstd")
    rows = await agree(apache, name)
    assert all(abs(row[1] / 1000 - time.time()) < 3600 for row in rows)


def transact(kafka: str, topic: str, writer: str, outcomes: list[bool]) -> None:
    """Transactions of 20 records; the outcomes say which are committed."""
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": f"{topic}.{writer}", "linger.ms": 5})
    producer.init_transactions(20)
    for number, committed in enumerate(outcomes):
        producer.begin_transaction()
        for index in range(20):
            producer.produce(topic, b"%s %d %d %d" % (writer.encode(), number, committed, index))
        producer.flush(20)
        if committed:
            producer.commit_transaction(20)
        else:
            producer.abort_transaction(20)


async def test_aborted_transactions_are_skipped(apache: str, topic: Callable[..., str]) -> None:
    name = topic()
    transact(apache, name, "a", [True, False, False, True])
    produce(apache, name, 10)
    transact(apache, name, "b", [False, True, False])
    committed = await agree(apache, name, isolation="read_committed")
    assert len(committed) == 3 * 20 + 10
    assert len(await agree(apache, name)) == 7 * 20 + 10
    assert len(await agree(apache, name, start=50, isolation="read_committed")) == 20 + 10 + 20


@pytest.mark.slow
async def test_a_compacted_topic_is_read_over_its_gaps(apache: str, topic: Callable[..., str]) -> None:
    name = topic(
        cleanup_policy="compact",
        segment_ms="200",
        min_cleanable_dirty_ratio="0.001",
        max_compaction_lag_ms="500",
        delete_retention_ms="100",
    )
    first = Producer({"bootstrap.servers": apache})
    first.produce(name, b"stays", b"a key of its own", timestamp=int(time.time() * 1000))
    assert first.flush(20) == 0
    for _ in range(4):  # segments roll by record time
        produce(apache, name, 400, int(time.time() * 1000), linger_ms=20, compression_type="lz4")
        time.sleep(0.5)
    deadline = time.monotonic() + 90
    before: list[Row] = []
    # The cleaner runs meanwhile: only a read between two equal reads counts.
    while True:
        ours, _ = await consume(apache, name, columnar=True)
        after, _ = await consume(apache, name, columnar=False)
        if before == after and len(after) < 1600:
            break
        before = after
        assert time.monotonic() < deadline, "the broker has not compacted"
        await asyncio.sleep(1)
        if len(after) >= 1600:
            produce(apache, name, 1, int(time.time() * 1000))
    assert ours == after
    offsets = [row[0] for row in ours]
    assert offsets == sorted(set(offsets))
    assert offsets[0] == 0
    assert offsets[-1] + 1 > len(offsets)
