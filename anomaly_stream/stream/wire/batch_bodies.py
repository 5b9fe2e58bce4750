"""The bodies of record batches, decompressed into one growing buffer, with a limit for each batch."""

import struct
from typing import Any

import cramjam
import numpy as np
from aiokafka.errors import CorruptRecordException, RecordTooLargeError, UnsupportedCodecError
from numpy.typing import NDArray

CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD = range(5)

MAX_BATCH_BYTES = 256 * 1024 * 1024
"""A batch that decompresses to more is refused as a decompression bomb: brokers accept 1 MiB by default."""

_STREAMED: dict[int, Any] = {CODEC_GZIP: cramjam.gzip, CODEC_LZ4: cramjam.lz4, CODEC_ZSTD: cramjam.zstd}
_BUFFER_FULL = "failed to write whole buffer"
_FIRST_GUESS = 4
"""The first estimate of a body's size is this multiple of its compressed size."""

_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16
_BLOCK_LENGTH = struct.Struct(">i")


class BatchBodies:
    """Decompressed bodies in sequence. Spans are offsets, so they stay valid when the buffer grows."""

    def __init__(self, capacity: int) -> None:
        self._buffer: NDArray[np.uint8] = np.empty(capacity, np.uint8)
        self.used = 0

    def view(self) -> NDArray[np.uint8]:
        """All bodies appended so far."""
        return self._buffer[: self.used]

    def append(self, codec: int, body: memoryview) -> tuple[int, int]:
        """Decompress one body and return its span (start, end).

        Raises CorruptRecordException for bytes that the codec refuses, RecordTooLargeError past
        `MAX_BATCH_BYTES`, UnsupportedCodecError for a codec that Kafka does not have.
        """
        start = self.used
        try:
            if codec in _STREAMED:
                self._append_streamed(_STREAMED[codec], body)
            elif codec == CODEC_SNAPPY:
                self._append_snappy(body)
            elif codec == CODEC_NONE:
                self._room(len(body))[: len(body)] = np.frombuffer(body, np.uint8)
                self.used += len(body)
            else:
                raise UnsupportedCodecError(f"Unknown compression codec {codec:#04x}")
        except cramjam.DecompressionError as error:
            raise CorruptRecordException(f"A record batch cannot be decompressed: {error}") from error
        return start, self.used

    def _room(self, size: int) -> NDArray[np.uint8]:
        """The free part at the end of the buffer, of at least ``size`` bytes."""
        if size > len(self._buffer) - self.used:
            grown = np.empty(max(2 * len(self._buffer), self.used + size), np.uint8)
            grown[: self.used] = self.view()
            self._buffer = grown
        return self._buffer[self.used :]

    def _append_streamed(self, codec: Any, body: memoryview) -> None:
        """Decompress a codec whose frames may not give their size: retry with twice the room."""
        size = min(_FIRST_GUESS * len(body), MAX_BATCH_BYTES)
        while True:
            room = self._room(size)[:MAX_BATCH_BYTES]
            try:
                self.used += codec.decompress_into(body, room)
                return
            except cramjam.DecompressionError as error:
                if _BUFFER_FULL not in str(error):
                    raise
                if len(room) >= MAX_BATCH_BYTES:
                    raise _too_large() from error
            size = min(2 * len(room), MAX_BATCH_BYTES)

    def _append_snappy(self, body: memoryview) -> None:
        """Decompress plain snappy, or the framed blocks of the Java client (xerial's snappy-java)."""
        if body[: len(_XERIAL_MAGIC)] != _XERIAL_MAGIC:
            self._append_snappy_block(body, MAX_BATCH_BYTES)
            return
        limit = self.used + MAX_BATCH_BYTES
        position = _XERIAL_HEADER_BYTES
        while position < len(body):
            if len(body) - position < _BLOCK_LENGTH.size:
                raise CorruptRecordException("A snappy block is truncated")
            (length,) = _BLOCK_LENGTH.unpack_from(body, position)
            position += _BLOCK_LENGTH.size
            if not 0 <= length <= len(body) - position:
                raise CorruptRecordException("A snappy block is truncated")
            self._append_snappy_block(body[position : position + length], limit - self.used)
            position += length

    def _append_snappy_block(self, block: memoryview, allowed: int) -> None:
        size = cramjam.snappy.decompress_raw_len(block)
        if size > allowed:
            raise _too_large()
        room: Any = self._room(size)
        self.used += cramjam.snappy.decompress_raw_into(block, room)


def _too_large() -> RecordTooLargeError:
    return RecordTooLargeError(
        f"A record batch decompresses to more than {MAX_BATCH_BYTES} bytes and is refused:"
        " delete its records (kafka-delete-records.sh), or move the group's offset past it"
    )
