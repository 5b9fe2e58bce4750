"""The classes in which aiokafka keeps fetched records, and the producer's partitioner."""

from collections.abc import Callable, Iterator
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.consumer import fetcher

StockMemoryRecords: Any = fetcher.MemoryRecords
StockPartitionRecords: Any = fetcher.PartitionRecords


class HookedPartitionRecords(StockPartitionRecords):  # type: ignore[misc]
    """The records of one fetch of a partition; a subclass defines its items.

    Attributes:
        next_fetch_offset: the offset after the last delivered record.
    """

    next_fetch_offset: int

    def items(self) -> Iterator[Any]:
        """The items of the fetch, in order."""
        raise NotImplementedError

    @property
    def topic(self) -> str:
        """The topic fetched."""
        return str(self._tp.topic)

    @property
    def partition(self) -> int:
        """The partition fetched."""
        return int(self._tp.partition)

    @property
    def fetched(self) -> Any:
        """The instance of the class that replaces ``MemoryRecords``."""
        return self._records

    @property
    def checks_crcs(self) -> bool:
        """Whether checksums are verified."""
        return bool(self._check_crcs)

    @property
    def skips_aborted(self) -> bool:
        """Whether the fetch is ``read_committed`` and holds, or may still hold, an aborted transaction."""
        if self._isolation_level != fetcher.READ_COMMITTED:
            return False
        return bool(self._aborted_transactions or self._aborted_producers)

    def open_aborted(self, offset: int) -> set[int]:
        """Producers whose aborted transaction is open at ``offset``. Call it with increasing offsets.

        The caller removes a producer from the set where its transaction ends.
        """
        self._consume_aborted_up_to(offset)
        producers: set[int] = self._aborted_producers
        return producers

    def _unpack_records(self) -> Iterator[Any]:
        """The generator that aiokafka's ``__next__`` reads."""
        return self.items()


def replace_record_classes(memory_records: Any, partition_records: Callable[..., Any]) -> None:
    """Have aiokafka's fetcher make these in place of its ``MemoryRecords`` and ``PartitionRecords``."""
    fetcher.MemoryRecords = memory_records
    fetcher.PartitionRecords = partition_records


def restore_record_classes() -> None:
    """Have aiokafka's fetcher make its own classes again."""
    replace_record_classes(StockMemoryRecords, StockPartitionRecords)


def producer_of(app: Any) -> AIOKafkaProducer:
    """The aiokafka producer of a Faust app."""
    return app.producer._ensure_producer()


def partition_for(producer: AIOKafkaProducer, topic: str, key: bytes | None, value: bytes | None) -> int:
    """The partition of ``topic`` that a record goes to; the topic's metadata must be loaded."""
    return int(producer._partition(topic, None, key, value, key, value))
