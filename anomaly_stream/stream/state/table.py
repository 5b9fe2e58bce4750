"""The state table: Faust's table and RocksDB store with bounded memory, written by checkpoints.

Changelog records arrive as columns of thousands of records. They go to RocksDB in a few WriteBatches, the
last of them with the offset of the last record.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import rocksdict
from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.engine.checkpoint.encode import StateRecord
from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.faust_hooks.tables import HookedStore, HookedTable

logger = get_logger(__name__)

#: Size at which a WriteBatch of a checkpoint is written.
BATCH_BYTES = 256 * 1024

#: Options of one partition's database. Faust's defaults allow 2 GiB of cache and 192 MiB of buffers each.
ROCKSDB_OPTIONS = {
    "max_open_files": 256,
    "write_buffer_size": 16 * 2**20,
    "max_write_buffer_number": 2,
    "target_file_size_base": 32 * 2**20,
    "block_cache_size": 8 * 2**20,
    "block_cache_compressed_size": 0,
    "bloom_filter_size": 10,
}


class StateStore(HookedStore):
    """The RocksDB store of the state table, written by checkpoints and by recovery."""

    def checkpoint_batches(self, records: Iterable[StateRecord], offset: int) -> Iterator[Any]:
        """WriteBatches of ``records`` (None deletes); the last has the changelog offset of the last record.

        RocksDB keeps the interpreter's lock while it writes, so the batches are small. If not all of them
        are written, recovery reads the records again, from the old offset.
        """
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in records:
            if batch.size_in_bytes() >= BATCH_BYTES:
                yield batch
                batch = rocksdict.WriteBatch(raw_mode=True)
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self.offset_key, str(offset).encode())
        yield batch

    def write_checkpoint(self, tp: TP, batch: Any) -> None:
        """Write one of `checkpoint_batches`, in their order, to the database of a changelog partition."""
        self.database(tp.partition).write(batch)

    async def apply(self, columns: RecordColumns) -> None:
        """Write a run of changelog records; all earlier ones must have been written."""
        for batch in self.checkpoint_batches(_pairs(columns), columns.next_offset - 1):
            self.write_checkpoint(TP(columns.topic, columns.partition), batch)
            await asyncio.sleep(0)

    def records(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """All state records of a partition, sorted by key.

        An open iterator holds the lock of the database: exhaust it before the next await.
        """
        for key, value in self.database(partition).items():
            if key != self.offset_key:
                yield bytes(key), bytes(value)

    def record(self, partition: int, key: bytes) -> bytes | None:
        """One state record of a partition; None if there is none."""
        value = self.database(partition).get(key)
        return None if value is None else bytes(value)

    def revoke_partitions(self, table: Any, tps: set[TP]) -> None:
        """Close the databases of ``tps``. Faust only drops them, and the lock stays."""
        for tp in tps:
            if tp.topic in table.changelog_topic.topics:
                self._close(tp.partition)

    async def stop(self) -> None:
        """Close every database."""
        for partition in self.open_partitions():
            self._close(partition)

    def _close(self, partition: int) -> None:
        """Close a database, which releases its lock. The error of an earlier failed write is only logged."""
        db = self.detach(partition)
        if db is not None:
            try:
                db.close()
            except Exception as error:
                logger.warning("RocksDB of partition %d closed with: %s", partition, error)


def _pairs(records: RecordColumns) -> Iterator[StateRecord]:
    """Keys and values of columns; a record without a key is skipped."""
    data = memoryview(records.buffer)  # type: ignore[arg-type]
    spans = (records.key_start, records.key_length, records.value_start, records.value_length)
    for key, key_length, value, value_length in zip(*(span.tolist() for span in spans), strict=True):
        if key_length >= 0:
            yield (
                bytes(data[key : key + key_length]),
                bytes(data[value : value + value_length]) if value_length >= 0 else None,
            )


class StateTable(HookedTable):
    """A changelog-backed table of bytes whose store is a :class:`StateStore`."""

    def create_store(self, url: Any) -> StateStore:
        """A store with bounded memory."""
        return StateStore(
            url,
            self.app,
            self,
            table_name=self.name,
            key_type=self.key_type,
            key_serializer=self.key_serializer,
            value_serializer=self.value_serializer,
            value_type=self.value_type,
            loop=self.loop,
            options=dict(ROCKSDB_OPTIONS),
        )
