"""Chunks: records with points of a window, which are not written with every head.

The head is written at every checkpoint before which the row has changed. Chunk c holds the points with serial
numbers from ``c * CHUNK`` to ``(c + 1) * CHUNK - 1``, under key index ``c % chunk_key_count``. The head holds
the points that no chunk holds yet. A chunk is written again for every ``GRAIN`` points that are added to it.
So a value is written a few times, instead of at every checkpoint while it is in the window.

Chunks are durable before heads are. If a checkpoint is written in part, each row can be restored to one head,
the old or the new one, because new chunks keep every point that the old head needs: a chunk that has grown
still holds its earlier points. Where this is impossible (because points have expired, or because the old head
still needs the chunk under the same key index), the head holds the whole window and needs no chunk. That is
also the cheapest way for a row whose window is almost entirely new at every checkpoint.
"""

from typing import Any

from anomaly_stream.engine.checkpoint.format import CHUNK_WORDS, SERIAL, SERIAL_BITS, Parts, Words
from anomaly_stream.engine.checkpoint.point_encoding import (
    SHORT_MS,
    read_points,
    time_encoding,
    words_of_points,
    write_points,
)
from anomaly_stream.kernels.arrays import Integers, Records
from anomaly_stream.kernels.blocks import Pool
from anomaly_stream.kernels.jit import kernel

CHUNK = 48
"""Points per chunk at most. Larger chunks are rewritten more often; smaller chunks need more keys."""
GRAIN = 8
"""Points move from the head to a chunk in multiples of this number."""
MOST_CHUNK_WORDS = CHUNK_WORDS + 2 * CHUNK
_ENCODING_SHIFT = SERIAL_BITS + 8


@kernel
def chunk_key_count(capacity: int) -> int:
    """Number of key indices of a window: one per chunk that its points can be in, one for the old head."""
    return int((capacity - 1) // CHUNK + 3)


@kernel
def split_points(
    rows: Records, configs: Records, numbers: Integers, whole: bool, begins: Integers, ends: Integers
) -> None:
    """Decide for each row which points are written to chunks: ``begins`` to ``ends - 1``, as serial numbers.

    The head holds the points from ``ends`` on. An end of -1 means that it holds the whole window. With
    ``whole``, every head holds its whole window.
    """
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        begins[i] = max(row.first, row.chunked_end)
        ends[i] = -1 if whole else _chunks_end(row, chunk_key_count(configs[row.config].capacity), begins[i])


@kernel
def _chunks_end(row: Any, key_count: int, begin: int) -> int:
    """The serial number of the first point in the head; -1: the head holds the whole window."""
    end = row.first + row.count
    if row.needed_from < 0:
        return -1
    if end - begin < GRAIN:
        return begin
    mostly_new = 2 * (end - begin) >= row.count and 2 * (end - row.saved_end) >= row.count
    chunks_end = int(end - end % GRAIN)
    return chunks_end if not mostly_new and _keeps_old_head(row, begin, chunks_end, key_count) else -1


@kernel
def _keeps_old_head(row: Any, begin: int, end: int, key_count: int) -> bool:
    """Whether the points that the last head needs survive if chunks with ``begin`` to ``end - 1`` are
    written."""
    if row.needed_from >= row.chunked_end:
        return True
    chunk = begin // CHUNK
    if max(chunk * CHUNK, row.needed_from) < min(row.first, row.chunked_end):
        return False
    return bool((end - 1) // CHUNK - row.needed_from // CHUNK < key_count)


@kernel
def mark_written(
    rows: Records, configs: Records, numbers: Integers, begins: Integers, ends: Integers
) -> None:
    """Record in the rows that chunks and heads are written as ``split_points`` decided."""
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        row.chunked_end = ends[i] if ends[i] >= 0 else row.first
        row.needed_from = row.first
        row.saved_end = row.first + row.count
        if ends[i] > begins[i]:
            key_count = chunk_key_count(configs[row.config].capacity)
            for chunk in range(begins[i] // CHUNK, (ends[i] - 1) // CHUNK + 1):
                row.chunk_keys = max(row.chunk_keys, chunk % key_count + 1)


@kernel
def write_chunks(
    rows: Records,
    pool: Pool,
    configs: Records,
    numbers: Integers,
    begins: Integers,
    ends: Integers,
    out: Words,
    written: Integers,
) -> int:
    """Write the chunks of rows ``numbers``; returns how many there are.

    ``written`` (chunks, 3) receives for each chunk the index of its row in ``numbers``, its key index, and
    the word after it.
    """
    at = 0
    count = 0
    for i in range(len(numbers)):
        row = rows[numbers[i]]
        if ends[i] <= begins[i]:
            continue
        key_count = chunk_key_count(configs[row.config].capacity)
        for chunk in range(begins[i] // CHUNK, (ends[i] - 1) // CHUNK + 1):
            begin = max(chunk * CHUNK, row.first) - row.first
            end = min((chunk + 1) * CHUNK, ends[i]) - row.first
            encoding = time_encoding(row, pool, begin, end)
            out.words[at] = 0
            out.words[at + 1] = (
                (row.first + begin) | (end - begin) << SERIAL_BITS | encoding << _ENCODING_SHIFT
            )
            at = write_points(row, pool, begin, end, encoding, out, at + CHUNK_WORDS)
            written[count, 0] = i
            written[count, 1] = chunk % key_count
            written[count, 2] = at
            count += 1
    return count


@kernel
def read_chunks(row: Any, pool: Pool, config: Any, held: int, source: Words, chunks: Parts) -> bool:
    """Read the ``held`` oldest points of a window from its chunks; returns whether all of them were there.

    ``row.first`` and the row's block must be set. Chunks that the head does not need are ignored.
    """
    read = 0
    end = row.first + held
    for k in range(len(chunks.at)):
        at = chunks.at[k]
        if chunks.length[k] < CHUNK_WORDS:
            return False
        first = source.words[at + 1] & SERIAL
        count = source.words[at + 1] >> SERIAL_BITS & 0xFF
        encoding = source.words[at + 1] >> _ENCODING_SHIFT & 0xFF
        low = max(first, row.first)
        high = min(first + count, end)
        if low >= high or first // CHUNK % chunk_key_count(config.capacity) != chunks.number[k]:
            continue
        if (first + count - 1) // CHUNK != first // CHUNK or encoding > SHORT_MS:
            return False
        if CHUNK_WORDS + words_of_points(count, encoding) != chunks.length[k]:
            return False
        place = row.start + low - row.first
        read_points(source, at + CHUNK_WORDS, count, encoding, pool, place, low - first, high - first)
        read += high - low
    return bool(read == held)
