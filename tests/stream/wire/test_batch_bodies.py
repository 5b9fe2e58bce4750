"""Bodies are decompressed as aiokafka's codecs do, and never past the limit."""

import struct
from collections.abc import Callable
from typing import Any

import cramjam
import pytest
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.errors import CorruptRecordException, RecordTooLargeError
from hypothesis import given, settings
from hypothesis import strategies as st

from anomaly_stream.stream.wire import batch_bodies
from anomaly_stream.stream.wire.batch_bodies import BatchBodies

ENCODERS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (0, bytes),
    "gzip": (1, gzip_encode),
    "snappy, xerial": (2, snappy_encode),
    "snappy": (2, lambda data: bytes(snappy_encode(data, xerial_compatible=False))),
    "lz4": (3, lz4_encode),
    "lz4, linked": (3, lambda data: bytes(cramjam.lz4.compress(data))),
    "zstd": (4, zstd_encode),
}
compressed = pytest.mark.parametrize(("codec", "encode"), list(ENCODERS.values())[1:], ids=list(ENCODERS)[1:])


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(ENCODERS)), st.binary(max_size=300), st.integers(1, 400))))
def test_bodies_keep_their_place_while_the_buffer_grows(found: list) -> None:
    bodies, spans = BatchBodies(1), []
    for name, piece, times in found:
        codec, encode = ENCODERS[name]
        spans.append((bodies.append(codec, memoryview(encode(piece * times))), piece * times))
    for (start, end), data in spans:
        assert bodies.view()[start:end].tobytes() == data


@compressed
def test_a_bomb_is_refused(codec: int, encode: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_bodies, "MAX_BATCH_BYTES", 200_000)
    bodies = BatchBodies(16)
    bodies.append(codec, memoryview(encode(bytes(200_000))))
    for size in (200_001, 5_000_000):
        with pytest.raises(RecordTooLargeError, match="200000 bytes"):
            bodies.append(codec, memoryview(encode(bytes(size))))
    assert len(bodies._buffer) < 1_500_000


def test_a_snappy_length_that_lies_is_refused_before_anything_is_made() -> None:
    with pytest.raises(RecordTooLargeError):
        BatchBodies(16).append(2, memoryview(b"\xff\xff\xff\xff\x0f" + bytes(20)))


@compressed
def test_bytes_that_the_codec_refuses_are_corrupt(codec: int, encode: Any) -> None:
    good = encode(b"some bytes" * 100)
    for bad in (b"", good[:-3], b"\x00" * 30, good + b"\x55" * 9):
        with pytest.raises((CorruptRecordException, RecordTooLargeError)):
            BatchBodies(16).append(codec, memoryview(bad))


@pytest.mark.parametrize("length", [-1, 100, 2**31 - 1])
def test_a_xerial_block_that_is_cut_off_is_corrupt(length: int) -> None:
    header = snappy_encode(b"")[:16]
    for rest in (struct.pack(">i", length) + b"abc", b"\x00\x00"):
        with pytest.raises(CorruptRecordException):
            BatchBodies(16).append(2, memoryview(header + rest))
