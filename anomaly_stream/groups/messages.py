"""Messages of the groups topic: values of the members of one instance, as plain bytes.

A message is a header of 8 bytes (``AM``, the version, a zero byte, the number of values as u4) and the
values, 24 bytes each as in ``VALUE``, all little-endian. Its key is the key of the instance, so all members
of an instance are in one partition, whatever partitions and topics their values come from. Members are
identified by a checksum of their name, so a message has the same meaning under every version of the config.
"""

from struct import Struct, error

import numpy as np
from crc32c import crc32c
from numpy.typing import NDArray

from anomaly_stream.errors import MessageError

VALUE = np.dtype([("member", "<u4"), ("learn", "<u4"), ("time", "<f8"), ("value", "<f8")])
"""``member``: checksum of its name; ``learn``: 1 if the value is only learned; ``time``: seconds since the
epoch."""

_VERSION = 1
_HEAD = Struct("<2sBBI")
MOST_VALUES = 16_384
"""A message has at most this many values, and so is well below the usual broker limit of 1 MiB."""


def member_number(name: str) -> int:
    """The checksum of a member's name."""
    return int(crc32c(name.encode()))


def encode_values(values: NDArray[np.void]) -> bytes:
    """Encode at most ``MOST_VALUES`` values of dtype ``VALUE``."""
    return _HEAD.pack(b"AM", _VERSION, 0, len(values)) + values.tobytes()


def decode_values(message: bytes) -> NDArray[np.void]:
    """The inverse of ``encode_values``.

    Raises:
        MessageError: the bytes are not a message of the groups topic, or a newer release wrote them.
    """
    try:
        kind, version, zero, count = _HEAD.unpack_from(message)
    except error:
        raise MessageError(f"{len(message)} bytes are not a message of the groups topic") from None
    if kind != b"AM" or zero:
        raise MessageError("not a message of the groups topic")
    if version != _VERSION:
        raise MessageError(f"a message of version {version}, and this release reads {_VERSION}")
    if len(message) != _HEAD.size + count * VALUE.itemsize:
        raise MessageError(f"{len(message)} bytes do not hold {count} values")
    values = np.frombuffer(message, VALUE, count, _HEAD.size)
    if not (np.isfinite(values["time"]).all() and np.isfinite(values["value"]).all()):
        raise MessageError("a value or a time is not finite")
    return values
