"""Columns from the wire deliver what aiokafka's own records do, from the same bytes."""

import struct
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.errors import (
    CorruptRecordException,
    KafkaError,
    UnsupportedCodecError,
    UnsupportedForMessageFormatError,
)
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.structs import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.stream.wire import batch_run, fetcher_patch
from tests.stream.wire.wire import (
    ABORT,
    APPEND_TIME_BIT,
    COMMIT,
    PARTITION,
    READ_COMMITTED,
    READ_UNCOMMITTED,
    Batch,
    deliver_columns,
    deliver_stock,
    fetched,
    marker,
    rows_of,
    sealed,
)

CODECS = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}

nullable_bytes = st.none() | st.binary(max_size=60)
headers = st.lists(st.tuples(st.text(max_size=5), nullable_bytes), max_size=2)
record = st.tuples(st.integers(0, 2**42), nullable_bytes, nullable_bytes, headers)
record_lists = st.lists(record, min_size=1, max_size=6)


def plain(count: int, size: int = 5) -> list:
    return [(1000 + index, b"k", b"v" * size, []) for index in range(count)]


@st.composite
def logs(draw: st.DrawFn) -> list[Batch]:
    """Consecutive batches of any codec, with gaps between and inside them."""
    base, found = draw(st.integers(0, 2**40)), []
    for records in draw(st.lists(record_lists, max_size=7)):
        gaps = draw(st.sets(st.integers(0, 6), max_size=3))
        codec = draw(st.sampled_from(sorted(CODECS)))
        attributes = draw(st.sampled_from((0, APPEND_TIME_BIT)))
        found.append(
            Batch(base, records, codec if len(records) > len(gaps) else 0, attributes=attributes, gaps=gaps)
        )
        base += len(records) + draw(st.integers(0, 2))
    return found


@settings(deadline=None)
@given(logs(), st.integers(0, 12), st.integers(0, 30), st.booleans())
def test_any_log_is_delivered_as_aiokafka_does(log: list[Batch], ahead: int, cut: int, check: bool) -> None:
    data = b"".join(batch.wire() for batch in log)
    data = data[: max(len(data) - cut, 0)]
    # A broker's fetch begins with the batch that holds the offset asked for.
    offset = log[0].base + ahead % len(log[0].records) if log else 7
    assert deliver_columns(data, offset, None, check) == deliver_stock(data, offset, None, check)


@st.composite
def transactions(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]]]:
    """Batches of three producers, some aborted, with the markers that end them."""
    data, aborted, base = b"", [], 0
    begun: dict[int, int] = {}
    steps = st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["write", "plain", "abort", "commit"])), max_size=25
    )
    for producer, action in draw(steps):
        if action in ("write", "plain"):
            transactional = action == "write"
            data += Batch(base, plain(2), draw(st.sampled_from((0, 3))), producer, transactional).wire()
            if transactional:
                begun.setdefault(producer, base)
            base += 2
        else:
            data += marker(base, producer, ABORT if action == "abort" else COMMIT)
            first = begun.pop(producer, None)
            if action == "abort" and first is not None:
                aborted.append((producer, first))
            base += 1
    return data, aborted


@settings(deadline=None, max_examples=200)
@given(transactions(), st.sampled_from((READ_COMMITTED, READ_UNCOMMITTED)))
def test_transactions_are_followed_as_aiokafka_does(log: tuple, isolation: int) -> None:
    data, aborted = log
    ours = deliver_columns(data, 0, aborted, True, isolation)
    assert ours == deliver_stock(data, 0, aborted, True, isolation)


def old_message(magic: Any, offset: int) -> bytes:
    builder = LegacyRecordBatchBuilder(magic, 0, 2**20)
    builder.append(offset, None if magic == 0 else 1000, b"key", b"value")
    return bytes(builder.build())


@pytest.mark.parametrize("magic", [0, 1])
@pytest.mark.parametrize("check", [True, False])
def test_an_old_message_format_is_refused_with_the_cure(magic: Any, check: bool) -> None:
    data = Batch(0, plain(4)).wire() + old_message(magic, 4) + Batch(5, plain(2)).wire()
    delivery = deliver_columns(data, check_crcs=check)
    assert (len(delivery.rows), delivery.next_offset) == (4, 4)
    assert delivery.error is UnsupportedForMessageFormatError
    fetcher_patch.install({PARTITION.topic})
    try:
        with pytest.raises(UnsupportedForMessageFormatError, match=f"offset 4 .* v{magic}.*: copy the topic"):
            list(fetched(data, check_crcs=check))
    finally:
        fetcher_patch.uninstall()


def test_records_before_a_bad_checksum_come_before_its_error() -> None:
    good, bad = Batch(0, plain(4)).wire(), bytearray(Batch(4, plain(2), 3).wire())
    bad[-1] ^= 0xFF
    delivery = deliver_columns(good + bytes(bad) + Batch(6, plain(2)).wire())
    assert (len(delivery.rows), delivery.next_offset, delivery.error) == (4, 4, CorruptRecordException)


def test_records_before_a_corrupt_body_come_before_its_error() -> None:
    bad = bytearray(Batch(4, plain(3)).wire())
    bad[-1] = 0x7F  # headers that are not there
    delivery = deliver_columns(Batch(0, plain(4)).wire() + sealed(bad))
    assert (len(delivery.rows), delivery.next_offset, delivery.error) == (6, 6, CorruptRecordException)


def test_an_unknown_codec_is_refused() -> None:
    data = bytearray(Batch(0, plain(1)).wire())
    struct.pack_into(">h", data, 21, 5)
    assert deliver_columns(sealed(data)).error is UnsupportedCodecError


def test_many_small_batches_are_one_item_and_a_large_batch_is_several(monkeypatch: Any) -> None:
    fetcher_patch.install({PARTITION.topic})
    try:
        small = b"".join(Batch(base, plain(1), base % 5).wire() for base in range(9000))
        items = list(fetched(small))
        assert [len(item) for item in items] == [9000]
        monkeypatch.setattr(batch_run, "MAX_ITEM_RECORDS", 100)
        items = list(fetched(Batch(0, plain(250), 4).wire() + marker(250, 1, COMMIT)))
        assert [(len(item), item.next_offset) for item in items] == [(100, 100), (100, 200), (50, 251)]
        assert len({id(item.buffer) for item in items}) == 1
        assert [row[0] for row in rows_of(items)] == list(range(250))
        monkeypatch.setattr(batch_run, "MAX_RUN_BYTES", 1000)
        items = list(fetched(b"".join(Batch(base, plain(1, 300), 3).wire() for base in range(10))))
        assert [len(item) for item in items] == [4, 4, 2]
    finally:
        fetcher_patch.uninstall()


def test_a_fetch_with_nothing_to_deliver_still_moves_on() -> None:
    fetcher_patch.install({PARTITION.topic})
    try:
        empty = Batch(10, plain(3), gaps={0, 1, 2}).wire()
        (item,) = fetched(empty + marker(13, 1, COMMIT), 10)
        assert (len(item), item.next_offset) == (0, 14)
        assert list(fetched(empty[:-1], 10)) == []
    finally:
        fetcher_patch.uninstall()


def test_only_chosen_topics_are_columns_and_the_patch_can_be_removed() -> None:
    stock = fetcher.MemoryRecords, fetcher.PartitionRecords
    data = Batch(0, plain(2)).wire()
    fetcher_patch.install(lambda topic: topic == "other")
    fetcher_patch.install(lambda topic: topic == "other")
    try:
        assert [record.offset for record in fetched(data)] == [0, 1]
        other = TopicPartition("other", 0)
        records = fetcher.MemoryRecords(data + data[:30])
        assert records.has_next()
        assert records.size_in_bytes() == len(data) + 30
        (item,) = fetcher.PartitionRecords(other, records, None, 0, None, None, True, 0)
        assert (item.topic, item.partition, len(item)) == ("other", 0, 2)
        assert not fetcher.MemoryRecords(data[:40]).has_next()
    finally:
        fetcher_patch.uninstall()
    assert (fetcher.MemoryRecords, fetcher.PartitionRecords) == stock


mutations = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=5)


@settings(deadline=None, max_examples=400)
@given(logs(), mutations, st.booleans(), st.sampled_from((READ_COMMITTED, READ_UNCOMMITTED)))
def test_corrupt_bytes_are_an_error_of_kafka_or_nothing(
    log: list[Batch], changes: list, check: bool, isolation: int
) -> None:
    data = bytearray(b"".join(batch.wire() for batch in log))
    for place, byte in changes:
        if data:
            data[place % len(data)] = byte
    delivery = deliver_columns(bytes(data), 0, [(3, 0)], check, isolation)
    assert delivery.error is None or issubclass(delivery.error, KafkaError)
