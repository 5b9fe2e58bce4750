"""Long work on the event loop, in turns with everything else that runs there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

_Item = TypeVar("_Item")

#: Bounds of a turn. An alert on its way waits for several turns.
_SHORTEST_S, _LONGEST_S = 0.002, 0.02


async def in_turns(items: Iterable[_Item]) -> AsyncIterator[_Item]:
    """``items``, with turns of the event loop between them.

    A turn is as long as everything else took since the one before: short while the loop is idle, so that
    alerts pass, and half of the time under full load, so that a checkpoint ends.
    """
    ends = time.perf_counter() + _SHORTEST_S
    for item in items:
        yield item
        now = time.perf_counter()
        if now >= ends:
            await asyncio.sleep(0)
            begins = time.perf_counter()
            ends = begins + min(max(begins - now, _SHORTEST_S), _LONGEST_S)
