"""Whether a process is live and ready, for supervisors and load balancers.

*Live* means that the event loop runs and that every partition with lag advances. A process that is not live
does not recover by itself and should be restarted. *Ready* means that it holds its partitions: the state is
recovered, and the group is not rebalancing. While it starts it is live and not ready.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from anomaly_stream.alerts.wording import plural

_BEAT_S = 1.0


@dataclass(frozen=True, slots=True)
class Progress:
    """The position in one source partition."""

    topic: str
    partition: int
    done: int
    """The offset after the last processed record."""
    end: int
    """The offset after the last record, as far as it is known."""


class Watched(Protocol):
    """The part of a worker that health reads."""

    @property
    def ready(self) -> bool:
        """Whether the process does its work."""

    def progress(self) -> list[Progress]:
        """The position and the end of each source partition."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a health check, with its reason."""

    ok: bool
    reason: str


class Health:
    """The health of a process: checks in the event loop, answers in any thread.

    Args:
        stall_timeout_s: how long the loop may be blocked, or a partition with lag may not advance.
        clock: a monotonic clock, in seconds.
        works: the reason of a process that is ready.
    """

    def __init__(
        self,
        stall_timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        works: str,
    ) -> None:
        self._works = works
        self._stall_timeout_s = stall_timeout_s
        self._clock = clock
        self._worker: Watched | None = None
        self._last_beat: float | None = None
        self._moved: dict[tuple[str, int], tuple[int, float]] = {}
        self._behind: dict[tuple[str, int], int] = {}
        self._checks: list[tuple[Callable[[], Answer], bool]] = []

    def add_check(self, check: Callable[[], Answer], required: bool) -> None:
        """Ask ``check`` whether the process is ready too; if it is not required, for the reason only."""
        self._checks.append((check, required))

    def watch(self, worker: Watched) -> None:
        """Report on ``worker`` from now on."""
        self._worker = worker

    async def beat(self) -> None:
        """Check every second, until cancelled: a task of the event loop."""
        while True:
            self.beat_once()
            await asyncio.sleep(_BEAT_S)

    def beat_once(self) -> None:
        """Record that the loop runs, and which partitions have advanced since the last check."""
        now = self._last_beat = self._clock()
        progress = self._worker.progress() if self._worker is not None and self._worker.ready else []
        moved: dict[tuple[str, int], tuple[int, float]] = {}
        for each in progress:
            key = each.topic, each.partition
            before = self._moved.get(key)
            stalled = before is not None and before[0] == each.done and each.done < each.end
            moved[key] = before if before is not None and stalled else (each.done, now)
        self._behind = {(each.topic, each.partition): each.end - each.done for each in progress}
        self._moved = moved

    def live(self) -> Answer:
        """Whether the process is live."""
        if self._last_beat is None:
            return Answer(True, "starting")
        now = self._clock()
        if now - self._last_beat > self._stall_timeout_s:
            return Answer(False, f"the event loop has been blocked for {now - self._last_beat:.0f} s")
        behind = self._behind
        for key, (_, since) in self._moved.items():
            if now - since > self._stall_timeout_s:
                topic, partition = key
                return Answer(
                    False,
                    f"partition {partition} of {topic} is {plural(behind.get(key, 0), 'record')} behind"
                    f" and has not advanced for {now - since:.0f} s",
                )
        return Answer(True, "the event loop runs, and partitions with lag advance")

    def ready(self) -> Answer:
        """Whether the process holds its partitions, and its further checks succeed."""
        failures = [(answer, required) for check, required in self._checks if not (answer := check()).ok]
        for answer, required in failures:
            if required:
                return answer
        if self._worker is None or self._last_beat is None:
            return Answer(False, "starting")
        if not self._worker.ready:
            return Answer(False, "no partitions: recovering, rebalancing or stopping")
        reasons = [self._works, *(answer.reason for answer, _ in failures)]
        return Answer(True, "; ".join(reasons))
