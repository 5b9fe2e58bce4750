"""The table, its RocksDB store, and recovery, which a worker does without Faust."""

from typing import Any

import faust
from faust.stores.rocksdb import Store
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.types import TP

from anomaly_stream.stream.faust_hooks.library_logs import FAUST


class HookedStore(Store):  # type: ignore[misc]
    """Faust's RocksDB store, one database for each partition."""

    logger = FAUST

    def database(self, partition: int) -> Any:
        """The partition's database, opened on first use."""
        return self._db_for_partition(partition)

    def open_partitions(self) -> list[int]:
        """The partitions whose databases are open."""
        return list(self._dbs)

    def detach(self, partition: int) -> Any:
        """Remove the partition's database from the store and return it for the caller to close; None if it is
        not open."""
        return self._dbs.pop(partition, None)


class HookedTable(faust.Table):  # type: ignore[misc]
    """A Faust table that makes its own store."""

    logger = FAUST

    def create_store(self, url: Any) -> Any:
        """The store behind the table; made once."""
        raise NotImplementedError

    def _new_store_by_url(self, url: Any) -> Any:
        return self.create_store(url)


class NoRecovery(Recovery):  # type: ignore[misc]
    """Faust's recovery without any reading: it only calls the ``on_recover`` callbacks."""

    logger = FAUST

    def need_recovery(self) -> bool:
        """Never."""
        return False

    async def _build_highwaters(self, *_: Any) -> None:
        """Recovery reads towards no offsets."""

    async def _build_offsets(self, *_: Any) -> None:
        """Recovery reads from no offsets."""

    async def _seek_offsets(self, consumer: Any, tps: set[TP], *_: Any) -> None:
        """Keep the group's consumer from fetching the changelog."""
        await consumer.leave_unread(set(tps))


class TableManagerWithoutRecovery(TableManager):  # type: ignore[misc]
    """Faust's table manager with :class:`NoRecovery`."""

    logger = FAUST
    _recovery: NoRecovery | None = None

    @property
    def recovery(self) -> Recovery:
        """The service that Faust notifies of every rebalance."""
        if self._recovery is None:
            self._recovery = NoRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
