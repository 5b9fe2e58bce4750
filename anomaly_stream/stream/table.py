"""The state table: Faust's table and RocksDB store, bounded, closed when let go, written by checkpoints."""

from collections.abc import Iterable, Iterator
from typing import Any

import rocksdict
from faust import Table
from faust.stores.rocksdb import Store
from faust.types import TP

StateRecord = tuple[bytes, bytes | None]

#: A partition's RocksDB, bounded: Faust's defaults take 2 GiB of cache and 192 MiB of buffers each.
ROCKSDB_OPTIONS = {
    "max_open_files": 256,
    "write_buffer_size": 16 * 2**20,
    "max_write_buffer_number": 2,
    "target_file_size_base": 32 * 2**20,
    "block_cache_size": 8 * 2**20,
    "block_cache_compressed_size": 0,
    "bloom_filter_size": 10,
}


class StateStore(Store):  # type: ignore[misc]
    """RocksDB store of the state table; values are written by :meth:`write_checkpoint` alone."""

    def write_checkpoint(self, tp: TP, records: Iterable[StateRecord], offset: int) -> None:
        """Write ``records`` (None deletes) and the changelog offset they end at, as one WriteBatch."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in records:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(self.offset_key, str(offset).encode())
        self._db_for_partition(tp.partition).write(batch)

    def records(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """All state records of a partition; exhaust it before the next await (it holds the lock)."""
        for key, value in self._db_for_partition(partition).items():
            if key != self.offset_key:
                yield bytes(key), bytes(value)

    def revoke_partitions(self, table: Any, tps: set[TP]) -> None:
        """Close the databases of ``tps``: Faust only forgets them, and the lock stays."""
        for tp in tps:
            if tp.topic in table.changelog_topic.topics:
                db = self._dbs.pop(tp.partition, None)
                if db is not None:
                    db.close()

    async def stop(self) -> None:
        """Close every database."""
        for db in self._dbs.values():
            db.close()
        self._dbs.clear()


class StateTable(Table):  # type: ignore[misc]
    """A changelog-backed table of bytes whose store is a :class:`StateStore`."""

    def _new_store_by_url(self, url: Any) -> StateStore:
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
