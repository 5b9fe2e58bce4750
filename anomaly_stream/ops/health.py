"""Whether a worker lives, and whether it is ready: what a supervisor and a load balancer ask.

*Live* means that the event loop turns, and that every partition with lag moves; a worker that is not will
not mend by itself, and should be started again. *Ready* means that it holds its partitions: state is
recovered, and the group does not re-balance. While it starts it is live and not ready.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

_BEAT_S = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """One source partition."""

    topic: str
    partition: int
    done: int
    """Offset behind the last record that was processed."""
    end: int
    """Offset behind the last record that there is, as far as is known."""


class Watched(Protocol):
    """What health asks of the worker."""

    ready: bool

    def progress(self) -> list[Progress]:
        """How far each source partition is processed, and how far it reaches."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no, and why."""

    ok: bool
    reason: str


class Health:
    """What is known of a worker's health; beats in the event loop, answers in any thread.

    Args:
        stall_timeout_s: how long the loop may stand, or a partition with lag not move.
        clock: seconds that only rise.
    """

    def __init__(self, stall_timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stall_timeout_s = stall_timeout_s
        self._clock = clock
        self._worker: Watched | None = None
        self._last_beat: float | None = None
        self._moved: dict[tuple[str, int], tuple[int, float]] = {}
        self._behind: dict[tuple[str, int], int] = {}

    def watch(self, worker: Watched) -> None:
        """Answer for this worker from now on."""
        self._worker = worker

    async def beat(self) -> None:
        """Beat for ever: a task of the event loop."""
        while True:
            self.beat_once()
            await asyncio.sleep(_BEAT_S)

    def beat_once(self) -> None:
        """The loop turns: note so, and what moved since the last time."""
        now = self._last_beat = self._clock()
        found = self._worker.progress() if self._worker is not None and self._worker.ready else []
        moved: dict[tuple[str, int], tuple[int, float]] = {}
        for one in found:
            key = one.topic, one.partition
            before = self._moved.get(key)
            still = before is not None and before[0] == one.done and one.done < one.end
            moved[key] = before if before is not None and still else (one.done, now)
        self._behind = {(one.topic, one.partition): one.end - one.done for one in found}
        self._moved = moved

    def live(self) -> Answer:
        """Whether the worker lives."""
        if self._last_beat is None:
            return Answer(True, "starting")
        now = self._clock()
        if now - self._last_beat > self._stall_timeout_s:
            return Answer(False, f"the event loop has stood for {now - self._last_beat:.0f} s")
        behind = self._behind
        for key, (_, since) in self._moved.items():
            if now - since > self._stall_timeout_s:
                topic, partition = key
                return Answer(
                    False,
                    f"partition {partition} of {topic} is {behind.get(key, 0):,} records behind"
                    f" and has not moved for {now - since:.0f} s",
                )
        return Answer(True, "the event loop turns, and partitions with lag move")

    def ready(self) -> Answer:
        """Whether the worker holds its partitions."""
        if self._worker is None or self._last_beat is None:
            return Answer(False, "starting")
        if not self._worker.ready:
            return Answer(False, "no partitions: recovery, a re-balance, or the end")
        return Answer(True, "state is recovered, partitions are held")
