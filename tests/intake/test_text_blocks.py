"""Compressed inputs, whole and damaged."""

import bz2
import gzip
import lzma
from collections.abc import Callable

import cramjam
import pytest

from anomaly_stream.errors import AnomalyStreamError
from anomaly_stream.intake.text_blocks import decompressed

TEXT = b"timestamp,value\n" + b"1700000000,1.5\n" * 5000
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda text: bytes(cramjam.zstd.compress(text)),
}


def unpacked(packed: bytes, size: int = 1 << 20) -> bytes:
    blocks = (packed[at : at + size] for at in range(0, len(packed), size))
    return b"".join(decompressed(blocks, "input"))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_compressed_inputs(kind: str, size: int) -> None:
    packed = PACKERS[kind](TEXT)
    assert unpacked(packed, size) == TEXT
    assert unpacked(packed + packed, size) == TEXT + TEXT


@pytest.mark.parametrize("outer", PACKERS)
@pytest.mark.parametrize("inner", PACKERS)
def test_what_is_compressed_twice_is_named(inner: str, outer: str) -> None:
    with pytest.raises(AnomalyStreamError, match=r"^input: is compressed twice: unpack it once"):
        unpacked(PACKERS[outer](PACKERS[inner](TEXT)))


def test_plain_bytes_are_unchanged() -> None:
    for plain in (TEXT, b"", b"BZ", b"\x1f"):
        assert unpacked(plain, 3) == plain


@pytest.mark.parametrize("kind", PACKERS)
def test_damage_is_named(kind: str) -> None:
    packed = PACKERS[kind](TEXT)
    with pytest.raises(AnomalyStreamError, match=f"^input: .*{kind}"):
        unpacked(packed[:-6])
    middle = len(packed) // 2
    with pytest.raises(AnomalyStreamError, match=f"^input: .*{kind}"):
        unpacked(packed[:middle] + bytes(9 ^ byte for byte in packed[middle:]))


@pytest.mark.parametrize(("head", "said"), [(b"PK\x03\x04", "zip"), (b"\xd0\xcf\x11\xe0", "spreadsheet")])
def test_archives_and_spreadsheets_are_refused(head: bytes, said: str) -> None:
    with pytest.raises(AnomalyStreamError, match=f"input: .*{said}.*CSV"):
        unpacked(head + b"rubbish")
