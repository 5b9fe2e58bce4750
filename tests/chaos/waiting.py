"""Waiting while faults are active: meanwhile a supervisor tends the workers."""

import time
from collections.abc import Callable

from tests.chaos.group import Group

SETTLE_S = 150.0


class Patience:
    """Waits while the supervisor tends the group."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Raises AssertionError, with the last log lines of the workers, after the time limit."""
        deadline = time.monotonic() + SETTLE_S
        while not condition():
            if time.monotonic() > deadline:
                tails = "\n".join(f"{each.directory.name}:\n{each.tail(25)}" for each in self._group.members)
                raise AssertionError(f"waited {SETTLE_S:g} s for {what}\n{tails}")
            self.pause(0.25)

    def pause(self, seconds: float, unless: Callable[[], bool] = lambda: False) -> None:
        """Wait while the faults are active, at most until ``unless`` holds."""
        deadline = time.monotonic() + seconds
        while True:
            self._group.tend()
            left = deadline - time.monotonic()
            if left <= 0 or unless():
                return
            time.sleep(min(left, 0.05))
