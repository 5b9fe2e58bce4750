"""The rolling window as a list: what the kernels must do, written to be read."""

import numpy as np


class SlowWindow:
    def __init__(self, capacity: int, period: float) -> None:
        self.capacity, self.period = capacity, period
        self.points: list[tuple[float, float]] = []
        self.stride, self.skipped = 1, 0

    @property
    def values(self) -> np.ndarray:
        return np.array([value for _, value in self.points])

    def expire(self, now: float) -> None:
        kept = [point for point in self.points if point[0] > now - self.period]
        dropped, self.points = len(self.points) - len(kept), kept
        if self.points == [] and dropped:
            self.stride, self.skipped = 1, 0
        elif dropped and self.stride > 1 and len(self.points) < self.capacity / 4:
            self.stride //= 2

    def enter(self, time: float, value: float) -> None:
        self.skipped += 1
        if self.skipped < self.stride:
            return
        self.skipped = 0
        if len(self.points) == self.capacity:
            self.points = self.points[-2::-2][::-1]
            self.stride *= 2
        self.points.append((time, value))
