"""The rolling window as a list: a readable twin of the kernels."""

import struct

import numpy as np

_MASK = 2**64 - 1


def slow_draw(time: float, choices: int) -> int:
    """SplitMix64 of the bits of the time, with Python's own integers."""
    bits = (struct.unpack("<Q", struct.pack("<d", time))[0] + 0x9E3779B97F4A7C15) & _MASK
    bits = ((bits ^ bits >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ bits >> 27) * 0x94D049BB133111EB) & _MASK
    return (bits ^ bits >> 31) % choices


class SlowWindow:
    def __init__(self, capacity: int, period: float, least: int = 0) -> None:
        self.capacity, self.period, self.least = capacity, period, least
        self.points: list[tuple[float, float]] = []
        self.stride, self.position, self.turn = 1, 0, 0

    @property
    def values(self) -> np.ndarray:
        return np.array([value for _, value in self.points])

    def expire(self, now: float) -> None:
        kept = [point for point in self.points if point[0] > now - self.period]
        if self.is_slow(now) and len(kept) < self.least:
            kept = self.points[-self.least :]
        dropped, self.points = len(self.points) - len(kept), kept
        if self.points == [] and dropped:
            self.stride, self.position, self.turn = 1, 0, 0
        elif dropped and self.stride > 1 and len(self.points) < self.capacity / 4:
            self.stride //= 2
            self.position = 0

    def is_slow(self, now: float) -> bool:
        """Whether the series' own pace is too slow for ``least`` points in a period."""
        if not 0 < len(self.points) <= self.least + 1:
            return False
        times = [time for time, _ in self.points]
        step = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else now - times[0]
        return (self.least + 2) * step > self.period

    def enter(self, time: float, value: float) -> None:
        if self.position == 0:
            self.turn = slow_draw(time, self.stride)
        mine = self.position == self.turn
        self.position += 1
        if mine and len(self.points) == self.capacity:
            points = self.points[self.capacity % 2 :]
            pairs = zip(points[::2], points[1::2], strict=True)
            self.points = [pair[slow_draw(pair[0][0], 2)] for pair in pairs]
            self.stride *= 2
        self.position %= self.stride
        if mine:
            self.points.append((time, value))
