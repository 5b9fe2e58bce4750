"""The envelope of every state record: kind, format version and checksum before the body.

=====  ====================================================================================
bytes  hold
=====  ====================================================================================
0, 1   the kind: ``AS`` head of a row, ``AC`` chunk, ``AP`` page, ``AG`` instance of a group,
       ``AB`` loaded baseline, ``AO`` position of a partition, ``AW`` ownership of a config,
       ``AE`` event of a withdrawn alert
2      the format version
3      zero
4 to 7 CRC-32C (u4) of the body, started with the format version
8 on   the body: words of 8 bytes, little-endian
=====  ====================================================================================

One version covers all kinds. ``engine.checkpoint.format``, ``groups.instance_codec``,
``engine.checkpoint.baseline_record``, ``stream.partitions.position`` and ``pipeline.withdrawals`` document
the bodies; ``state_keys`` documents the keys.
"""

import sys
from collections.abc import Iterator
from struct import Struct

import numpy as np
from crc32c import crc32c

from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.kernels.arrays import Integers

FORMAT_VERSION = 2
HEAD, CHUNK, PAGE, INSTANCE, BASELINE, POSITION = b"AS", b"AC", b"AP", b"AG", b"AB", b"AO"
OWNERSHIP, WITHDRAWAL, OVERFLOW = b"AW", b"AE", b"AF"
WORD = 8
"""A word has this many bytes. The envelope is one word."""
_ENVELOPE = Struct("<2sBBI")
_SHOWN = 80


def seal(kind: bytes, body: bytes) -> bytes:
    """The record of this kind with this body."""
    return _ENVELOPE.pack(kind, FORMAT_VERSION, 0, crc32c(body, FORMAT_VERSION)) + body


def seal_json(kind: bytes, text: bytes) -> bytes:
    """The record of this kind whose body is a JSON text, padded with spaces to whole words."""
    return seal(kind, text.ljust(-len(text) // WORD * -WORD))


def seal_words(kind: bytes, words: Integers, ends: list[int]) -> Iterator[bytes]:
    """The consecutive records in ``words``; record i ends before word ``ends[i]``.

    The first word of each record is overwritten by the envelope.
    """
    buffer = memoryview(words.view(np.uint8))  # type: ignore[arg-type]
    start = 0
    for end in ends:
        checksum = crc32c(buffer[start + WORD : end * WORD], FORMAT_VERSION)
        _ENVELOPE.pack_into(buffer, start, kind, FORMAT_VERSION, 0, checksum)
        yield bytes(buffer[start : end * WORD])
        start = end * WORD


def open_record(kind: bytes, key: bytes, record: bytes) -> memoryview:
    """Check the envelope of a record and return its body.

    Raises:
        StateError: it is not a record of this kind, or it is damaged.
        StateVersionError: this release does not read its format version.
    """
    if len(record) < WORD or record[:2] != kind:
        raise StateError(f"not a state record of kind {kind!r}: {record[:16]!r} of {key[:_SHOWN]!r}")
    _, version, zero, checksum = _ENVELOPE.unpack_from(record)
    if version != FORMAT_VERSION:
        cure = (
            "run the release that wrote it, or a newer one"
            if version > FORMAT_VERSION
            else "run the release that wrote it, or start with an empty changelog and data directory"
        )
        raise StateVersionError(
            f"the state of {key[:_SHOWN]!r} has format version {version}, and this release reads version"
            f" {FORMAT_VERSION}: {cure}"
        )
    if zero or len(record) % WORD:
        raise StateError(f"a damaged state record of {len(record)} bytes: {key[:_SHOWN]!r}")
    body = memoryview(record)[WORD:]
    if crc32c(body, version) != checksum:
        raise StateError(f"a state record whose checksum is wrong: {key[:_SHOWN]!r}")
    return body


def require_little_endian() -> None:
    """Refuse big-endian machines: bodies are copied from memory without conversion.

    Raises:
        RuntimeError: the machine is big-endian.
    """
    if sys.byteorder != "little":
        raise RuntimeError("state records are read and written on little-endian machines only")
