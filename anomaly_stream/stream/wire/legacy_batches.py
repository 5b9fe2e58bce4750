"""Messages of magic 0 and 1, rewritten as a record batch of magic 2 so that one walk reads them all.

Brokers before 0.11 wrote them; their logs may still hold some. They are read here, not by aiokafka, whose
compiled reader crashes the process on some corrupt messages and knows no limit for a compressed set. A
message, as Kafka's protocol guide has it ("Message sets"), big-endian::

    offset q, size i, crc I, magic b, attributes b, [timestamp q, magic 1 only], key, value

Key and value are a length (i, -1 for null) and as many bytes. The value of a compressed message is a set of
messages; in magic 1 their offsets count from the set's first, and the wrapper has the offset of the last.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from anomaly_stream.kernels.batch_headers import APPEND_TIME_BIT, CODEC_MASK, PREFIX_BYTES
from anomaly_stream.stream.wire.batch_bodies import CODEC_LZ4, CODEC_NONE, BatchBodies

_HEADER = struct.Struct(">qiIbb")
_TIMESTAMP = struct.Struct(">q")
_LENGTH = struct.Struct(">i")
_CRC_START = 16
_NO_TIMESTAMP = -1
_NO_PRODUCER = -1
_MAX_OFFSET_DELTA = 2**31 - 1
_UNBOUNDED = 2**31 - 1


class _Message(NamedTuple):
    offset: int
    crc: int
    magic: int
    attributes: int
    timestamp: int
    key: memoryview | None
    value: memoryview | None

    @property
    def codec(self) -> int:
        return self.attributes & CODEC_MASK


def upgraded(wire: memoryview, check_crc: bool) -> memoryview:
    """One message (or compressed set of messages) as an uncompressed batch of magic 2.

    Offsets, times, keys and values are kept; magic 0 has no times, which -1 says. Raises
    CorruptRecordException where it cannot be read or its checksum is wrong.
    """
    message = _parse(wire)
    if check_crc and crc32(wire[_CRC_START:]) != message.crc:
        raise CorruptRecordException(f"Invalid CRC at offset {message.offset}")
    messages = [message] if message.codec == CODEC_NONE else _unwrapped(message)
    base = messages[0].offset
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=CODEC_NONE,
        is_transactional=0,
        producer_id=_NO_PRODUCER,
        producer_epoch=_NO_PRODUCER,
        base_sequence=_NO_PRODUCER,
        batch_size=_UNBOUNDED,
    )
    for inner in messages:
        if not 0 <= inner.offset - base <= _MAX_OFFSET_DELTA:
            raise CorruptRecordException(f"Offsets {base} and {inner.offset} are in one set of messages")
        builder.append(inner.offset - base, inner.timestamp, inner.key, inner.value, [])
    rewritten = builder.build()
    struct.pack_into(">q", rewritten, 0, base)
    return memoryview(rewritten)


def _unwrapped(wrapper: _Message) -> list[_Message]:
    """The messages of a compressed set, with their own offsets and times."""
    if wrapper.codec > CODEC_LZ4 or (wrapper.codec == CODEC_LZ4 and wrapper.magic == 0):
        # Clients of that time framed LZ4 in their own way (KAFKA-3160).
        raise UnsupportedCodecError(f"Codec {wrapper.codec:#04x} in a message of magic {wrapper.magic}")
    if wrapper.value is None:
        raise CorruptRecordException("A compressed set of messages is null")
    bodies = BatchBodies(len(wrapper.value))
    bodies.append(wrapper.codec, wrapper.value)
    messages = list(_parse_set(memoryview(bodies.view().tobytes()), wrapper.magic))
    if not messages:
        raise CorruptRecordException("A compressed set of messages is empty")
    shift = wrapper.offset - messages[-1].offset if wrapper.magic else 0
    appended = wrapper.magic and wrapper.attributes & APPEND_TIME_BIT
    return [
        message._replace(
            offset=message.offset + max(shift, 0),
            timestamp=wrapper.timestamp if appended else message.timestamp,
        )
        for message in messages
    ]


def _parse_set(data: memoryview, magic: int) -> Iterator[_Message]:
    position = 0
    while position < len(data):
        if len(data) - position < PREFIX_BYTES:
            raise CorruptRecordException("A message in a compressed set is cut off")
        size = _LENGTH.unpack_from(data, position + _TIMESTAMP.size)[0] + PREFIX_BYTES
        if not PREFIX_BYTES <= size <= len(data) - position:
            raise CorruptRecordException("A message in a compressed set is cut off")
        message = _parse(data[position : position + size])
        if message.magic != magic or message.codec != CODEC_NONE:
            raise CorruptRecordException("A compressed set holds a message of another format")
        yield message
        position += size


def _parse(wire: memoryview) -> _Message:
    try:
        offset, _, crc, magic, attributes = _HEADER.unpack_from(wire)
        position, timestamp = _HEADER.size, _NO_TIMESTAMP
        if magic:
            (timestamp,) = _TIMESTAMP.unpack_from(wire, position)
            position += _TIMESTAMP.size
        key, position = _span(wire, position)
        value, position = _span(wire, position)
    except struct.error as error:
        raise CorruptRecordException(f"A message of the old format is cut off: {error}") from error
    return _Message(offset, crc, magic, attributes, timestamp, key, value)


def _span(wire: memoryview, position: int) -> tuple[memoryview | None, int]:
    (length,) = _LENGTH.unpack_from(wire, position)
    position += _LENGTH.size
    if length < 0:
        return None, position
    if length > len(wire) - position:
        raise CorruptRecordException("A key or value runs past the end of its message")
    return wire[position : position + length], position + length
