"""An instance's memory as plain bytes, and back.

A version, the mask, the number of members and a checksum, then the doubles, little endian. What does
not fit is refused, never guessed at.
"""

import struct
import zlib

import numpy as np

from anomaly_stream.errors import StateError, StateVersionError
from anomaly_stream.groups.detectors import instance
from anomaly_stream.groups.detectors.arrays import Floats

VERSION = 1
_HEAD = struct.Struct("<BBHI")
_WORD = np.dtype("<f8")


def encode(memory: Floats, mask: int, members: int) -> bytes:
    """All of the state."""
    words = memory.astype(_WORD).tobytes()
    return _HEAD.pack(VERSION, mask, members, zlib.crc32(words)) + words


def decode(data: bytes, mask: int, members: int) -> Floats:
    """A memory of its own, bit for bit the one that was encoded.

    Raises StateError where the bytes are damaged, or of other detectors or members; StateVersionError where a
    newer release wrote them.
    """
    if len(data) < _HEAD.size:
        raise StateError(f"a group's state of {len(data)} bytes is cut short")
    version, written_mask, written_members, checksum = _HEAD.unpack_from(data)
    if version > VERSION:
        raise StateVersionError(f"a group's state has version {version}; this release reads {VERSION}")
    if (written_mask, written_members) != (mask, members):
        raise StateError("a group's state is of other detectors or another number of members")
    words = data[_HEAD.size :]
    if len(words) != _WORD.itemsize * instance.words(mask, members) or zlib.crc32(words) != checksum:
        raise StateError("a group's state is damaged")
    return np.frombuffer(words, _WORD).astype(np.float64)
