"""Changelog bytes per input byte at a checkpoint.

Every series reports once between two checkpoints: 100,000 series every 10 s are 10,000 messages per second,
and all rows are dirty at each checkpoint of 10 s. The records are those of the worker; batches are
built as its producer builds them.
"""

from collections.abc import Iterable

from aiokafka.record.default_records import DefaultRecordBatchBuilder

from anomaly_stream.engine.checkpoint.encode import StateRecord
from benchmarks.load import PARTITIONS
from benchmarks.state import SETTLING, STEADY, Reporting

MOST_BYTES = 3.0
LZ4, ZSTD = 3, 4
INPUT_BATCH, STATE_BATCH = 16 * 1024, 1_000_000
"""The batch sizes of a client with 2,500 messages per second to a partition, and of the worker, in bytes."""


class Volume:
    """Bytes of keys and values, and of their batches in a codec."""

    def __init__(self, batch_bytes: int, codec: int) -> None:
        self.records = self.plain = self.on_topic = 0
        self._codec = codec
        self._batch_bytes = batch_bytes

    def add(self, records: Iterable[StateRecord]) -> None:
        """Count records that are sent one after another."""
        batch, filled = self._new_batch(), 0
        for key, value in records:
            self.records += 1
            self.plain += len(key) + len(value or b"")
            if batch.append(filled, 0, key, value, []) is None:
                self.on_topic += len(batch.build())
                batch, filled = self._new_batch(), 0
                batch.append(filled, 0, key, value, [])
            filled += 1
        if filled:
            self.on_topic += len(batch.build())

    def _new_batch(self) -> DefaultRecordBatchBuilder:
        return DefaultRecordBatchBuilder(
            magic=2,
            compression_type=self._codec,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=-1,
            batch_size=self._batch_bytes,
        )


def measure(series: int) -> tuple[list[str], list[tuple[str, bool]]]:
    """Lines to print, and the claim with whether it holds."""
    messages, state = Volume(INPUT_BATCH, LZ4), Volume(STATE_BATCH, ZSTD)
    for partition in range(PARTITIONS):
        _measure_partition(Reporting(partition, series), messages, state)
    count, bytes_in = messages.records, messages.plain
    plain = state.plain / bytes_in
    lines = [
        f"{series:,} series, each with one message of {bytes_in / count:.0f} bytes per checkpoint;"
        f" {STEADY} checkpoints",
        f"written: {state.plain / count:.0f} bytes per message, keys and values, in"
        f" {state.records / count:.2f} records: {plain:.2f} for each input byte",
        f"on the topics: {state.on_topic / count:.0f} bytes per message in zstd batches; the messages take"
        f" {messages.on_topic / count:.0f} in lz4 batches",
    ]
    claim = f"the worker writes at most {MOST_BYTES:g} changelog bytes for each input byte: {plain:.2f}"
    return lines, [(claim, plain <= MOST_BYTES)]


def _measure_partition(reporting: Reporting, messages: Volume, state: Volume) -> None:
    reporting.fill()
    for number in range(SETTLING + STEADY):
        sent = reporting.report()
        written = reporting.checkpoint()
        if number < SETTLING:
            for _ in written:
                pass
            continue
        messages.add((b"", message) for message in sent)
        state.add(written)
