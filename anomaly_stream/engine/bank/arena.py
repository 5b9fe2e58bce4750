"""The memories of a bank's rows: spans of one array of words, handed out and used again."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

_FIRST_WORDS = 1024


class StateArena:
    """Spans by their lengths, multiples of 8 words. A span never moves within the array while it is held.

    Its words are zeros when it is handed out.
    """

    def __init__(self) -> None:
        self.words: NDArray[np.float64] = np.zeros(_FIRST_WORDS)
        """The array; another one whenever it has grown."""
        self._used = 0
        self._free: dict[int, list[int]] = defaultdict(list)

    @property
    def bytes_held(self) -> int:
        """Bytes handed out so far, those that are free again among them."""
        return self.words.itemsize * self._used

    def take(self, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
        """The starts of spans of these lengths; one of no length starts at 0."""
        starts = np.zeros(len(lengths), np.int64)
        for length in np.unique(lengths[lengths > 0]).tolist():
            asking = np.flatnonzero(lengths == length)
            starts[asking] = self._take(length, len(asking))
        return starts

    def give(self, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> None:
        """Take spans back."""
        for length in np.unique(lengths[lengths > 0]).tolist():
            self._free[length].extend(starts[lengths == length].tolist())

    def _take(self, length: int, count: int) -> NDArray[np.int64]:
        free = self._free[length]
        again = [free.pop() for _ in range(min(count, len(free)))]
        for start in again:
            self.words[start : start + length] = 0.0
        fresh = self._used + length * np.arange(count - len(again))
        self._make_room(self._used + length * len(fresh))
        self._used += length * len(fresh)
        return np.concatenate((np.array(again, np.int64), fresh))

    def _make_room(self, words: int) -> None:
        have = len(self.words)
        if words > have:
            grown = np.zeros(max(words, 2 * have))
            grown[: self._used] = self.words[: self._used]
            self.words = grown
