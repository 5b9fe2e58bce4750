"""Fetched items that wait to be processed.

An item holds a few records while a worker keeps up with its producers, and a step of the engine costs most of
a millisecond, however few records it has. Therefore all items of a source partition that have arrived since
its last step are joined, and processed in one step.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable

from anomaly_stream.model import RecordColumns


class Inbox:
    """The items of each source partition, in the order of their arrival.

    Args:
        run_records: the maximum number of records of a run; `put` waits while the inbox holds as many.
    """

    def __init__(self, run_records: int) -> None:
        self._run_records = run_records
        self._items: dict[tuple[str, int], deque[RecordColumns]] = defaultdict(deque)
        self._records = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    async def put(self, fetched: Iterable[RecordColumns]) -> None:
        """Add items once there is room."""
        while self._records >= self._run_records:
            self._emptied.clear()
            await self._emptied.wait()
        for item in fetched:
            self._items[item.topic, item.partition].append(item)
            self._records += len(item)
        self._filled.set()

    async def take(self) -> list[RecordColumns]:
        """Wait for an item; then one run of consecutive records from each source partition that has any."""
        await self._filled.wait()
        runs = [self._run(items) for items in self._items.values()]
        self._items = defaultdict(deque, {key: items for key, items in self._items.items() if items})
        if not self._items:
            self._filled.clear()
        self._records -= sum(map(len, runs))
        self._emptied.set()
        return runs

    def discard(self) -> None:
        """Remove every item."""
        self._items.clear()
        self._records = 0
        self._filled.clear()
        self._emptied.set()

    def _run(self, items: deque[RecordColumns]) -> RecordColumns:
        """The next items without a gap between them, or the first part of an item that is longer than a run.

        The other part stays.
        """
        first = items.popleft()
        if len(first) > self._run_records:
            items.appendleft(first.slice(self._run_records, len(first)))
            return first.slice(0, self._run_records)
        run, records = [first], len(first)
        while (
            items
            and items[0].first_offset == run[-1].next_offset
            and records + len(items[0]) <= self._run_records
        ):
            run.append(items.popleft())
            records += len(run[-1])
        return RecordColumns.joined(run)
