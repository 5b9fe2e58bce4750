"""Storage for the detector state of a bank's rows: segments in one array of words."""

from collections import defaultdict

import numpy as np

from anomaly_stream.kernels.arrays import Floats, Integers

_FIRST_WORDS = 1024


class StateArena:
    """Allocates segments, whose lengths are multiples of 8 words.

    A segment keeps its place in the array until it is freed, and contains zeros when it is allocated.
    """

    def __init__(self) -> None:
        self.words: Floats = np.zeros(_FIRST_WORDS)
        """The array. Growing replaces it by a larger copy."""
        self._used = 0
        self._free: dict[int, list[int]] = defaultdict(list)

    @property
    def bytes_held(self) -> int:
        """Bytes of all segments, including the free ones."""
        return self.words.itemsize * self._used

    def allocate(self, lengths: Integers) -> Integers:
        """The starts of segments of these lengths, in words. A segment of length 0 starts at 0."""
        starts = np.zeros(len(lengths), np.int64)
        for length in np.unique(lengths[lengths > 0]).tolist():
            wanted = np.flatnonzero(lengths == length)
            starts[wanted] = self._allocate(length, len(wanted))
        return starts

    def free(self, starts: Integers, lengths: Integers) -> None:
        """Make segments available again."""
        for length in np.unique(lengths[lengths > 0]).tolist():
            self._free[length].extend(starts[lengths == length].tolist())

    def _allocate(self, length: int, count: int) -> Integers:
        free = self._free[length]
        reused = [free.pop() for _ in range(min(count, len(free)))]
        for start in reused:
            self.words[start : start + length] = 0.0
        fresh = self._used + length * np.arange(count - len(reused))
        self._reserve(self._used + length * len(fresh))
        self._used += length * len(fresh)
        return np.concatenate((np.array(reused, np.int64), fresh))

    def _reserve(self, words: int) -> None:
        capacity = len(self.words)
        if words > capacity:
            grown = np.zeros(max(words, 2 * capacity))
            grown[: self._used] = self.words[: self._used]
            self.words = grown
