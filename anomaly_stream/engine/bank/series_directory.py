"""What a bank knows of series beside their rows: who they are, and whether they may have more rows."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from anomaly_stream.model import Limit, Series

_FIRST = 64


class SeriesDirectory:
    """By number of the series; numbers of series that are forgotten are used again.

    A series is *settled* once it was decided under which configs it has rows, until something changes.
    It is *short* where a limit kept it from a row.
    """

    def __init__(self) -> None:
        self.series: list[Series] = []
        self._settled = np.zeros(_FIRST, np.bool_)
        self._short = np.zeros((_FIRST, len(Limit)), np.uint16)
        self.any_short = False

    @property
    def bytes_held(self) -> int:
        """Memory that the arrays take."""
        return self._settled.nbytes + self._short.nbytes

    def meet(self, series: Iterable[tuple[int, Series]]) -> None:
        """Learn which series stand behind these numbers, each either known or the next."""
        for number, one in series:
            if number == len(self.series):
                self.series.append(one)
                if number == len(self._settled):
                    self._settled = np.concatenate((self._settled, np.zeros(number, np.bool_)))
                    self._short = np.concatenate((self._short, np.zeros_like(self._short)))
            else:
                self.series[number] = one
            self._settled[number] = False
            self._short[number] = 0

    def unsettled(self, series: NDArray[np.int64]) -> list[int]:
        """Those of ``series`` that are not settled, in order of first appearance."""
        left = series[~self._settled[series]]
        if len(left) == 0:
            return []
        _, first = np.unique(left, return_index=True)
        found: list[int] = left[np.sort(first)].tolist()
        return found

    def settle(self, series: NDArray[np.int64] | list[int]) -> None:
        """Count these as settled."""
        self._settled[series] = True

    def unsettle(self) -> None:
        """Have every series decided on again."""
        self._settled[:] = False
        self._short[:] = 0
        self.any_short = False

    def unsettle_series(self, numbers: NDArray[np.int64]) -> None:
        """Have these decided on again."""
        self._settled[numbers] = False

    def unsettle_short(self, limits: Iterable["Limit"] = tuple(Limit)) -> None:
        """Have those decided on again that one of ``limits`` keeps short."""
        if self.any_short:
            self._settled[self._short[:, list(limits)].any(axis=1)] = False

    def set_short(self, number: int, refused: dict["Limit", int]) -> None:
        """Note how many rows which limit keeps the series from."""
        self._short[number] = [refused.get(limit, 0) for limit in Limit]
        self.any_short |= bool(refused)

    def count_short(self, series: NDArray[np.int64]) -> NDArray[np.int64]:
        """By limit, how many rows it kept these observations from."""
        counts: NDArray[np.int64] = self._short[series].sum(axis=0, dtype=np.int64)
        return counts

    def is_short(self, series: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a limit keeps each of these from a row."""
        found: NDArray[np.bool_] = self._short[series].sum(axis=1) > 0
        return found
