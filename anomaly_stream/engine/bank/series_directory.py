"""The series of a bank by number, and which of them are matched or over a limit."""

from collections.abc import Iterable

import numpy as np

from anomaly_stream.kernels.arrays import Bools, Integers
from anomaly_stream.model import Limit, Series

_FIRST = 64


class SeriesDirectory:
    """Series by number. The number of a forgotten series is used again.

    A series is *matched* once it has its rows under the configs that match it; some changes require it to be
    matched again. It is *over a limit* if a limit refused it a row.
    """

    def __init__(self) -> None:
        self.series: list[Series] = []
        self.any_over_limit = False
        self._matched = np.zeros(_FIRST, np.bool_)
        self._refused = np.zeros((_FIRST, len(Limit)), np.uint16)

    @property
    def bytes_held(self) -> int:
        """Bytes of memory that the arrays take."""
        return self._matched.nbytes + self._refused.nbytes

    def register(self, series: Iterable[tuple[int, Series]]) -> None:
        """Register series under these numbers; each number is either in use or the next one."""
        for number, one in series:
            if number == len(self.series):
                self.series.append(one)
                if number == len(self._matched):
                    self._matched = np.concatenate((self._matched, np.zeros(number, np.bool_)))
                    self._refused = np.concatenate((self._refused, np.zeros_like(self._refused)))
            else:
                self.series[number] = one
            self._matched[number] = False
            self._refused[number] = 0

    def unmatched(self, series: Integers) -> list[int]:
        """Those of these series that are not matched, in order of first appearance."""
        left = series[~self._matched[series]]
        if len(left) == 0:
            return []
        _, first = np.unique(left, return_index=True)
        found: list[int] = left[np.sort(first)].tolist()
        return found

    def mark_matched(self, series: Integers | list[int]) -> None:
        """Count these series as matched."""
        self._matched[series] = True

    def rematch(self, series: Integers) -> None:
        """Require these series to be matched again."""
        self._matched[series] = False

    def rematch_all(self) -> None:
        """Require all series to be matched again."""
        self._matched[:] = False
        self._refused[:] = 0
        self.any_over_limit = False

    def rematch_over_limit(self, limits: Iterable[Limit] = tuple(Limit)) -> None:
        """Require the series that are over one of ``limits`` to be matched again."""
        if self.any_over_limit:
            self._matched[self._refused[:, list(limits)].any(axis=1)] = False

    def set_over_limit(self, number: int, refused: dict[Limit, int]) -> None:
        """Record how many rows each limit refused the series; an empty dict: it is within all limits."""
        self._refused[number] = [refused.get(limit, 0) for limit in Limit]
        self.any_over_limit |= bool(refused)

    def count_refused(self, series: Integers) -> Integers:
        """By limit, the sum of rows refused over observations of these series."""
        counts: Integers = self._refused[series].sum(axis=0, dtype=np.int64)
        return counts

    def is_over_limit(self, series: Integers) -> Bools:
        """Whether each of these series is over a limit."""
        found: Bools = self._refused[series].sum(axis=1) > 0
        return found
