import asyncio
import time
from collections.abc import Iterator

from anomaly_stream.stream.state.turns import in_turns


async def test_the_event_loop_runs_while_long_work_is_done() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def slow() -> Iterator[int]:
        for number in range(6):
            time.sleep(0.003)
            yield number

    counting = asyncio.create_task(count())
    assert [number async for number in in_turns(slow())] == list(range(6))
    counting.cancel()

    assert turns >= 6


async def test_a_busy_event_loop_does_not_starve_it() -> None:
    """Others take 30 ms per turn; work of 60 ms then takes 20 ms of each turn, and not 2 ms."""
    turns = 0

    async def load() -> None:
        nonlocal turns
        while True:
            turns += 1
            time.sleep(0.03)
            await asyncio.sleep(0)

    def work() -> Iterator[int]:
        for number in range(60):
            time.sleep(0.001)
            yield number

    loading = asyncio.create_task(load())
    assert len([number async for number in in_turns(work())]) == 60
    loading.cancel()

    assert turns <= 10


async def test_a_chain_of_callbacks_meets_one_turn() -> None:
    """An alert takes many rounds of the event loop to the socket: it must not meet a turn in each of them."""
    worked = 0

    def work() -> Iterator[int]:
        nonlocal worked
        for worked in range(1, 400):
            time.sleep(0.001)
            yield worked

    async def alert() -> int:
        before = worked
        for _ in range(10):
            time.sleep(0.0005)
            await asyncio.sleep(0)
        return worked - before

    async def consume() -> None:
        async for _ in in_turns(work()):
            pass

    consuming = asyncio.create_task(consume())
    met = [await alert() for _ in range(5)]
    consuming.cancel()
    assert max(met) <= 12  # turns of 3 ms each


async def test_short_work_takes_one_turn() -> None:
    ran = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(ran.set_result, None)

    assert [number async for number in in_turns(range(10))] == list(range(10))
    assert not ran.done()
