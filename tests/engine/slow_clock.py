"""The clock of one row, in the words of docs/architecture.md: every answer is derived anew from the times so
far."""

from itertools import pairwise

import numpy as np


class SlowClock:
    """A clock that keeps every time, and computes nothing in advance."""

    def __init__(self) -> None:
        self.accepted: list[float] = []
        """The times accepted since the clock last came back."""
        self.jumps: list[int] = []
        """The places in ``accepted`` that the clock has jumped to."""
        self.candidates: list[float] = []
        """The candidates since a time was last accepted."""
        self.floor = -np.inf
        """The time before the jump from which the clock came back."""

    def take(self, time: float) -> str:
        """``next``, ``came back``, ``duplicate``, ``late`` or ``ahead``."""
        if not self.accepted:
            return self._accept(time)
        if time == self.last:
            return "duplicate"
        usual = float(self.step)
        if time > self.last and (usual == 0.0 or time - self.last <= 20.0 * usual):
            return self._accept(time)
        ahead = time > self.last
        if not ahead and not self._is_in_gap(time):
            return "late"
        self.candidates.append(time)
        if self._agreeing() <= (3 if ahead else max(3, self.agreed)):
            return "ahead" if ahead else "late"
        if ahead:
            self.jumps.append(len(self.accepted))
            return self._accept(time)
        self.floor = self._gap()[0]
        self.accepted, self.jumps = [], []
        self._accept(time)
        return "came back"

    @property
    def last(self) -> float:
        return self.accepted[-1]

    @property
    def step(self) -> np.float32:
        """The usual step: the longest of late."""
        usual = np.float32(0.0)
        for place, (earlier, later) in enumerate(pairwise(self.accepted), 1):
            step = later - earlier
            if usual == 0.0:
                usual = np.float32(step)
            elif place in self.jumps:
                usual = np.float32(max(float(usual), step * 2.0 / 20.0))
            else:
                usual = np.float32(max(min(step, 2.0 * float(usual)), float(usual) * (1.0 - 1.0 / 1024.0)))
        return usual

    @property
    def agreed(self) -> int:
        """How many times were accepted since the last jump, that one included; 0 once it is settled."""
        count = len(self.accepted) - (self.jumps[-1] if self.jumps else 0)
        return 0 if count >= 10_000 else count

    def _gap(self) -> tuple[float, float]:
        """The times over which the clock last jumped. The first two times are taken for jumps."""
        if self.jumps:
            return self.accepted[self.jumps[-1] - 1], self.accepted[self.jumps[-1]]
        return self.floor, self.accepted[:2][-1]

    def _is_in_gap(self, time: float) -> bool:
        earlier, later = self._gap()
        return self.agreed > 0 and earlier < time < later

    def _agreeing(self) -> float:
        """How many candidates, the newest included, agree; 0 if the newest does not rise.

        One that rises by a usual step counts 1, and one that is before the last rise counts -1/2.
        """
        usual = float(self.step)
        reach = 20.0 * usual if usual > 0.0 else np.inf
        count, last = 0.0, -np.inf
        for candidate in self.candidates:
            rise = candidate - last
            counted = not (count > 0.0 and rise == 0.0) and not (count > 0.5 and -reach <= rise < 0.0)
            if counted:
                count = count + 1.0 if count > 0.0 and 0.0 < rise <= reach else 1.0
                last = candidate
            elif rise < 0.0:
                count -= 0.5
        return count if counted else 0.0

    def _accept(self, time: float) -> str:
        self.accepted.append(time)
        self.candidates = []
        return "next"
