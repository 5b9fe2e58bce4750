"""The state table: Faust's table and RocksDB store, bounded, closed when let go, written by checkpoints.

Recovery reads the changelog as columns: an event of it carries thousands of records, which go to RocksDB in
one WriteBatch with the offset they end at. Faust's own way costs a chain of calls for each record.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import rocksdict
from faust import Table
from faust.stores.rocksdb import Store
from faust.types import TP
from mode.utils.logging import get_logger

from anomaly_stream.errors import StateError
from anomaly_stream.model import RecordColumns

logger = get_logger(__name__)

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


PROGRESS_S = 2.0
"""How often recovery says how far it is."""


class StateStore(Store):  # type: ignore[misc]
    """RocksDB store of the state table; written by :meth:`write_checkpoint`, and by recovery."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._recovered = 0
        self._next_report = 0.0
        self._failure: Exception | None = None

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

    def apply_changelog_batch(
        self, batch: Iterable[Any], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Take over what recovery read: events whose values are columns.

        Faust logs what this raises and counts the events as applied; so a failure is kept, and no
        state is read after it (:meth:`records`).
        """
        for event in batch:
            records = event.message.value
            try:
                self.write_checkpoint(event.message.tp, _pairs(records), records.next_offset - 1)
            except Exception as error:
                self._failure = error
                raise
            self._report(len(records), event.message.tp, records.next_offset)

    def _report(self, records: int, tp: TP, offset: int) -> None:
        """Count recovered records; say so at once, and then every ``PROGRESS_S``."""
        self._recovered += records
        now = time.monotonic()
        if now >= self._next_report:
            self._next_report = now + PROGRESS_S
            logger.info(
                "Recovering from the changelog: %s records so far, partition %d up to offset %s",
                f"{self._recovered:,}",
                tp.partition,
                f"{offset:,}",
            )

    def finish_recovery(self) -> None:
        """Say what recovery has read since the last call. Raises StateError if it failed."""
        if self._failure is not None:
            raise StateError(f"recovery failed: {self._failure!r}") from self._failure
        logger.info("Recovered %s records from the changelog", f"{self._recovered:,}")
        self._recovered, self._next_report = 0, 0.0

    def records(self, partition: int) -> Iterator[tuple[bytes, bytes]]:
        """All state records of a partition, sorted by key; exhaust it before the next await (it holds the
        lock)."""
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


def _pairs(records: RecordColumns) -> Iterator[StateRecord]:
    """Keys and values of columns; a record without a key is passed over."""
    data = memoryview(records.buffer)  # type: ignore[arg-type]
    spans = (records.key_start, records.key_length, records.value_start, records.value_length)
    for key, key_length, value, value_length in zip(*(span.tolist() for span in spans), strict=True):
        if key_length >= 0:
            yield (
                bytes(data[key : key + key_length]),
                bytes(data[value : value + value_length]) if value_length >= 0 else None,
            )


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
