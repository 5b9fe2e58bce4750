"""Headers of the record batches in a fetch, scanned into one table: a fetch can have thousands.

The header of magic 2, big-endian, from Kafka's protocol guide ("Record Batch")::

     0 base offset      q    17 crc of all after it   I    35 maximum timestamp  q    57 record count  i
     8 length after it  i    21 attributes            h    43 producer id        q
    12 leader epoch     i    23 last offset delta     i    51 producer epoch     h
    16 magic            b    27 first timestamp       q    53 base sequence      i

Magic 0 and 1 have offset, length and magic in the same places.
"""

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.kernels.jit import kernel

# Columns of the table: place of the batch, then its fields. END_OFFSET is the offset after the batch. A
# batch of magic 0 or 1 has only its place, its magic and BASE_OFFSET; the other columns are 0.
START, END, MAGIC, CRC, ATTRIBUTES, BASE_OFFSET, END_OFFSET = range(7)
FIRST_TIMESTAMP, MAX_TIMESTAMP, PRODUCER_ID, RECORD_COUNT = range(7, 11)
HEADER_WIDTH = 11

CODEC_MASK, APPEND_TIME_BIT, TRANSACTIONAL_BIT, CONTROL_BIT = 0x07, 0x08, 0x10, 0x20
"""These are bits of the attributes. With `APPEND_TIME_BIT`, every record has the maximum timestamp."""

PREFIX_BYTES = 12
"""Base offset and length begin a batch of every magic. The length does not include them."""
MAGIC_POSITION = 16
CRC_START = 21
"""The checksum of magic 2 covers all bytes from here."""
MIN_BYTES = 26
"""The smallest message of magic 0 has this size."""
HEADER_BYTES = 61
"""The header of magic 2 has this size."""


@kernel
def big_endian(data: NDArray[np.uint8], position: int, size: int) -> int:
    """A signed integer of ``size`` bytes."""
    value = np.int64(np.int8(data[position]))
    for byte in data[position + 1 : position + size]:
        value = (value << 8) | np.int64(byte)
    return int(value)


@kernel
def read_header(data: NDArray[np.uint8], start: int, row: NDArray[np.int64]) -> None:
    """Write the fields of one batch of magic 2 to its row."""
    row[CRC] = big_endian(data, start + 17, 4) & 0xFFFFFFFF
    row[ATTRIBUTES] = big_endian(data, start + 21, 2)
    row[BASE_OFFSET] = big_endian(data, start, 8)
    row[END_OFFSET] = row[BASE_OFFSET] + big_endian(data, start + 23, 4) + 1
    row[FIRST_TIMESTAMP] = big_endian(data, start + 27, 8)
    row[MAX_TIMESTAMP] = big_endian(data, start + 35, 8)
    row[PRODUCER_ID] = big_endian(data, start + 43, 8)
    row[RECORD_COUNT] = big_endian(data, start + 57, 4)


@kernel
def scan_headers(data: NDArray[np.uint8], position: int, table: NDArray[np.int64]) -> tuple[int, int, bool]:
    """Read the headers of the complete batches from ``position`` on, until ``table`` is full.

    ``table`` is (n, `HEADER_WIDTH`). Returns (rows filled, position after the last batch, whether the next
    batch is too short for its header, and so corrupt). A partial batch at the end is left for the next fetch.
    """
    rows = 0
    while rows < len(table) and len(data) - position >= PREFIX_BYTES:
        end = position + PREFIX_BYTES + big_endian(data, position + 8, 4)
        if end > len(data):
            break
        if end - position < MIN_BYTES:
            return rows, position, True
        magic = data[position + MAGIC_POSITION]
        if magic >= 2 and end - position < HEADER_BYTES:
            return rows, position, True
        row = table[rows]
        row[:] = 0
        row[START] = position
        row[END] = end
        row[MAGIC] = magic
        if magic >= 2:
            read_header(data, position, row)
        else:
            row[BASE_OFFSET] = big_endian(data, position, 8)
        position = end
        rows += 1
    return rows, position, False
