"""The clock of one row, from the words of docs/architecture.md: what ``engine.scoring.clock`` must do."""

from dataclasses import dataclass, field

import numpy as np

FAR, AGREEING, SETTLED = 20.0, 3, 10_000


@dataclass
class SlowClock:
    last: float = -np.inf
    step: np.float32 = field(default_factory=np.float32)
    gap: tuple[float, float] | None = None
    """Where the clock jumped over times that nobody sent; None once the clock is settled."""
    agreed: int = 0
    candidates: list[float] = field(default_factory=list)

    def take(self, time: float) -> str:
        """``next``, ``came back``, ``duplicate``, ``late`` or ``ahead``."""
        if time == self.last:
            return "duplicate"
        if self.last == -np.inf:
            self.gap = (-np.inf, time)
            return self._accept(time, "next")
        if time > self.last and self.step == 0.0:
            self.step = np.float32(time - self.last)
            if self.gap is not None:
                self.gap = (self.gap[0], time)
            return self._accept(time, "next")
        step = time - self.last
        if 0.0 < step <= FAR * float(self.step):
            usual = float(self.step)
            self.step = np.float32(max(min(step, 2.0 * usual), usual * (1.0 - 1.0 / 1024.0)))
            return self._accept(time, "next")
        if step > 0.0:
            if self._agree(time) <= AGREEING:
                return "ahead"
            self.gap, self.agreed = (self.last, time), 0
            self.step = np.float32(max(float(self.step), step * (2.0 / FAR)))
            return self._accept(time, "next")
        if self.gap is None or not self.gap[0] < time < self.gap[1]:
            return "late"
        if self._agree(time) <= max(AGREEING, self.agreed):
            return "late"
        self.gap, self.agreed, self.step = (self.gap[0], time), 0, np.float32(0.0)
        return self._accept(time, "came back")

    def _accept(self, time: float, found: str) -> str:
        self.last, self.candidates = time, []
        if self.gap is not None:
            self.agreed += 1
            if self.agreed == SETTLED:
                self.gap, self.agreed = None, 0
        return found

    def _agree(self, time: float) -> int:
        """How many candidates agree with this one; 0 if it is just behind the last one."""
        reach = FAR * float(self.step) if self.step > 0.0 else np.inf
        if self.candidates and -reach <= time - self.candidates[-1] <= 0.0:
            return 0
        if (self.candidates and time - self.candidates[-1] > reach) or (
            self.candidates and time < self.candidates[-1]
        ):
            self.candidates = []
        self.candidates.append(time)
        return len(self.candidates)
