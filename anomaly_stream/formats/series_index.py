"""The series of one partition, numbered as they appear, and the spellings that stand for them."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from anomaly_stream.formats.limits import ObservationError, check_series
from anomaly_stream.kernels.intern import SpellingTable, empty_table, grown_table
from anomaly_stream.model import Series

UNRESOLVED = -1
"""In place of a series' number: the spelling is no good."""
_FORGOTTEN = -2
_NOBODY = Series("")

_FIRST_SPELLINGS = 1024
_ARENA_A_SPELLING = 128
_LEAST_BOUND = 65536
_SPELLINGS_A_SERIES = 4

_metric_decoder = msgspec.json.Decoder(str)
_labels_decoder = msgspec.json.Decoder(dict[str, str])


class SeriesIndex:
    """Numbers series densely from 0, in order of first appearance; one index a partition.

    Numbers of series that were forgotten are given to new ones.

    Beside the series it keeps a table of spellings (metric bytes and labels bytes as they stood in
    messages), so that a kernel can go from bytes to number; each new spelling is parsed once. The table
    is a cache: when random label orders or rubbish fill it (65,536 spellings, or four for each
    series, whichever is more) it starts over, and the spellings still in use come back.
    """

    def __init__(self) -> None:
        self.series: list[Series] = []
        """By number; of no meaning where that is free."""
        self._numbers: dict[Series, int] = {}
        self._free: list[int] = []
        self._given: list[int] = []
        self.table: SpellingTable = empty_table(_FIRST_SPELLINGS, _FIRST_SPELLINGS * _ARENA_A_SPELLING)
        self._series_of_spelling: NDArray[np.int64] = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, series: Series) -> int:
        """The number of this series, a new one if it is not known."""
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

    def take_given(self) -> list[int]:
        """The numbers given to series since the last call."""
        given, self._given = self._given, []
        return given

    def forget(self, numbers: NDArray[np.int64]) -> None:
        """Forget these series; should one come again, it is a new one. None may be forgotten already."""
        for number in numbers.tolist():
            del self._numbers[self.series[number]]
            self.series[number] = _NOBODY
        self._free.extend(numbers.tolist())
        gone = np.zeros(len(self.series), np.bool_)
        gone[numbers] = True
        meant = self._series_of_spelling
        meant[(meant >= 0) & gone[meant]] = _FORGOTTEN

    def is_known(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each of these stands for a series."""
        free = np.zeros(len(self.series), np.bool_)
        free[self._free] = True
        found: NDArray[np.bool_] = ~free[numbers]
        return found

    def resolve(self, spellings: NDArray[np.int64]) -> NDArray[np.int64]:
        """Series numbers of spelling numbers of ``table``; ``UNRESOLVED`` where a spelling is no good.

        Spellings that the kernel has added since the last call are parsed now.
        """
        known, used = len(self._series_of_spelling), int(self.table.used[0])
        if used > known:
            new = np.array([self._parse(spelling) for spelling in range(known, used)], np.int64)
            self._series_of_spelling = np.concatenate((self._series_of_spelling, new))
        numbers = self._series_of_spelling[spellings]
        forgotten = numbers == _FORGOTTEN
        if not forgotten.any():
            return numbers
        for spelling in np.unique(spellings[forgotten]).tolist():
            self._series_of_spelling[spelling] = self._parse(spelling)
        return self._series_of_spelling[spellings]

    def make_room(self) -> bool:
        """Room for more spellings: True, in a table twice the size; False, in one that starts over.

        After False the numbers of spellings handed out before mean nothing: resolve them first.
        """
        room = 2 * len(self.table.start)
        arena = 2 * len(self.table.arena)
        if room <= max(_LEAST_BOUND, _SPELLINGS_A_SERIES * len(self)):
            self.table = grown_table(self.table, room, arena)
            return True
        self.table = empty_table(room // 2, arena // 2)
        self._series_of_spelling = np.empty(0, np.int64)
        return False

    def _parse(self, spelling: int) -> int:
        start = int(self.table.start[spelling])
        middle = start + int(self.table.metric_length[spelling])
        end = middle + int(self.table.labels_length[spelling])
        arena = self.table.arena
        try:
            metric = _metric_decoder.decode(f'"{arena[start:middle].tobytes().decode()}"')
            labels = _labels_decoder.decode(arena[middle:end].tobytes().decode()) if end > middle else {}
            check_series(metric, labels)
        except (ObservationError, msgspec.DecodeError, UnicodeDecodeError):
            return UNRESOLVED
        return self.add(Series.of(metric, labels))
