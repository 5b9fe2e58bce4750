"""Long work on the event loop, in turns with everything else that runs there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

_Item = TypeVar("_Item")

#: Bounds of a turn.
_SHORTEST_S, _LONGEST_S = 0.003, 0.02
#: A pause between two turns ends after this time, even if the event loop is not idle.
_PAUSE_S = 0.009
#: A round of the event loop in which nothing else ran is shorter than this.
_IDLE_S = 0.0002


async def in_turns(items: Iterable[_Item]) -> AsyncIterator[_Item]:
    """``items``, with pauses for the rest of the event loop between them.

    Under full load a pause ends at its limit. A turn is then half as long as the pause before it, so that a
    checkpoint gets a third of the time.
    """
    ends = time.perf_counter() + _SHORTEST_S
    for item in items:
        yield item
        if time.perf_counter() >= ends:
            pause = await _pause(_PAUSE_S)
            ends = time.perf_counter() + min(max(pause / 2, _SHORTEST_S), _LONGEST_S)


async def _pause(limit_s: float) -> float:
    """Let the event loop run until it is idle, or for ``limit_s``; returns the time that this took.

    An alert takes about ten rounds of the event loop from its record to the socket, and waits for a broker or
    a thread in between. It must not meet a turn in each round, but only where it waits anyway.
    """
    begins = before = time.perf_counter()
    while True:
        await asyncio.sleep(0)
        now = time.perf_counter()
        if now - before < _IDLE_S or now - begins >= limit_s:
            return now - begins
        before = now
