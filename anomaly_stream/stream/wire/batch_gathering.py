"""Gathers the bytes of one fetch into runs of batches: verifies and decompresses batches, or skips them.

Adjacent batches without compression are copied together, so that a producer that sends one record per batch
costs little more than one that sends many.
"""

from collections.abc import Callable, Iterator

import numpy as np
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedForMessageFormatError
from crc32c import crc32c
from numpy.typing import NDArray

from anomaly_stream.kernels import batch_headers as scan
from anomaly_stream.kernels import record_batch as walk
from anomaly_stream.stream.wire.batch_bodies import CODEC_NONE
from anomaly_stream.stream.wire.batch_run import BatchRun

_SCANNED_AT_ONCE = 4096
_MAGIC_2 = 2
_CONTROL_KEY_BYTES = 4
_SKIPPED = -1
"""The route of a batch that is not delivered. The other routes are the numbers of Kafka's codecs."""

Table = NDArray[np.int64]
SkipRule = Callable[[Table], NDArray[np.bool_]]
"""Which batches of a table of headers must not be delivered; called once for each batch, in order."""


class BatchGathering:
    """Makes the runs of one fetch of one partition."""

    def __init__(self, topic: str, partition: int, data: bytes, check_crcs: bool, skip: SkipRule) -> None:
        self._topic = topic
        self._partition = partition
        self._data = memoryview(data)
        self._check_crcs = check_crcs
        self._skip = skip

    def runs(self) -> Iterator[BatchRun]:
        """Batches gathered until a run is full; batches before a refused one are yielded before its error."""
        run = self._new_run(0)
        for table, fault in self._tables():
            chunk = _Chunk(table, self._skip(table))
            done = 0
            for first, stop in chunk.pieces():
                try:
                    self._place(run, chunk, first, stop)
                except KafkaError:
                    run.add(chunk.segments[done:first])
                    yield run
                    raise
                if run.full:
                    run.add(chunk.segments[done:stop])
                    yield run
                    run = self._new_run(chunk.ends[stop - 1])
                    done = stop
            run.add(chunk.segments[done:])
            if fault is not None:
                yield run
                raise fault
        yield run

    def _new_run(self, position: int) -> BatchRun:
        return BatchRun(self._topic, self._partition, len(self._data) - position)

    def _tables(self) -> Iterator[tuple[Table, KafkaError | None]]:
        """Headers of the complete batches, a few thousand at a time, and the fault of the next batch."""
        wire = np.frombuffer(self._data, np.uint8)
        position = 0
        fault: KafkaError | None = None
        while fault is None and len(wire) - position >= scan.MIN_BYTES:
            capacity = min((len(wire) - position) // scan.MIN_BYTES, _SCANNED_AT_ONCE)
            table = np.empty((capacity, scan.HEADER_WIDTH), np.int64)
            rows, position, too_short = scan.scan_headers(wire, position, table)
            if too_short:
                fault = self._corrupt(f"the batch {position} bytes into a fetch is too short")
            current = self._count_current_format(table[:rows])
            sound = self._count_sound(table[:current]) if self._check_crcs else current
            if sound < current:
                fault = self._corrupt(f"invalid CRC at offset {table[sound, scan.BASE_OFFSET]}")
            elif current < rows:
                fault = self._too_old(table[current])
            yield table[:sound], fault
            if rows < capacity:
                return

    def _corrupt(self, what: str) -> CorruptRecordException:
        return CorruptRecordException(f"{self._topic}-{self._partition}: {what}")

    def _too_old(self, header: NDArray[np.int64]) -> UnsupportedForMessageFormatError:
        return UnsupportedForMessageFormatError(
            f"{self._topic}-{self._partition}: offset {header[scan.BASE_OFFSET]} has message format"
            f" v{header[scan.MAGIC]}, which Kafka before 0.11 wrote, and only v2 is supported: copy the"
            " topic's records to a new topic, or delete the old ones with kafka-delete-records.sh"
        )

    def _count_current_format(self, table: Table) -> int:
        """Number of batches before the first one of an old message format."""
        old = np.flatnonzero(table[:, scan.MAGIC] < _MAGIC_2)
        return int(old[0]) if len(old) else len(table)

    def _count_sound(self, table: Table) -> int:
        """Number of batches before the first one with a wrong checksum."""
        data = self._data
        columns = table[:, (scan.START, scan.END, scan.CRC)].T.tolist()
        for row, (start, end, crc) in enumerate(zip(*columns, strict=True)):
            if crc32c(data[start + scan.CRC_START : end]) != crc:
                return row
        return len(table)

    def _place(self, run: BatchRun, chunk: "_Chunk", first: int, stop: int) -> None:
        """Append the bodies of a piece to the run, and write their positions into their segments."""
        route, segments = chunk.routes[first], chunk.segments
        start, end = chunk.starts[first], chunk.ends[stop - 1]
        if route in (CODEC_NONE, _SKIPPED):
            # Headers and skipped batches are included: one copy for all adjacent batches.
            shift = run.bodies.append(CODEC_NONE, self._data[start:end])[0] - start
            segments[first:stop, walk.SEGMENT_START] += shift
            segments[first:stop, walk.SEGMENT_END] += shift
            return
        start, end = run.bodies.append(route, self._data[start + scan.HEADER_BYTES : end])
        segments[first, walk.SEGMENT_START], segments[first, walk.SEGMENT_END] = start, end


class _Chunk:
    """A few thousand batches: the route, the position and the segment of each."""

    def __init__(self, table: Table, skipped: NDArray[np.bool_]) -> None:
        routes = table[:, scan.ATTRIBUTES] & scan.CODEC_MASK
        empty = table[:, scan.RECORD_COUNT] == 0
        control = (table[:, scan.ATTRIBUTES] & scan.CONTROL_BIT) != 0
        routes[empty | control | skipped] = _SKIPPED
        self._alone = np.flatnonzero((routes != CODEC_NONE) & (routes != _SKIPPED))
        self.segments = _segments(table, routes == _SKIPPED)
        self.routes: list[int] = routes.tolist()
        self.starts: list[int] = table[:, scan.START].tolist()
        self.ends: list[int] = table[:, scan.END].tolist()

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Rows (first, stop) to place together: adjacent uncompressed batches, every other one alone."""
        first = 0
        for row in self._alone.tolist():
            if first < row:
                yield first, row
            yield row, row + 1
            first = row + 1
        if first < len(self.routes):
            yield first, len(self.routes)


def control_key(data: bytes, header: NDArray[np.int64]) -> bytes:
    """The key of a control batch's record: a version and a type, two bytes each.

    Raises CorruptRecordException where there is none.
    """
    run = BatchRun("", 0, len(data))
    segments = _segments(header.reshape(1, -1), np.zeros(1, np.bool_))
    body = memoryview(data)[header[scan.START] + scan.HEADER_BYTES : header[scan.END]]
    start, end = run.bodies.append(int(header[scan.ATTRIBUTES]) & scan.CODEC_MASK, body)
    segments[0, walk.SEGMENT_START], segments[0, walk.SEGMENT_END] = start, end
    run.add(segments)
    for item in run.columns(int(header[scan.BASE_OFFSET])):
        key = item.key(0) if len(item) else None
        if key is not None and len(key) >= _CONTROL_KEY_BYTES:
            return key
    raise CorruptRecordException(f"The control batch at offset {header[scan.BASE_OFFSET]} has no key")


def _segments(table: Table, skipped: NDArray[np.bool_]) -> Table:
    """A segment for each header, with the span of its body in the fetch; skipped ones are empty."""
    append_time = (table[:, scan.ATTRIBUTES] & scan.APPEND_TIME_BIT) != 0
    body = table[:, scan.START] + scan.HEADER_BYTES
    segments = np.empty((len(table), walk.SEGMENT_WIDTH), np.int64)
    segments[:, walk.SEGMENT_START] = np.where(skipped, table[:, scan.END], body)
    segments[:, walk.SEGMENT_END] = table[:, scan.END]
    segments[:, walk.BASE_OFFSET] = table[:, scan.BASE_OFFSET]
    segments[:, walk.FIRST_TIMESTAMP] = table[:, scan.FIRST_TIMESTAMP]
    segments[:, walk.APPEND_TIME] = np.where(append_time, table[:, scan.MAX_TIMESTAMP], walk.NO_APPEND_TIME)
    segments[:, walk.RECORD_COUNT] = np.where(skipped, 0, table[:, scan.RECORD_COUNT])
    segments[:, walk.END_OFFSET] = table[:, scan.END_OFFSET]
    return segments
