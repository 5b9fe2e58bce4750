"""The series of one partition, numbered in order of first appearance."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.model import Series

_FREE = Series("")


class SeriesIndex:
    """Numbers series densely from 0, for all formats of one partition.

    A number that ``forget`` frees is given to a new series later.
    """

    def __init__(self) -> None:
        self.series: list[Series] = []
        """By number; the entry of a free number has no meaning."""
        self._numbers: dict[Series, int] = {}
        self._free: list[int] = []
        self._given: list[int] = []
        self._listeners: list[Callable[[NDArray[np.int64]], None]] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, series: Series) -> int:
        """The number of ``series``; a new number if the series is unknown."""
        number = self._numbers.get(series)
        if number is None:
            if self._free:
                number = self._free.pop()
                self.series[number] = series
            else:
                number = len(self.series)
                self.series.append(series)
            self._numbers[series] = number
            self._given.append(number)
        return number

    def find(self, series: Series) -> int | None:
        """The number of ``series``; None if it is unknown."""
        return self._numbers.get(series)

    def take_given(self) -> list[int]:
        """The numbers given to new series since the last call."""
        given, self._given = self._given, []
        return given

    def forget(self, numbers: NDArray[np.int64]) -> None:
        """Free these numbers; each of them must be in use."""
        for listener in self._listeners:
            listener(numbers)
        for number in numbers.tolist():
            del self._numbers[self.series[number]]
            self.series[number] = _FREE
        self._free.extend(numbers.tolist())

    def on_forget(self, listener: Callable[[NDArray[np.int64]], None]) -> None:
        """Call ``listener`` with the numbers of each later ``forget``, before they are freed."""
        self._listeners.append(listener)

    def is_known(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each number is in use."""
        free = np.zeros(len(self.series), np.bool_)
        free[self._free] = True
        found: NDArray[np.bool_] = ~free[numbers]
        return found
