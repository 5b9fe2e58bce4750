"""Long work on the event loop, in turns with everything else that runs there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

_Item = TypeVar("_Item")

#: Maximum time between two turns. It delays the alerts of the records that have arrived meanwhile.
_TURN_S = 0.01


async def in_turns(items: Iterable[_Item]) -> AsyncIterator[_Item]:
    """``items``; the event loop runs whenever making and using them has taken 10 ms."""
    ends = time.perf_counter() + _TURN_S
    for item in items:
        yield item
        if time.perf_counter() >= ends:
            await asyncio.sleep(0)
            ends = time.perf_counter() + _TURN_S
