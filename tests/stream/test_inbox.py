"""Items of a source partition are joined while they are consecutive; what waits is bounded."""

import asyncio

from anomaly_stream.model import RecordColumns
from anomaly_stream.stream.inbox import Inbox
from tests.chaos.columns import Record, columns


def item(first: int, count: int, topic: str = "metrics", partition: int = 0) -> RecordColumns:
    found = columns(
        topic, partition, [Record(at, at, None, b"value %d" % at) for at in range(first, first + count)]
    )
    object.__setattr__(found, "first_offset", first)
    return found


def offsets(runs: list[RecordColumns]) -> dict[tuple[str, int], list[int]]:
    return {(run.topic, run.partition): run.offset.tolist() for run in runs}


async def test_everything_that_arrived_becomes_one_run_for_each_partition() -> None:
    inbox = Inbox(100)
    await inbox.put([item(5, 2), item(40, 1, partition=1)])
    await inbox.put([item(7, 3), item(0, 2, topic="groups")])
    runs = await inbox.take()
    assert offsets(runs) == {("metrics", 0): [5, 6, 7, 8, 9], ("metrics", 1): [40], ("groups", 0): [0, 1]}
    assert (runs[0].first_offset, runs[0].next_offset) == (5, 10)
    assert [runs[0].value(row) for row in range(5)] == [b"value %d" % at for at in range(5, 10)]


async def test_a_gap_or_a_repeated_part_ends_a_run() -> None:
    inbox = Inbox(100)
    await inbox.put([item(0, 2), item(3, 2), item(1, 2)])
    assert [offsets(await inbox.take()) for _ in range(3)] == [
        {("metrics", 0): [0, 1]},
        {("metrics", 0): [3, 4]},
        {("metrics", 0): [1, 2]},
    ]


async def test_a_run_has_a_maximum_and_a_longer_item_is_cut() -> None:
    inbox = Inbox(4)
    await inbox.put([item(0, 9), item(9, 2), item(11, 2), item(13, 1)])
    taken = [offsets(await inbox.take())["metrics", 0] for _ in range(4)]
    assert taken == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10], [11, 12, 13]]


async def test_it_is_full_until_enough_is_taken() -> None:
    inbox = Inbox(4)
    await inbox.put([item(0, 6)])
    waiting = asyncio.create_task(inbox.put([item(6, 1)]))
    await asyncio.sleep(0)
    assert not waiting.done()
    await inbox.take()
    await waiting
    assert offsets(await inbox.take()) == {("metrics", 0): [4, 5, 6]}


async def test_take_waits_for_an_item_also_after_a_discard() -> None:
    inbox = Inbox(4)
    await inbox.put([item(0, 6)])
    blocked = asyncio.create_task(inbox.put([item(6, 1)]))
    await asyncio.sleep(0)
    inbox.discard()
    await blocked
    assert offsets(await inbox.take()) == {("metrics", 0): [6]}
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    taking.cancel()


async def test_items_without_records_move_the_offset() -> None:
    """Such an item covers skipped batches, whose offsets are committed too."""
    inbox = Inbox(4)
    empty = item(2, 1).slice(1, 1)
    assert (len(empty), empty.first_offset, empty.next_offset) == (0, 3, 3)
    await inbox.put([item(0, 3), empty])
    (run,) = await inbox.take()
    assert (run.offset.tolist(), run.next_offset) == ([0, 1, 2], 3)
