"""The measurement of a contender, and a meter for contenders that run in Python."""

import sys
import time

import msgspec


class Measurement(msgspec.Struct, frozen=True):
    """The steady part of one run; ``cpu_seconds`` is the user and system time of the whole process."""

    observations: int
    seconds: float
    cpu_seconds: float
    remark: str = ""

    @property
    def rate(self) -> float:
        """Observations per second."""
        return self.observations / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds per million observations, that is microseconds per observation."""
        return self.cpu_seconds / self.observations * 1e6


class Task(msgspec.Struct, frozen=True):
    """The task of a contender's process: read ``topic`` from the start, and measure what follows the first
    ``warm_up`` observations.
    """

    bootstrap: str
    topic: str
    group: str
    series: int
    warm_up: int
    observations: int

    @staticmethod
    def of_process() -> "Task":
        """The task in this process's first argument."""
        return msgspec.json.decode(sys.argv[1], type=Task)


class Meter:
    """Counts observations, and prints the measurement when the task is complete."""

    def __init__(self, task: Task) -> None:
        self._begin_at = task.warm_up
        self._end_at = task.warm_up + task.observations
        self._count = 0
        self._begin: tuple[int, float, float] | None = None
        self.done = False

    def add(self, count: int) -> None:
        """Count a batch. The measured part begins and ends with a call, so it consists of whole batches."""
        self._count += count
        if self._count < self._begin_at:
            return
        if self._begin is None:
            self._begin = self._now()
        elif self._count >= self._end_at and not self.done:
            self.done = True
            self._print(self._begin, self._now())

    def _now(self) -> tuple[int, float, float]:
        return self._count, time.perf_counter(), time.process_time()

    @staticmethod
    def _print(begin: tuple[int, float, float], end: tuple[int, float, float]) -> None:
        """Print one line of JSON on the original standard output, which frameworks may have replaced."""
        measurement = Measurement(end[0] - begin[0], end[1] - begin[1], end[2] - begin[2])
        print(msgspec.json.encode(measurement).decode(), file=sys.__stdout__, flush=True)
